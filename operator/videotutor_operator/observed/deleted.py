"""Deleted VideoJobs whose final report is due."""

from __future__ import annotations

from videotutor_operator.core.model import VideoJob
from videotutor_operator.observed.compact import Compact

Known = VideoJob | Compact


class DeletedVideoJobs:
    """VideoJobs as last seen, by key. Each operation takes constant time.

    There is no limit: each was in the cache before, and its key is enqueued, so that a pass removes it.
    """

    def __init__(self) -> None:
        self._by_key: dict[str, list[Known]] = {}

    def __len__(self) -> int:
        return sum(len(deleted) for deleted in self._by_key.values())

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def add(self, key: str, job: Known) -> None:
        """Keep a deleted VideoJob until it is taken."""
        self._by_key.setdefault(key, []).append(job)

    def take(self, key: str) -> tuple[Known, ...]:
        """Remove and return the deleted VideoJobs of a key, the oldest first."""
        return tuple(self._by_key.pop(key, ()))
