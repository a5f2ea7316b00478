"""The API server as the chart meets it: its answer may be a refusal, which is the caller's to look at."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from dev.cluster import current
from dev.cluster.process import wait_until


def kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """kubectl against the development cluster."""
    cluster = current()
    access = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]
    command = [str(cluster.tool("kubectl")), *access, *arguments]
    environment = {**os.environ, **cluster.env}
    return subprocess.run(
        command, input=stdin, text=True, capture_output=True, check=False, timeout=60, env=environment
    )


def type_warnings(prefix: str) -> list[Any]:
    """What the API server's type check says about the admission policies whose name begins so, once it has run."""
    found: list[dict[str, Any]] = []

    def checked() -> bool:
        done = kubectl("get", "validatingadmissionpolicies", "-o", "json")
        found[:] = [item for item in json.loads(done.stdout)["items"] if item["metadata"]["name"].startswith(prefix)]
        return bool(found) and all("typeChecking" in item.get("status", {}) for item in found)

    assert wait_until(checked, seconds=60), f"no type check of {prefix}"
    return [warning for item in found for warning in item["status"]["typeChecking"].get("expressionWarnings", [])]
