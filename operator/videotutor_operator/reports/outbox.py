"""What is to be said of each VideoJob next. Nearly all of it is in the cluster; the rest has a bounded room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from videojob.status import VideoJobStatus
from videotutor_operator.core.model import VideoJob
from videotutor_operator.reports.lines import Line
from videotutor_operator.reports.report import Report, report_of
from videotutor_operator.reports.shelf import Shelf

PASSED_BYTES = 4 * 2**20
"""Room for states that were passed before they were sent: some 3,000 of VideoJobs with three scenes."""
FAREWELL_BYTES = 4 * 2**20
"""Room for last reports of VideoJobs that are deleted while Convex is away; nothing in the cluster has them."""


class Outbox:
    """Reports to be sent. `lookup` is the cache's: the VideoJob of a key, as it is stored."""

    def __init__(self, lookup: Callable[[str], VideoJob | None]) -> None:
        self._lookup = lookup
        self._passed = Shelf(PASSED_BYTES)
        self._farewells = Shelf(FAREWELL_BYTES)

    def __len__(self) -> int:
        return len(self._passed) + len(self._farewells)

    def keep(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        """Keep a state that was just stored, as long as there is room: it may be passed before it is sent."""
        self._passed.put(report_of(job, status, now))

    def keep_farewell(self, last: Report) -> list[str]:
        """Keep the end of a VideoJob that is gone. The answer: whose ends (uids) had to make room for it."""
        return self._farewells.put(last)

    def next(self, line: Line) -> Report | None:
        """The oldest state that is at hand of those Convex does not know; None where there is none."""
        if passed := self._passed.first(line.uid, after=line.acknowledged):
            return passed
        if line.left_at is not None:
            return self._farewells.first(line.uid, after=line.acknowledged)
        job = self._lookup(line.key)
        if job is None or job.uid != line.uid or job.status.report.sequence <= line.acknowledged:
            return None
        return report_of(job, job.status, datetime.now(UTC))

    def only_newest(self, line: Line) -> Report | None:
        """Give up the states in between; the answer is what is left to say."""
        self._passed.drop(line.uid)
        return self.next(line)

    def drop(self, uid: str) -> None:
        """Keep nothing of a VideoJob."""
        self._passed.drop(uid)
        self._farewells.drop(uid)
