"""The development cluster as tests find it."""

from __future__ import annotations

from pathlib import Path

from dev.cluster import Cluster, current

CRD = Path(__file__).parents[2] / "crds" / "videojobs.videotutor.dev.yaml"
ESTABLISHED = '--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True'
"""As --for=condition=Established, which gives up where there are no conditions yet, just after applying."""


def with_crd() -> Cluster:
    """The development cluster with the CRD of this checkout, which stays there.

    Raises:
        ClusterError: there is none.
    """
    found = current()
    found.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))
    found.kubectl("wait", ESTABLISHED, "customresourcedefinition/videojobs.videotutor.dev")
    return found
