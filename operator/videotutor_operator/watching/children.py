"""Watches of Jobs and pods, some sixty changes for each video.

Kopf watches the VideoJobs. For their Jobs and pods its way of an event (a queue and a task for each object, causes,
handlers) cost more than all else that the operator does; nothing of it is needed for what goes into the cache.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from videotutor_operator.cluster.requests import JOBS, PODS, Change, Cluster, Resource
from videotutor_operator.errors import ClusterError, Expired
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import WorkQueue, backoff
from videotutor_operator.watching.freshness import Freshness
from videotutor_operator.watching.resync import Resync

LONGEST_BACKOFF = 10.0
"""Seconds between two tries of a watch that fails, before jitter of a half."""

log = logging.getLogger(__name__)

Taker = Callable[[dict[str, Any]], str | None]


class Children:
    """Follows the Jobs and pods of all VideoJobs into the cache."""

    def __init__(self, cluster: Cluster, cache: Cache, queue: WorkQueue, resync: Resync, freshness: Freshness) -> None:
        self._cluster = cluster
        self._queue = queue
        self._resync = resync
        self._freshness = freshness
        self._takers: dict[Resource, tuple[Taker, Taker]] = {
            JOBS: (cache.put_job, cache.drop_job),
            PODS: (cache.put_pod, cache.drop_pod),
        }

    async def run(self, silence: float) -> None:
        """Watch from the first list on, until cancelled; what is silent for so many seconds is made anew."""
        await self._resync.listed.wait()
        async with asyncio.TaskGroup() as group:
            for resource in self._takers:
                group.create_task(self._follow(resource, silence), name=f"watch of {resource.plural}")

    async def _follow(self, resource: Resource, silence: float) -> None:
        since, failures = self._resync.versions[resource.plural], 0
        self._freshness.note(resource.plural)
        while True:
            try:
                async for change in self._cluster.changes(resource, since, silence):
                    since, failures = change.raw["metadata"]["resourceVersion"], 0
                    self._freshness.note(resource.plural)
                    self._take(resource, change)
                failures = 1  # its time was over; one that ends at once, again and again, is not asked for in a rush
            except ClusterError as error:
                failures += 1
                log.info("the watch of %s is made anew: %s", resource.plural, error)
                since = await self._caught_up(resource, since) if isinstance(error, Expired) else since
            await asyncio.sleep(backoff(failures, longest=LONGEST_BACKOFF))

    def _take(self, resource: Resource, change: Change) -> None:
        if change.kind == "BOOKMARK":
            return
        put, drop = self._takers[resource]
        key = drop(change.raw) if change.kind == "DELETED" else put(change.raw)
        if key is not None:
            self._queue.add(key)

    async def _caught_up(self, resource: Resource, since: str) -> str:
        try:
            return await self._resync.caught_up(resource, since)
        except ClusterError as error:
            log.warning("the cluster could not be listed: %s", error)
            return since
