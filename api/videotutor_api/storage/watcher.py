"""Keeps the cache of VideoJobs up to date: a list in pages, then a watch, again and again."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Any

from videotutor_api.errors import UnavailableError
from videotutor_api.storage.cache import VideoJobCache
from videotutor_api.storage.collection import Collection, PageTooLargeError
from videotutor_api.storage.kubernetes_errors import KubernetesError, service_error

FIRST_PAGE = 4
"""VideoJobs in the first page of a list, before their size is known: 6 MB at most."""

PAGE_BYTES = 2 * 2**20
"""Target size of the next pages; parsed objects take about seven times as much memory."""

MOST_PER_PAGE = 500

SHORTEST_WATCH = 1.0
"""Seconds; the API server ends a watch after minutes."""

FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 20.0
"""Seconds between two tries while the API server does not answer, before jitter of a half."""

log = logging.getLogger(__name__)


class Watcher:
    """Lists and watches the VideoJobs of one namespace into a cache."""

    def __init__(self, collection: Collection, cache: VideoJobCache) -> None:
        self._collection = collection
        self._cache = cache
        self._version = ""
        self._disconnected_at: float | None = time.monotonic()
        self.synced = asyncio.Event()
        """Set after the first complete list."""

    @property
    def stale_seconds(self) -> float:
        """How long the cache may lack changes; 0 while the watch is connected."""
        return 0.0 if self._disconnected_at is None else time.monotonic() - self._disconnected_at

    @property
    def version(self) -> str:
        """The version of the newest change in the cache; empty before the first list."""
        return self._version

    @property
    def is_connected(self) -> bool:
        """Whether the cache is complete, and the API server sends its changes."""
        return self._disconnected_at is None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run in the background while the context is open."""
        task = asyncio.create_task(self.run(), name="watch of VideoJobs")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def run(self) -> None:
        """List and watch until cancelled."""
        failures, problem = 0, ""
        while True:
            started = time.monotonic()
            try:
                await self._follow()
                before, problem = problem, ""
                if time.monotonic() - started < SHORTEST_WATCH:
                    self._note_disconnected()  # a proxy may end each watch at once
            except (KubernetesError, UnavailableError) as error:
                before, problem = problem, self._note_failure(error)
            except Exception:  # a bug must not end the watch, and with it the API
                log.exception("the watch of VideoJobs failed and is started again")
                self._note_disconnected()
                self._version, before = "", problem
            if problem and problem != before:
                log.warning("VideoJobs cannot be followed: %s", problem)
            failures = 0 if time.monotonic() - started > LONGEST_BACKOFF else failures + 1
            if failures:
                longest = min(FIRST_BACKOFF * 2**failures, LONGEST_BACKOFF)
                await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 -- jitter, not a secret

    def _note_failure(self, error: KubernetesError | UnavailableError) -> str:
        """The cache lacks changes from now on. Returns what to log."""
        self._note_disconnected()
        if isinstance(error, UnavailableError):
            return str(error)
        if error.status == HTTPStatus.GONE:
            self._version = ""
            return ""
        return str(service_error(error))

    def _note_disconnected(self) -> None:
        if self._disconnected_at is None:
            self._disconnected_at = time.monotonic()

    async def _follow(self) -> None:
        """Watch from the newest known version, after a list where there is none."""
        if not self._version:
            self._version = await self._list()
        async with self._collection.watch(self._version) as events:
            self._disconnected_at = None
            self.synced.set()
            async for event in events:
                self._take_in(event)

    def _take_in(self, event: dict[str, Any]) -> None:
        found = event.get("object")
        metadata = found.get("metadata") if isinstance(found, dict) else None
        version = metadata.get("resourceVersion") if isinstance(metadata, dict) else None
        if not isinstance(metadata, dict) or not isinstance(version, str):
            return
        if event.get("type") == "DELETED":
            self._cache.delete(str(metadata.get("name")), version)
        elif event.get("type") != "BOOKMARK":
            self._cache.put(found)
        self._version = version

    async def _list(self) -> str:
        """Bring the cache up to date with a complete list. Returns its version."""
        limit, following, names = FIRST_PAGE, "", set[str]()
        while True:
            try:
                page = await self._collection.list(limit, following)
            except PageTooLargeError:
                if limit == 1:
                    raise
                limit = max(1, limit // 4)
                continue
            if not following:
                self._cache.forget_newer(page.version)
            count = len(page.items)
            while page.items:
                if job := self._cache.put(page.items.pop()):
                    names.add(job.name)
                await asyncio.sleep(0)  # requests are handled between any two of them
            if not page.following:
                self._cache.keep_only(names, page.version)
                return page.version
            following = page.following
            limit = max(1, min(PAGE_BYTES * count // max(page.size, 1), MOST_PER_PAGE))
