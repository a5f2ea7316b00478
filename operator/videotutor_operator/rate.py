"""A client-side rate limit: a token bucket that callers wait for or poll."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable


class TokenBucket:
    """Admits `rate` calls a second on average, and up to `burst` at once after a quiet time."""

    def __init__(self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._empty_at = clock()

    def wait(self) -> float:
        """Seconds until the next token; 0 when there is one."""
        return max(self._empty_at - (self._burst - 1) / self._rate - self._clock(), 0.0)

    def take(self) -> None:
        """Take a token, or borrow the next one: later callers then wait longer."""
        self._empty_at = max(self._empty_at, self._clock()) + 1 / self._rate

    async def acquire(self) -> None:
        """Take a token and wait until it is due; callers are admitted in order."""
        seconds = self.wait()
        self.take()
        if seconds > 0:
            await asyncio.sleep(seconds)
