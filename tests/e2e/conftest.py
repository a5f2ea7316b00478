from __future__ import annotations

import base64

import pytest

from dev.cluster import current
from dev.demo.install import chart_values, install, wait_for
from tests.e2e.system import NAMESPACE, System


@pytest.fixture(scope="session")
def system() -> System:
    """The chart, installed as the demo installs it."""
    cluster = current()
    install(cluster, NAMESPACE, chart_values(cluster))
    wait_for(f"{cluster.api_url}/health")
    wait_for(f"{cluster.convex_url}/version")
    return System(cluster)


@pytest.fixture(scope="session")
def secret(system: System) -> str:
    """The secret with which Convex signs its webhooks."""
    encoded = system.kubectl("get", "secret", "videotutor-secrets", "-o", "jsonpath={.data.WEBHOOK_SECRET}")
    return base64.b64decode(encoded).decode()
