"""A work queue of keys: each key at most once in it, at most one worker on it, failures retried with backoff."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

from videotutor_operator.errors import ClusterError
from videotutor_operator.metrics import RECONCILE_DURATION, RECONCILE_ERRORS, WORKQUEUE_RETRIES

FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 30.0
"""Seconds between two tries of a key that fails, before jitter."""

SOON = 0.001
"""Seconds; a shorter delay needs no timer. uvloop does not report when such a timer is due."""

log = logging.getLogger(__name__)

Work = Callable[[str], Awaitable[float | None]]
"""Reconciles a key. Returns the seconds until the key is due again, or None."""


class Enqueue(Protocol):
    """Enqueues a key after so many seconds, unless it is due earlier."""

    def __call__(self, key: str, after: float = 0.0, /) -> None: ...  # noqa: D102


class Deferred(Exception):  # noqa: N818 -- no error
    """A pass did not start, and its key is enqueued elsewhere: neither a success nor a failure."""


class WorkQueue:
    """Keys to reconcile. Adding a key is cheap and allowed at any time, also during its pass.

    A `ClusterError` is logged in one line, any other failure with its traceback; both are retried. Where the API
    server names a time (Retry-After), no retry starts before that, whatever events arrive meanwhile.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self._running: set[str] = set()
        self._progress: dict[asyncio.Task[Any], float] = {}
        self._again: set[str] = set()
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def add(self, key: str) -> None:
        """Enqueue a key; once, until a worker takes it."""
        self._cancel_timer(key)
        if key in self._running:
            self._again.add(key)
        elif (seconds := self._held_for(key)) >= SOON:
            self._timers[key] = asyncio.get_running_loop().call_later(seconds, self.add, key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: str, seconds: float) -> None:
        """Enqueue a key after a delay, unless it is due earlier."""
        if seconds < SOON:
            self.add(key)
            return
        if key in self._queued:
            return
        loop = asyncio.get_running_loop()
        planned = self._timers.get(key)
        if planned and planned.when() <= loop.time() + seconds:
            return
        self._cancel_timer(key)
        self._timers[key] = loop.call_later(seconds, self.add, key)

    def _cancel_timer(self, key: str) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()

    def _held_for(self, key: str) -> float:
        """Seconds until the API server accepts a retry of a key."""
        return self._not_before[key] - asyncio.get_running_loop().time() if key in self._not_before else 0.0

    def __len__(self) -> int:
        return len(self._queued)

    def longest_silence(self) -> float:
        """Longest time without progress of a running pass, in seconds."""
        now = asyncio.get_running_loop().time()
        return max((now - progress for progress in self._progress.values()), default=0.0)

    def note_progress(self) -> None:
        """Note that the pass of the current task made progress, such as a request that ended."""
        task = asyncio.current_task()
        if task in self._progress:
            self._progress[task] = asyncio.get_running_loop().time()

    async def run(self, workers: int) -> None:
        """Reconcile until cancelled; running passes are cancelled too, which is harmless."""
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    group.create_task(self._worker(), name=f"worker {number}")
        finally:
            for key in list(self._timers):
                self._cancel_timer(key)

    async def _worker(self) -> None:
        while True:
            key = await self._ready.get()
            self._queued.discard(key)
            self._running.add(key)
            with self._watched():
                await self._attempt(key)
            self._running.discard(key)
            await asyncio.sleep(0)  # a pass without writes never yields to other tasks
            if key in self._again:
                self._again.discard(key)
                self.add(key)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Track the time of the last progress of a pass."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._progress[task] = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            del self._progress[task]

    async def _attempt(self, key: str) -> None:
        about = {"videojob": key}
        try:
            with RECONCILE_DURATION.time():
                after = await self._work(key)
        except Deferred:
            return
        except ClusterError as error:
            delay = self._retry(key, error.retry_after or 0.0)
            log.warning("%s failed; retry in %.1f s: %s", key, delay, error, extra=about)
        except Exception:
            log.exception("%s failed unexpectedly; retry in %.1f s", key, self._retry(key), extra=about)
        else:
            self._failures.pop(key, None)
            self._not_before.pop(key, None)
            if after is not None:
                self.add_after(key, after)

    def _retry(self, key: str, at_least: float = 0.0) -> float:
        """Schedule the next try. Returns its delay, in seconds."""
        RECONCILE_ERRORS.inc()
        WORKQUEUE_RETRIES.inc()
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = max(backoff(self._failures[key]), at_least)
        if at_least:
            self._not_before[key] = asyncio.get_running_loop().time() + at_least
        self.add_after(key, delay)
        return delay


def backoff(failures: int, first: float = FIRST_BACKOFF, longest: float = LONGEST_BACKOFF) -> float:
    """Seconds to wait after that many failures in a row: doubled each time, spread by a half either way."""
    seconds = min(first * 2.0 ** min(failures - 1, 32), longest)
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 -- jitter, not a secret
