"""Pods of Jobs that have ended: asked for before a result counts as lost, since a watch may have missed them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import Child, State, VideoJob
from videotutor_operator.observed.cache import Cache

REMEMBERED = 1_000
"""Jobs whose pods were asked for, at most."""


class Evidence:
    """Completes the cache where a Job ended and no pod of it was seen: the two come by two watches."""

    def __init__(self, cluster: Cluster, cache: Cache) -> None:
        self._cluster = cluster
        self._cache = cache
        self._asked: OrderedDict[str, None] = OrderedDict()

    async def complete(self, job: VideoJob, children: Sequence[Child]) -> bool:
        """List the pods of such Jobs, once each; whether there were any.

        Raises:
            ClusterError: a list failed: then nothing is decided.
        """
        found = False
        for child in children:
            if child.state is not State.FAILED or child.ending.pod or not child.uid or child.uid in self._asked:
                continue
            for pod in await self._cluster.pods_of(job.namespace, child.name):
                self._cache.put_pod(pod)
                found = True
            self._asked[child.uid] = None
            if len(self._asked) > REMEMBERED:
                self._asked.popitem(last=False)
        return found
