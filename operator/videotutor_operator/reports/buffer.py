"""Buffer of reports that cannot be built again from the cluster, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque

from videotutor_operator.reports.report import Report

ROOM_BYTES = 8 * 2**20
"""Enough for some 5,000 reports of VideoJobs with three scenes."""
OVERHEAD = 512
"""Bytes that a report takes beside its body: objects, keys and its place in the order (measured: about 450)."""


class ReportBuffer:
    """States that are replaced before they are sent, and final reports of deleted VideoJobs, by uid.

    Where room is needed, the oldest states are dropped first: the newest state of a VideoJob that exists is read from
    the cluster when it is sent. Then the oldest final reports are dropped.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._used = 0
        self._states: OrderedDict[str, deque[Report]] = OrderedDict()
        self._finals: OrderedDict[str, Report] = OrderedDict()

    def __len__(self) -> int:
        return len(self._finals) + sum(len(reports) for reports in self._states.values())

    @property
    def used(self) -> int:
        """Bytes taken."""
        return self._used

    def put(self, report: Report) -> list[str]:
        """Keep the newest state of each phase and generation. Returns the uids whose final report is dropped."""
        mine = self._states.setdefault(report.uid, deque())
        if mine and (mine[-1].phase, mine[-1].generation) == (report.phase, report.generation):
            self._used -= _size(mine.pop())
        mine.append(report)
        self._used += _size(report)
        return self._make_room()

    def put_final(self, report: Report) -> list[str]:
        """Keep the final report of a VideoJob. Returns the uids whose final report is dropped for it."""
        if before := self._finals.pop(report.uid, None):
            self._used -= _size(before)
        self._finals[report.uid] = report
        self._used += _size(report)
        return self._make_room()

    def _make_room(self) -> list[str]:
        while self._used > self._room and self._states:
            uid, oldest = next(iter(self._states.items()))
            self._used -= _size(oldest.popleft())
            if not oldest:
                del self._states[uid]
        dropped = []
        while self._used > self._room:
            uid, report = self._finals.popitem(last=False)
            self._used -= _size(report)
            dropped.append(uid)
        return dropped

    def first(self, uid: str, *, after: int) -> Report | None:
        """Return the oldest report of a VideoJob with a sequence number above `after`; older states are dropped."""
        mine = self._states.get(uid)
        while mine and mine[0].sequence <= after:
            self._used -= _size(mine.popleft())
        if mine:
            return mine[0]
        self._states.pop(uid, None)
        final = self._finals.get(uid)
        return final if final and final.sequence > after else None

    def drop_states(self, uid: str) -> None:
        """Drop the states of a VideoJob, but not its final report."""
        self._used -= sum(_size(report) for report in self._states.pop(uid, ()))

    def drop(self, uid: str) -> None:
        """Drop all reports of a VideoJob."""
        self.drop_states(uid)
        if final := self._finals.pop(uid, None):
            self._used -= _size(final)


def _size(report: Report) -> int:
    return len(report.body) + OVERHEAD
