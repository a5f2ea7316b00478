"""Watches of Jobs and pods, some sixty changes for each video.

Kopf watches the VideoJobs. For their Jobs and pods its handling of an event (a queue and a task for each object,
causes, handlers) costs more than the rest of the operator; the cache needs none of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from videotutor_operator.cluster.requests import Change, Cluster
from videotutor_operator.cluster.resources import JOBS
from videotutor_operator.errors import ClusterError, Expired
from videotutor_operator.observed.cache import Cache, Due
from videotutor_operator.queue import Enqueue, backoff
from videotutor_operator.watching.resync import Resync, take_in
from videotutor_operator.watching.watch import Watch

LONGEST_BACKOFF = 10.0
"""Seconds between two tries of a watch that fails, before jitter of a half."""

log = logging.getLogger(__name__)


class WorkloadWatcher:
    """Follows the Jobs, or the pods, of all VideoJobs into the cache."""

    def __init__(self, cluster: Cluster, cache: Cache, enqueue: Enqueue, resync: Resync, watch: Watch) -> None:
        self._cluster = cluster
        self._enqueue = enqueue
        self._resync = resync
        self._watch = watch
        self._put, self._drop = (
            (cache.put_job, cache.drop_job) if watch.resource is JOBS else (cache.put_pod, cache.drop_pod)
        )

    async def run(self, silence: float) -> None:
        """Watch from the first list on, until cancelled. After `silence` seconds without a line, request again."""
        await self._resync.listed.wait()
        resource = self._watch.resource
        since, failures = self._resync.versions[resource.plural], 0
        self._watch.note_sign_of_life()
        while True:
            at_least = 0.0
            try:
                async for change in self._cluster.changes(resource, self._resync.namespace, since, silence):
                    since, failures = change.raw["metadata"]["resourceVersion"], 0
                    self._watch.note_sign_of_life()
                    self._apply(change)
                # One that the API server ends at once, again and again, is not requested in a rush.
                failures = 1
            except ClusterError as error:
                failures += 1
                at_least = error.retry_after or 0.0
                log.info("the watch of %s ended and is requested again: %s", resource.plural, error)
                since = await self._relist(since) if isinstance(error, Expired) else since
            await asyncio.sleep(max(backoff(failures, longest=LONGEST_BACKOFF), at_least))

    def _apply(self, change: Change) -> None:
        if change.kind == "BOOKMARK":
            return
        apply: Callable[[dict[str, Any]], Due | None] = self._drop if change.kind == "DELETED" else self._put
        if due := take_in(apply, self._watch.resource, change.raw):
            self._enqueue(*due)

    async def _relist(self, since: str) -> str:
        try:
            return await self._resync.catch_up(self._watch.resource, since)
        except ClusterError as error:
            log.warning("the cluster could not be listed: %s", error)
            return since
