"""Lists besides the watches: in full at first, then of metadata, to find changes that a broken watch missed."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.cluster.resources import JOBS, PODS, VIDEOJOBS, Resource
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache, Due
from videotutor_operator.queue import Enqueue

INTERVAL = 1800.0
"""Seconds between lists, before jitter of a fifth."""
AGAIN = 30.0
"""Seconds after a list that failed."""
RETRY = 2.0
"""Seconds between two tries of the first list, for example while the CRD is missing."""
MOST_FETCHED = 100
"""Objects that are fetched one by one; where more differ from the cache, all are listed in full."""

log = logging.getLogger(__name__)


class Resync:
    """Brings the cache up to date with lists of one namespace, or of all (None).

    `listed`: set after the first list. `versions`: of the newest lists by plural, from which a watch may start.
    """

    def __init__(self, cluster: Cluster, cache: Cache, enqueue: Enqueue, namespace: str | None) -> None:
        self._cluster = cluster
        self._cache = cache
        self._enqueue = enqueue
        self.namespace = namespace
        self._put = {JOBS: cache.put_job, PODS: cache.put_pod, VIDEOJOBS: cache.put_videojob}
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
            interval = INTERVAL * random.uniform(0.8, 1.2)  # noqa: S311 -- jitter, not a secret
            with suppress(TimeoutError):
                async with asyncio.timeout(interval if succeeded else retry):
                    await self._requested.wait()
            self._requested.clear()

    async def _try_once(self) -> bool:
        """List; log a failure once until it changes."""
        before, self._problem = self._problem, ""
        try:
            await self.run_once()
        except ClusterError as error:
            self._problem = str(error)
            if self._problem != before:
                log.warning("the cluster could not be listed: %s", error)
        return not self._problem

    async def run_once(self) -> None:
        """List everything, cache newer objects, drop deleted ones, enqueue each active VideoJob.

        VideoJobs come last: each is enqueued as soon as it is read, when its Jobs and pods are in the cache.

        Raises:
            ClusterError: a list failed; the cache is as it was, or newer.
        """
        async with self._listing:
            await self._sync(PODS, JOBS, VIDEOJOBS)
            for key in self._cache.keys(self.namespace):
                if not self._cache.is_ended(key):
                    self._enqueue(key)

    async def catch_up(self, resource: Resource, since: str) -> str:
        """Return the version of a list that is newer than `since`, made now where there is none.

        Raises:
            ClusterError: as `run_once`.
        """
        async with self._listing:
            if int(self.versions[resource.plural]) <= int(since):
                await self._sync(resource)
            return self.versions[resource.plural]

    async def _sync(self, *resources: Resource) -> None:
        before: set[str] = set()
        there: list[str] = []
        for resource in resources:
            known = self._cache.versions(resource.plural, self.namespace)
            before |= known.keys()
            there += await self._list(resource, known)
        for key in self._cache.keep_only(there, known_before=frozenset(before)):
            self._enqueue(key)

    async def _list(self, resource: Resource, known: dict[str, str]) -> list[str]:
        """Bring one kind up to date. Returns the uids of what exists."""
        if resource.plural not in self.versions:
            return await self._list_in_full(resource)
        uids, version = [], ""
        differing: list[tuple[str, str]] = []
        async for page in self._cluster.metadata(resource, self.namespace):
            for item in page.items:
                metadata = item["metadata"]
                uids.append(metadata["uid"])
                if known.get(metadata["uid"]) != metadata["resourceVersion"]:
                    differing.append((metadata["namespace"], metadata["name"]))
            version = page.version
        if len(differing) > MOST_FETCHED:
            return await self._list_in_full(resource)
        for namespace, name in differing:
            if raw := await self._cluster.fetch(resource, namespace, name):
                self._take_in(resource, raw)
        self.versions[resource.plural] = version
        return uids

    async def _list_in_full(self, resource: Resource) -> list[str]:
        """Put every object of a kind into the cache. The event loop runs between any two of them."""
        uids, version = [], ""
        async for page in self._cluster.pages(resource, self.namespace):
            while page.items:
                raw = page.items.pop(0)
                self._take_in(resource, raw)
                uids.append(raw["metadata"]["uid"])
                await asyncio.sleep(0)
            version = page.version
        self.versions[resource.plural] = version
        return uids

    def _take_in(self, resource: Resource, raw: dict[str, Any]) -> None:
        """Put an object into the cache; a change enqueues its VideoJob, as from a watch."""
        due = take_in(self._put[resource], resource, raw)
        if due and (resource is VIDEOJOBS or self.listed.is_set()):
            self._enqueue(*due)


def take_in(put: Callable[[dict[str, Any]], Due | None], resource: Resource, raw: dict[str, Any]) -> Due | None:
    """Put an object into the cache. One that cannot be read is logged, and stops no list or watch of others."""
    try:
        return put(raw)
    except Exception:
        log.exception("one of the %s cannot be read", resource.plural)
        return None
