"""When the next report may go: at a bounded rate, and while Convex is in trouble ever more seldom."""

from __future__ import annotations

import time

from videotutor_operator.queue import backoff
from videotutor_operator.reports.convex import Failed

LONGEST_BACKOFF = 20.0
"""Seconds between two tries of a Convex in trouble, before jitter of a half: at most 30 s."""
RATE = 100.0
"""Reports a second that Convex is sent at most; a local one takes 250 calls a second."""
BURST = 100
"""Reports that may go at once after a quiet time."""


class Gate:
    """A circuit breaker with a rate. `trouble`: why it is closed; the first failure of its kind."""

    def __init__(self) -> None:
        self.trouble: Failed | None = None
        self._failures = 0
        self._closed_until = 0.0
        self._next = 0.0

    def wait(self) -> float:
        """Seconds until the next report may go."""
        now = time.monotonic()
        return max(self._closed_until - now, self._next - BURST / RATE - now, 0.0)

    def passed(self) -> None:
        """A report goes now."""
        self._next = max(self._next, time.monotonic()) + 1 / RATE

    def succeeded(self) -> None:
        """Convex took or judged a report: it is there."""
        self.trouble, self._failures, self._closed_until = None, 0, 0.0

    def failed(self, failure: Failed) -> None:
        """Convex is in trouble. Reports that were under way together count once."""
        if self.trouble is None or self.trouble.reason != failure.reason:
            self.trouble = failure
        now = time.monotonic()
        if now >= self._closed_until:
            self._failures += 1
            self._closed_until = now + backoff(self._failures, longest=LONGEST_BACKOFF)
