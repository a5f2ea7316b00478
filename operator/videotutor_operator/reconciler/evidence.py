"""List the pods of ended Jobs before a result counts as lost, since a watch may have missed them."""

from __future__ import annotations

from collections.abc import Sequence

from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import Child, State, VideoJob
from videotutor_operator.observed.cache import Cache
from videotutor_operator.recent import Recent

REMEMBERED = 1_000
"""Jobs whose pods were listed, at most."""


class Evidence:
    """Completes the cache where a Job ended and no pod of it was observed: there are two watches."""

    def __init__(self, cluster: Cluster, cache: Cache) -> None:
        self._cluster = cluster
        self._cache = cache
        self._listed: Recent[str, None] = Recent(REMEMBERED)

    async def complete(self, job: VideoJob, children: Sequence[Child]) -> bool:
        """List the pods of such Jobs, once each. Returns whether there were such Jobs.

        Raises:
            ClusterError: a list failed; the pass must not decide.
        """
        found = False
        for child in children:
            if child.state is not State.FAILED or child.ending.pod or not child.uid or child.uid in self._listed:
                continue
            for pod in await self._cluster.pods_of(job.namespace, child.name):
                self._cache.put_pod(pod)
                found = True
            self._listed[child.uid] = None
        return found
