from __future__ import annotations

from pathlib import Path

import pytest

from dev.cluster import Cluster, current

CRD = Path(__file__).parents[2] / "crds" / "videojobs.videotutor.dev.yaml"


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The development cluster with the CRD of this checkout, which stays there."""
    found = current()
    found.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))
    found.kubectl("wait", "--for=condition=Established", "customresourcedefinition/videojobs.videotutor.dev")
    return found
