"""Which attempts lost their Jobs: for the names of the next ones, and for the wait before them. Lost on restart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from videotutor_operator.recent import Recent

MOST = 1_000
"""Attempts of a VideoJob whose removed Jobs are counted, at most."""

Attempt = tuple[str, str, str, int]
"""Task, scene (empty for plan and stitch), digest and number."""


class Removed(NamedTuple):
    """How many Jobs of an attempt were removed, how many before their end and by others, and the last name."""

    total: int = 0
    by_others: int = 0
    name: str = ""


class RemovedJobs:
    """The removed Jobs of all VideoJobs, by the uid of the VideoJob and the attempt."""

    def __init__(self) -> None:
        self._of: dict[str, Recent[Attempt, Removed]] = {}

    def of(self, owner: str) -> Mapping[Attempt, Removed]:
        """The attempts of a VideoJob whose Jobs were removed."""
        return self._of.get(owner) or {}

    def add(self, owner: str, attempt: Attempt, name: str, *, by_others: bool) -> None:
        """Count a removed Job."""
        found = self._of.setdefault(owner, Recent(MOST))
        before = found.get(attempt, Removed())
        found[attempt] = Removed(before.total + 1, before.by_others + by_others, name)

    def note_end(self, owner: str, attempt: Attempt) -> None:
        """Note that an attempt has ended: no wait follows from removals before that."""
        found = self._of.get(owner)
        if found and attempt in found:
            found[attempt] = found[attempt]._replace(by_others=0)

    def take_over(self) -> None:
        """Count no removal until now as one by others: the former leader removed Jobs too."""
        for owner, found in self._of.items():
            for attempt in tuple(found):
                self.note_end(owner, attempt)

    def forget(self, owner: str) -> None:
        """Remove a deleted VideoJob."""
        self._of.pop(owner, None)
