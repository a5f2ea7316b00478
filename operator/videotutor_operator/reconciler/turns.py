"""Passes over large VideoJobs, one at a time: each takes the event loop and the API server seconds."""

from __future__ import annotations

from collections.abc import Callable

LARGE_BYTES = 128 * 2**10
"""JSON from this size on makes a VideoJob large. One of 1 MB takes up to two seconds to read and to digest: a few such
passes side by side block the event loop for longer than a request may take (`cluster.wire.ANSWER_SECONDS`)."""


class Turns:
    """Admits one large VideoJob at a time, in order of arrival.

    `size`: bytes of a VideoJob's JSON, 0 where there is none. `wake`: puts a key on the work queue.
    """

    def __init__(self, size: Callable[[str], int], wake: Callable[[str], None]) -> None:
        self._size = size
        self._wake = wake
        self._holder: str | None = None
        self._waiting: dict[str, None] = {}

    def take(self, key: str) -> bool:
        """Whether a pass over a VideoJob may start now; otherwise its key is enqueued when it may."""
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
        """End the pass of a VideoJob; after a large one, wake the one that has waited longest."""
        if key == self._holder:
            self._holder = None
        if self._holder is None and self._waiting:
            self._wake(next(iter(self._waiting)))
