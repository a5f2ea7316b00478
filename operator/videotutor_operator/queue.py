"""A work queue of keys: each key once at most in it, one worker at most on it, failures retried with backoff."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

from videotutor_operator.metrics import RECONCILE_DURATION, RECONCILE_ERRORS, WORKQUEUE_RETRIES

FIRST_BACKOFF = 0.2
LONGEST_BACKOFF = 30.0
"""Seconds between two tries of a key that fails, before jitter."""

SOON = 0.001
"""Seconds: what is due sooner needs no timer, of which uvloop would not say when it is due."""

log = logging.getLogger(__name__)

Work = Callable[[str], Awaitable[float | None]]
"""Does what a key needs; the answer is when to look again, in seconds, or None."""


class WorkQueue:
    """Keys to look at. Adding is cheap and may happen at any time, also while the key is being worked on.

    Failures of the `expected` kind are logged in one line, others with their traceback; all are tried again.
    """

    def __init__(self, work: Work, expected: type[Exception]) -> None:
        self._work = work
        self._expected = expected
        self._ready: asyncio.Queue[str] = asyncio.Queue()
        self._queued: set[str] = set()
        self._started: dict[str, float] = {}
        self._again: set[str] = set()
        self._failures: dict[str, int] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def add(self, key: str) -> None:
        """Look at a key soon; once, however often it is added before that."""
        self._cancel_timer(key)
        if key in self._started:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._ready.put_nowait(key)

    def add_after(self, key: str, seconds: float) -> None:
        """Look at a key after a while, unless that is planned earlier anyway."""
        if seconds < SOON:
            self.add(key)
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

    def __len__(self) -> int:
        return len(self._queued)

    def longest_pass(self) -> float:
        """Seconds that the oldest pass still under way has taken."""
        now = asyncio.get_running_loop().time()
        return max((now - start for start in self._started.values()), default=0.0)

    async def run(self, workers: int) -> None:
        """Work until cancelled; passes under way are then cut off, which is harmless."""
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
            self._started[key] = asyncio.get_running_loop().time()
            try:
                await self._attempt(key)
            finally:
                del self._started[key]
            await asyncio.sleep(0)  # a pass that writes nothing waits for nothing; others must have their turn
            if key in self._again:
                self._again.discard(key)
                self.add(key)

    async def _attempt(self, key: str) -> None:
        about = {"videojob": key}
        try:
            with RECONCILE_DURATION.time():
                after = await self._work(key)
        except self._expected as error:
            log.warning("%s failed; again in %.1f s: %s", key, self._failed(key), error, extra=about)
        except Exception:
            log.exception("%s failed unexpectedly; again in %.1f s", key, self._failed(key), extra=about)
        else:
            self._failures.pop(key, None)
            if after is not None:
                self.add_after(key, after)

    def _failed(self, key: str) -> float:
        """Plan the next try; the answer is in how many seconds."""
        RECONCILE_ERRORS.inc()
        WORKQUEUE_RETRIES.inc()
        self._failures[key] = self._failures.get(key, 0) + 1
        delay = backoff(self._failures[key])
        self.add_after(key, delay)
        return delay


def backoff(failures: int, first: float = FIRST_BACKOFF, longest: float = LONGEST_BACKOFF) -> float:
    """Seconds to wait after so many failures in a row: doubled each time, spread by a half either way."""
    seconds = min(first * 2.0 ** min(failures - 1, 32), longest)
    return seconds * random.uniform(0.5, 1.5)  # noqa: S311 -- jitter, not a secret
