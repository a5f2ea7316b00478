"""The development cluster: `python3 -m dev.cluster up`, and an importable description of it for demo and tests.

    from dev.cluster import current

    cluster = current()          # raises ClusterError when there is none
    cluster.kubectl("get", "nodes")
    cluster.image("renderer")    # the tag under which the cluster has the image

Standard library only: it runs before there is an environment.
"""

from __future__ import annotations

from dev.cluster.cluster import Cluster, current
from dev.cluster.errors import ClusterError

__all__ = ["Cluster", "ClusterError", "current"]
