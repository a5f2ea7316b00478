"""The development cluster as tests find it."""

from __future__ import annotations

import json
from pathlib import Path

from dev.cluster import Cluster, ClusterError, current
from dev.cluster.process import wait_until

CRD = Path(__file__).parents[2] / "crds" / "videojobs.videotutor.dev.yaml"
PATIENCE_SECONDS = 60


def with_crd() -> Cluster:
    """The development cluster with the CRD of this checkout, which stays there.

    Raises:
        ClusterError: there is none, or it does not serve the CRD.
    """
    found = current()
    found.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))
    if not wait_until(lambda: _established(found), seconds=PATIENCE_SECONDS):
        raise ClusterError(f"{CRD.stem} was not established within {PATIENCE_SECONDS} s of applying it")
    return found


def _established(cluster: Cluster) -> bool:
    """Asked by hand: kubectl's `wait` fails at once where the conditions are null, as just after applying."""
    crd = json.loads(cluster.kubectl("get", "customresourcedefinition", CRD.stem, "--output=json"))
    conditions = crd.get("status", {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
