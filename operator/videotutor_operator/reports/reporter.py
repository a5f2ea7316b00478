"""Reports to Convex: in order, at least once. The status is the outbox; what is here may be lost at any time.

While Convex is away, a few words are kept for each VideoJob: what to say is read from the cache when it is said, so
that the newest state arrives. The states in between are a courtesy, kept as far as their shelf has room.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from videojob.status import VideoJobStatus
from videotutor_operator import metrics
from videotutor_operator.core.model import Delivery, VideoJob
from videotutor_operator.queue import backoff
from videotutor_operator.reports.convex import Accepted, Failed, Receiver, Scope, client, send
from videotutor_operator.reports.gate import LONGEST_BACKOFF, Gate
from videotutor_operator.reports.lines import Line, Lines
from videotutor_operator.reports.outbox import Outbox
from videotutor_operator.reports.report import Report, farewell_of

SENDERS = 4
"""Reports under way at once."""
REFUSED_FIRST = 5.0
REFUSED_LONGEST = 400.0
"""Seconds between two tries of a report that Convex does not want (4xx), before jitter of a half: at most 10 min."""
LEAVE_SECONDS = 120.0
"""How long the last report of a deleted VideoJob is tried though Convex does not want it."""
log = logging.getLogger(__name__)


class Reporter:
    """Sends reports while it runs. `lookup` is the cache's; `changed` is called when a delivery got further."""

    def __init__(
        self, receiver: Receiver, lookup: Callable[[str], VideoJob | None], changed: Callable[[str], None]
    ) -> None:
        self._receiver = receiver
        self._changed = changed
        self._lines = Lines()
        self._gate = Gate()
        self._outbox = Outbox(lookup)
        self._http = client(SENDERS)
        metrics.REPORTS_PENDING.set_function(lambda: sum(1 for _ in self._lines.pending()))
        metrics.REPORT_LAG.set_function(self._lag)

    def delivery(self, uid: str) -> Delivery:
        """How far the reports of a VideoJob got, and what is in their way: Convex's judgement or its absence."""
        line = self._lines.get(uid)
        if line is None:
            return Delivery()
        trouble = line.trouble or (self._gate.trouble if line.pending else None)
        if trouble is None:
            return Delivery(line.acknowledged)
        return Delivery(line.acknowledged, trouble.reason, trouble.error)

    def offer(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        """Send the state of a VideoJob if it is news.

        `status` must be stored already. `job` has the status from before: when even that says that everything is
        confirmed, nothing needs to be remembered here any more.
        """
        before, report = job.status.report, status.report
        if before.acknowledged >= report.sequence:
            self.forget(job.uid)
        if report.acknowledged >= report.sequence:
            return
        line = self._lines.open(job.uid, job.key, report.acknowledged)
        if report.sequence <= line.offered:
            return
        if report.sequence > before.sequence:
            self._outbox.keep(job, status, now)
        line.offer(report.sequence)
        self._lines.ready(line)

    def take_leave(self, job: VideoJob, now: datetime) -> None:
        """A VideoJob is gone: say how it ended, unless Convex knows.

        Best effort: where the operator dies meanwhile, there is no status left to send it from.
        """
        line = self._lines.open(job.uid, job.key, job.status.report.acknowledged)
        last = farewell_of(job, now)
        if last.sequence <= line.acknowledged:
            self.forget(job.uid)
            return
        line.left_at = time.monotonic()
        line.offer(last.sequence)
        self._lines.ready(line)
        for uid in self._outbox.keep_farewell(last):
            log.warning("the end of a deleted VideoJob (%s) is not told: Convex has been away for too many", uid)
            self.forget(uid)

    def forget(self, uid: str) -> None:
        """There is nothing more to tell of a VideoJob: everything is confirmed and stored, or it is long gone."""
        self._lines.close(uid)
        self._outbox.drop(uid)

    def held(self) -> int:
        """How many entries are in memory: VideoJobs that are not done with, and reports that are kept."""
        return len(self._lines) + len(self._outbox)

    def _lag(self) -> float:
        now = time.monotonic()
        return max((now - line.since for line in self._lines.pending()), default=0.0)

    async def run(self) -> None:
        """Send until cancelled; what was not confirmed then is sent again after the next start."""
        slots = asyncio.Semaphore(SENDERS)
        async with asyncio.TaskGroup() as group:
            while True:
                await self._lines.any_ready()
                await slots.acquire()
                if (seconds := self._gate.wait()) > 0:
                    slots.release()
                    await asyncio.sleep(seconds)
                    continue
                turn = group.create_task(self._turn(slots), name="report")
                if self._gate.trouble:
                    await asyncio.wait({turn})

    async def close(self) -> None:
        """Give up the connections."""
        await self._http.aclose()

    async def _turn(self, slots: asyncio.Semaphore) -> None:
        line = self._lines.take()
        try:
            if line:
                await self._tell(line)
        except Exception:
            log.exception("a report of %s failed unexpectedly", line and line.key)
            if line:
                line.failures += 1
                self._lines.later(line, backoff(line.failures, longest=LONGEST_BACKOFF))
        finally:
            if line:
                line.busy = False
            slots.release()

    async def _tell(self, line: Line) -> None:
        """One try to send the next report of a VideoJob."""
        report = self._outbox.next(line)
        if report is None:
            if line.left_at is not None:
                self.forget(line.uid)
            return
        line.offer(report.sequence)
        self._gate.passed()
        outcome = await send(self._http, self._receiver, report, time.time())
        line.busy = False
        metrics.REPORTS.labels("Delivered" if isinstance(outcome, Accepted) else outcome.reason).inc()
        if isinstance(outcome, Accepted):
            self._accepted(line, report)
        else:
            self._failed(line, report, outcome)
        self._changed(line.key)

    def _accepted(self, line: Line, report: Report) -> None:
        self._gate.succeeded()
        line.acknowledged, line.failures, line.trouble = report.sequence, 0, None
        if line.pending:
            line.since = time.monotonic()
            self._lines.ready(line)
        elif line.left_at is not None:
            self.forget(line.uid)
        else:
            self._outbox.drop(line.uid)

    def _failed(self, line: Line, report: Report, failure: Failed) -> None:
        log.warning("report %d of %s: %s", report.sequence, line.key, failure.error)
        line.failures += 1
        line.trouble = failure
        match failure.scope:
            case Scope.REPORT:
                self._gate.succeeded()
                self._refused(line, report)
            case Scope.RECEIVER:
                self._gate.failed(failure)
                self._lines.later(line, backoff(line.failures, longest=LONGEST_BACKOFF))
            case Scope.NOBODY:
                self._gate.failed(failure)
                self._lines.ready(line, first=True)

    def _refused(self, line: Line, report: Report) -> None:
        """Convex does not want a report: only the newest is tried from now on, at once where it is another one."""
        newest = self._outbox.only_newest(line)
        if line.left_at is not None and time.monotonic() - line.left_at >= LEAVE_SECONDS:
            self.forget(line.uid)
        elif newest and newest.sequence > report.sequence:
            self._lines.ready(line)
        else:
            self._lines.later(line, backoff(line.failures, first=REFUSED_FIRST, longest=REFUSED_LONGEST))
