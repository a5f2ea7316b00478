from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.integration.chart.helm import NAMESPACE
from tests.integration.chart.server import kubectl


@pytest.fixture(scope="session")
def namespace() -> Iterator[str]:
    """A namespace in which the API server says which pods break the restricted standard."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "pod-security.kubernetes.io/warn": "restricted"}
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": labels}}
    done = kubectl("apply", "-f", "-", stdin=json.dumps(body))
    assert done.returncode == 0, done.stderr
    # Without its service account no pod is let into it.
    kubectl("wait", "-n", NAMESPACE, "--for=create", "serviceaccount/default", "--timeout=30s")
    yield NAMESPACE
    kubectl("delete", "namespace", NAMESPACE, "--wait=false")
