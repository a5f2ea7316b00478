"""Lists beside the watches: once before they start, then now and then, against what a broken watch never told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from videotutor_operator.cluster.requests import JOBS, PODS, VIDEOJOBS, Cluster, Resource
from videotutor_operator.core.model import key_of
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import WorkQueue

FIRST_AFTER = 20.0
"""Seconds from the start to the second list, which closes the gap between the first one and the watch of VideoJobs."""
INTERVAL = 300.0
"""Seconds between lists after that."""
AGAIN = 30.0
"""Seconds after a list that failed."""
RETRY = 2.0
"""Seconds between two tries of the first list, for example while the CRD is not there yet."""

log = logging.getLogger(__name__)


class Resync:
    """Keeps the cache honest.

    `listed`: set after the first one. `last`: when one last succeeded, loop time. `versions`: of the newest lists by
    plural, where a watch may begin.
    """

    def __init__(self, cluster: Cluster, cache: Cache, queue: WorkQueue) -> None:
        self._cluster = cluster
        self._cache = cache
        self._queue = queue
        self.last: float | None = None
        self.listed = asyncio.Event()
        self.versions: dict[str, str] = {}
        self._listing = asyncio.Lock()

    async def _first(self) -> None:
        """The first list; waits for an API server or a CRD that is not there yet."""
        while True:
            try:
                await self.once()
            except ClusterError as error:
                log.warning("waiting for the cluster: %s", error)
                await asyncio.sleep(RETRY)
            else:
                return

    async def once(self) -> None:
        """List everything, take in what is newer, drop what is gone, and look at every VideoJob that is not done with.

        VideoJobs come last: each is looked at as soon as it is read, when its Jobs and pods are known already.

        Raises:
            ClusterError: a list failed; the cache is as it was, or newer.
        """
        async with self._listing:
            await self._list()

    async def caught_up(self, resource: Resource, since: str) -> str:
        """From where to watch when `since` lies too far back: a list that is newer, made now where there is none.

        Raises:
            ClusterError: as `once`.
        """
        async with self._listing:
            if int(self.versions[resource.plural]) <= int(since):
                await self._list()
            return self.versions[resource.plural]

    async def _list(self) -> None:
        before = self._cache.uids()
        jobs = await self._take_in(JOBS, self._cache.put_job)
        pods = await self._take_in(PODS, self._cache.put_pod)
        videojobs = await self._take_in(VIDEOJOBS, self._look_at)
        for key in self._cache.keep_only((*videojobs, *jobs, *pods), known_before=before):
            self._queue.add(key)
        self.last = asyncio.get_running_loop().time()

    async def _take_in(self, resource: Resource, put: Callable[[dict[str, Any]], str | None]) -> list[str]:
        """The uids of what is there. What a list tells before the watch does wakes whom it concerns, like a watch."""
        uids: list[str] = []
        version = ""
        async for page in self._cluster.pages(resource):
            for raw in page.items:
                key = put(raw)
                if key is not None and self.listed.is_set():
                    self._queue.add(key)
                uids.append(raw["metadata"]["uid"])
            version = page.version
        self.versions[resource.plural] = version
        return uids

    def _look_at(self, raw: dict[str, Any]) -> None:
        """Take in a VideoJob, and look at it unless that would find nothing to do."""
        news = self._cache.put_videojob(raw)
        key = key_of(raw["metadata"]["namespace"], raw["metadata"]["name"])
        if not (self._cache.settled(key) if news else self._cache.ended(key)):
            self._queue.add(key)

    async def run(self) -> None:
        """List at once and then from time to time, until cancelled."""
        await self._first()
        self.listed.set()
        await asyncio.sleep(FIRST_AFTER)
        while True:
            try:
                await self.once()
            except ClusterError as error:
                log.warning("the cluster could not be listed: %s", error)
                await asyncio.sleep(AGAIN)
            else:
                await asyncio.sleep(INTERVAL)
