"""Lists beside the watches: once before the start, then now and then, against what a broken watch never told."""

from __future__ import annotations

import asyncio
import logging

from videotutor_operator.cache import Cache
from videotutor_operator.cluster import JOBS, PODS, VIDEOJOBS, Cluster
from videotutor_operator.errors import ClusterError
from videotutor_operator.queue import WorkQueue

FIRST_AFTER = 20.0
"""Seconds from the start to the second list, which closes the gap between the first one and the watches."""
INTERVAL = 300.0
"""Seconds between lists after that."""
RETRY = 2.0
"""Seconds between two tries of the first list, for example while the CRD is not there yet."""

log = logging.getLogger(__name__)


class Resync:
    """Keeps the cache honest. `last`: when a list last succeeded, on the loop's clock."""

    def __init__(self, cluster: Cluster, cache: Cache, queue: WorkQueue) -> None:
        self._cluster = cluster
        self._cache = cache
        self._queue = queue
        self.last: float | None = None

    async def once(self) -> None:
        """List everything, take in what is newer, drop what is gone, and look at every VideoJob.

        Raises:
            ClusterError: a list failed; the cache is as it was, or newer.
        """
        before = self._cache.uids()
        videojobs = await self._cluster.list_all(VIDEOJOBS)
        jobs = await self._cluster.list_all(JOBS)
        pods = await self._cluster.list_all(PODS)
        for raw in videojobs:
            self._cache.put_videojob(raw)
        for raw in jobs:
            self._cache.put_job(raw)
        for raw in pods:
            self._cache.put_pod(raw)
        there = [raw["metadata"]["uid"] for raw in (*videojobs, *jobs)]
        for key in {*self._cache.keep_only(there, known_before=before), *self._cache.keys()}:
            self._queue.add(key)
        self.last = asyncio.get_running_loop().time()

    async def first(self) -> None:
        """The first list; waits for an API server or a CRD that is not there yet."""
        while True:
            try:
                await self.once()
            except ClusterError as error:
                log.warning("waiting for the cluster: %s", error)
                await asyncio.sleep(RETRY)
            else:
                return

    async def run(self) -> None:
        """List from time to time, until cancelled."""
        await asyncio.sleep(FIRST_AFTER)
        while True:
            try:
                await self.once()
            except ClusterError as error:
                log.warning("the cluster could not be listed: %s", error)
            await asyncio.sleep(INTERVAL)
