"""Lists beside the watches: once before they start, then now and then, against what a broken watch never told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from videotutor_operator.cluster.requests import JOBS, PODS, VIDEOJOBS, Cluster, Resource
from videotutor_operator.core.model import key_of
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache

INTERVAL = 300.0
"""Seconds between lists."""
AGAIN = 30.0
"""Seconds after a list that failed."""
RETRY = 2.0
"""Seconds between two tries of the first list, for example while the CRD is not there yet."""

log = logging.getLogger(__name__)


class Resync:
    """Keeps the cache honest.

    `listed`: set after the first one. `versions`: of the newest lists by
    plural, where a watch may begin.
    """

    def __init__(self, cluster: Cluster, cache: Cache, enqueue: Callable[[str], None]) -> None:
        self._cluster = cluster
        self._cache = cache
        self._enqueue = enqueue
        self._requested = asyncio.Event()
        self._problem = ""
        self.listed = asyncio.Event()
        self.versions: dict[str, str] = {}
        self._listing = asyncio.Lock()

    def request(self) -> None:
        """Request a list now instead of at the end of the interval."""
        self._requested.set()

    async def run(self) -> None:
        """List at once, then at intervals and on request, until cancelled."""
        while True:
            if succeeded := await self._try_once():
                self.listed.set()
            retry = AGAIN if self.listed.is_set() else RETRY
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL if succeeded else retry):
                    await self._requested.wait()
            self._requested.clear()

    async def _try_once(self) -> bool:
        """List, and log a failure once for as long as it stays the same."""
        before, self._problem = self._problem, ""
        try:
            await self.once()
        except ClusterError as error:
            self._problem = str(error)
            if self._problem != before:
                log.warning("the cluster could not be listed: %s", error)
        return not self._problem

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
            self._enqueue(key)

    async def _take_in(self, resource: Resource, put: Callable[[dict[str, Any]], str | None]) -> list[str]:
        """The uids of what is there. What a list tells before the watch does wakes whom it concerns, like a watch."""
        uids: list[str] = []
        version = ""
        async for page in self._cluster.pages(resource):
            for raw in page.items:
                key = put(raw)
                if key is not None and self.listed.is_set():
                    self._enqueue(key)
                uids.append(raw["metadata"]["uid"])
            version = page.version
        self.versions[resource.plural] = version
        return uids

    def _look_at(self, raw: dict[str, Any]) -> None:
        """Take in a VideoJob, and look at it unless that would find nothing to do."""
        news = self._cache.put_videojob(raw)
        key = key_of(raw["metadata"]["namespace"], raw["metadata"]["name"])
        if not (self._cache.settled(key) if news else self._cache.ended(key)):
            self._enqueue(key)
