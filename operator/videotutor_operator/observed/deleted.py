"""Deleted VideoJobs whose final report is due."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from videojob.phases import TERMINAL
from videotutor_operator.core.model import VideoJob
from videotutor_operator.observed.stored import Stored

STANDBY_LIMIT = 100
"""How many deleted VideoJobs a standby keeps, in case the leader dies before it reports them."""
STANDBY_SECONDS = 3600.0
"""For how long. Convex recognizes repeated reports for 30 days."""


class DeletedVideoJobs:
    """VideoJobs as last seen, by key. `add` and `take` need constant time.

    The leader's have no limit: each was in the cache before, and its key is enqueued, so that a pass takes it. A
    standby makes no passes; it keeps the newest few whose end Convex has not acknowledged.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._standby = False
        self._by_key: dict[str, list[Stored]] = {}
        self._recent: deque[tuple[float, str, Stored]] = deque(maxlen=STANDBY_LIMIT)

    def __len__(self) -> int:
        return len(self._recent) + sum(len(deleted) for deleted in self._by_key.values())

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def add(self, key: str, known: Stored) -> None:
        """Keep a deleted VideoJob until it is taken."""
        if not self._standby:
            self._by_key.setdefault(key, []).append(known)
        elif not _is_reported(known):
            self._recent.append((self._clock(), key, known))

    def take(self, key: str) -> tuple[VideoJob, ...]:
        """Remove and return the deleted VideoJobs of a key, the oldest first."""
        return tuple(known.read() for known in self._by_key.pop(key, ()))

    def stand_by(self) -> None:
        """Keep a bounded number from now on."""
        self._standby = True

    def take_over(self) -> tuple[str, ...]:
        """Keep all from now on. Returns the keys whose final report is due."""
        self._standby = False
        oldest = self._clock() - STANDBY_SECONDS
        for deleted_at, key, known in self._recent:
            if deleted_at >= oldest:
                self.add(key, known)
        self._recent.clear()
        return tuple(self._by_key)


def _is_reported(known: Stored) -> bool:
    """Whether the VideoJob had ended and Convex acknowledged that."""
    if known.settled:
        return True
    status = known.read().status
    return status.phase in TERMINAL and status.report.acknowledged >= status.report.sequence
