"""The API server as the chart meets it: its answer may be a refusal, which is the caller's to look at."""

from __future__ import annotations

import os
import subprocess

from dev.cluster import current


def kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """kubectl against the development cluster."""
    cluster = current()
    access = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]
    command = [str(cluster.tool("kubectl")), *access, *arguments]
    environment = {**os.environ, **cluster.env}
    return subprocess.run(
        command, input=stdin, text=True, capture_output=True, check=False, timeout=60, env=environment
    )
