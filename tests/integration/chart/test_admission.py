from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator

import pytest

from dev.cluster import current
from tests.integration.chart.helm import EVERYTHING, NAMESPACE, template


@pytest.fixture(scope="module")
def namespace() -> Iterator[str]:
    """A namespace in which the API server says which pods break the restricted standard."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    done = _kubectl("apply", "-f", "-", stdin=json.dumps(body))
    assert done.returncode == 0, done.stderr
    # Without its service account no pod is let into it.
    _kubectl("wait", "-n", NAMESPACE, "--for=create", "serviceaccount/default", "--timeout=30s")
    yield NAMESPACE
    _kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _kubectl(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    cluster = current()
    access = ["--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]
    command = [str(cluster.tool("kubectl")), *access, *arguments]
    environment = {**os.environ, **cluster.env}
    return subprocess.run(
        command, input=stdin, text=True, capture_output=True, check=False, timeout=60, env=environment
    )


def _dry_run(namespace: str, manifests: str) -> subprocess.CompletedProcess[str]:
    options = ["--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict"]
    return _kubectl("apply", "-n", namespace, *options, "-f", "-", stdin=manifests)


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_the_api_server_accepts_every_object_without_a_warning(namespace: str, values: dict[str, object]) -> None:
    manifests = template(values).stdout
    done = _dry_run(namespace, manifests)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.count("serverside-applied") == manifests.count("\nkind: ")


def test_the_check_sees_a_pod_that_breaks_the_standard_and_a_misspelt_field(namespace: str) -> None:
    manifests = template().stdout
    weak = _dry_run(namespace, manifests.replace("runAsNonRoot: true", "runAsNonRoot: false"))
    assert "would violate PodSecurity" in weak.stderr
    misspelt = _dry_run(namespace, manifests.replace("revisionHistoryLimit:", "revisionHistoryLimits:"))
    assert ".spec.revisionHistoryLimits: field not declared in schema" in misspelt.stderr
