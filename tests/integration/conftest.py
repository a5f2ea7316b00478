from __future__ import annotations

import pytest

from dev.cluster import Cluster
from tests.integration.cluster import with_crd


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The development cluster with the CRD of this checkout, which stays there."""
    return with_crd()
