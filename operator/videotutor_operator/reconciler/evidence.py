"""List the pods of ended Jobs before a result counts as lost, since a watch may have missed them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import Child, State, VideoJob
from videotutor_operator.core.task import settles_in
from videotutor_operator.observed.cache import Cache


class Evidence:
    """Completes the cache where the end of a Job was observed and that of its pod was not: there are two watches.

    It remembers, by the uid of the VideoJob, the Jobs whose pods were listed.
    """

    def __init__(self, cluster: Cluster, cache: Cache) -> None:
        self._cluster = cluster
        self._cache = cache
        self._listed: dict[str, set[str]] = {}

    async def complete(self, job: VideoJob, children: Sequence[Child], now: datetime) -> bool:
        """List the pods of such Jobs, once each, when both watches had time. Returns whether there were pods.

        Raises:
            ClusterError: a list failed; the pass must not decide.
        """
        lacking = {child.uid: child for child in children if _lacks_pod(child, now)}
        if not lacking:
            self.forget(job.uid)
            return False
        listed = self._listed[job.uid] = self._listed.get(job.uid, set()) & lacking.keys()
        found = False
        for child in (child for uid, child in lacking.items() if uid not in listed):
            for pod in await self._cluster.pods_of(job.namespace, child.name):
                self._cache.put_pod(pod)
                found = True
            listed.add(child.uid)
        return found

    def forget(self, uid: str) -> None:
        """Remove a deleted VideoJob."""
        self._listed.pop(uid, None)


def _lacks_pod(child: Child, now: datetime) -> bool:
    """Whether the end of an attempt is known from its Job only; its pod may have been observed while it ran."""
    if child.state is not State.FAILED or not child.uid:
        return False
    return not settles_in(child, now) if child.settles_at else not child.ending.pod
