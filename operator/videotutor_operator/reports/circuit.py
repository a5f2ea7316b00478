"""When the next report may be sent: at a bounded rate, with backoff while Convex fails."""

from __future__ import annotations

import time

from videotutor_operator.queue import backoff
from videotutor_operator.rate import TokenBucket
from videotutor_operator.reports.convex import Failed

LONGEST_BACKOFF = 20.0
"""Seconds between two tries while Convex fails, before jitter of a half: at most 30 s."""
RATE = 100.0
"""Reports a second at most; a local Convex takes 250 calls a second."""
BURST = 100
"""Reports that may be sent at once after a quiet time."""


class CircuitBreaker:
    """Opens while Convex fails, and limits the rate. `trouble`: why it is open; the first failure of its kind."""

    def __init__(self) -> None:
        self.trouble: Failed | None = None
        self._tokens = TokenBucket(RATE, BURST)
        self._failures = 0
        self._open_until = 0.0

    def wait(self) -> float:
        """Return the seconds until the next report may be sent."""
        return max(self._open_until - time.monotonic(), self._tokens.wait(), 0.0)

    def note_sent(self) -> None:
        """Count a report against the rate."""
        self._tokens.take()

    def note_success(self) -> None:
        """Close: Convex accepted or judged a report."""
        self.trouble, self._failures, self._open_until = None, 0, 0.0

    def note_failure(self, failure: Failed) -> None:
        """Open, for longer each time. Concurrent reports count once."""
        if self.trouble is None or self.trouble.reason != failure.reason:
            self.trouble = failure
        now = time.monotonic()
        if now >= self._open_until:
            self._failures += 1
            self._open_until = now + backoff(self._failures, longest=LONGEST_BACKOFF)
