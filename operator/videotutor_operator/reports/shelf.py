"""Reports that cannot be made again from the cluster, kept in a bounded room: the oldest make place for new ones."""

from __future__ import annotations

from collections import OrderedDict, deque

from videotutor_operator.reports.report import Report

OVERHEAD = 512
"""Bytes that a report takes beside its body: objects, keys and its place in the order (measured: about 450)."""


class Shelf:
    """Reports by VideoJob, each VideoJob's in order. `room`: bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._reports: OrderedDict[str, deque[Report]] = OrderedDict()

    def __len__(self) -> int:
        return sum(len(reports) for reports in self._reports.values())

    @property
    def used(self) -> int:
        """Bytes taken."""
        return self._used

    def put(self, report: Report) -> list[str]:
        """Keep a report; of one phase only the newest. The answer: the VideoJobs that nothing is left of, for room."""
        mine = self._reports.setdefault(report.uid, deque())
        if mine and (mine[-1].phase, mine[-1].generation) == (report.phase, report.generation):
            self._used -= _size(mine.pop())
        mine.append(report)
        self._used += _size(report)
        emptied = []
        while self._used > self._room:
            uid, oldest = next(iter(self._reports.items()))
            self._used -= _size(oldest.popleft())
            if not oldest:
                del self._reports[uid]
                emptied.append(uid)
        return emptied

    def first(self, uid: str, *, after: int) -> Report | None:
        """The oldest report of a VideoJob with a number above `after`; older ones are dropped."""
        mine = self._reports.get(uid)
        while mine and mine[0].sequence <= after:
            self._used -= _size(mine.popleft())
        if mine:
            return mine[0]
        self._reports.pop(uid, None)
        return None

    def drop(self, uid: str) -> None:
        """Keep nothing of a VideoJob."""
        self._used -= sum(_size(report) for report in self._reports.pop(uid, ()))


def _size(report: Report) -> int:
    return len(report.body) + OVERHEAD
