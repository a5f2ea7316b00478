"""Passes over large VideoJobs, one at a time: each takes the event loop and the API server seconds."""

from __future__ import annotations

from collections.abc import Callable

LARGE_BYTES = 128 * 2**10
"""JSON from this size on makes a VideoJob large. One of 1 MB takes up to two seconds to read and to digest: a few such
passes side by side block the event loop for longer than a request may take (`cluster.wire.ANSWER_SECONDS`)."""


class Turns:
    """Which large VideoJob has its pass now, and which wait for theirs, first come first served.

    `size`: bytes of a VideoJob's JSON, 0 where there is none. `wake`: puts a key on the work queue.
    """

    def __init__(self, size: Callable[[str], int], wake: Callable[[str], None]) -> None:
        self._size = size
        self._wake = wake
        self._holder: str | None = None
        self._waiting: dict[str, None] = {}

    def take(self, key: str) -> bool:
        """Whether a pass over a VideoJob may start now; one that may not is woken when it may."""
        if self._size(key) < LARGE_BYTES:
            self._waiting.pop(key, None)
            return True
        if self._holder is not None:
            self._waiting[key] = None
            return False
        self._waiting.pop(key, None)
        self._holder = key
        return True

    def release(self, key: str) -> None:
        """A pass has ended: the turn of a large VideoJob goes to the one that waits longest."""
        if key == self._holder:
            self._holder = None
        if self._holder is None and self._waiting:
            self._wake(next(iter(self._waiting)))
