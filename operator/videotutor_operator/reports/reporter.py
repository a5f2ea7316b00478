"""Reports to Convex: in order, at least once. The status is the outbox; what is in memory here may be lost at any time.

While Convex is unreachable, memory is small: the newest state is read from the cache when it is sent.
States in between are best effort: they are sent as far as the buffer has room for them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from videojob.status import VideoJobStatus
from videotutor_operator import metrics
from videotutor_operator.core.model import Delivery, VideoJob
from videotutor_operator.queue import backoff
from videotutor_operator.reports import buffer
from videotutor_operator.reports.circuit import LONGEST_BACKOFF, CircuitBreaker
from videotutor_operator.reports.convex import Accepted, Failed, Receiver, Scope, client, send
from videotutor_operator.reports.deliveries import DeliveryQueue, DeliveryState
from videotutor_operator.reports.report import Report, final_report_of, report_of

SENDERS = 4
"""Reports in flight at once."""
REFUSED_FIRST = 5.0
REFUSED_LONGEST = 400.0
"""Seconds between two tries of a report that Convex refuses (4xx), before jitter of a half: at most 10 min."""
FINAL_SECONDS = 120.0
"""How long the final report of a deleted VideoJob is tried although Convex refuses it."""
log = logging.getLogger(__name__)


class Reporter:
    """Sends reports while it runs. `lookup` is the cache's; `changed` is called when a delivery made progress."""

    def __init__(
        self, receiver: Receiver, lookup: Callable[[str], VideoJob | None], changed: Callable[[str], None]
    ) -> None:
        self._receiver = receiver
        self._lookup = lookup
        self._changed = changed
        self._deliveries = DeliveryQueue()
        self._circuit = CircuitBreaker()
        self._buffer = buffer.ReportBuffer(buffer.ROOM_BYTES)
        self._http = client(SENDERS)
        metrics.REPORTS_PENDING.set_function(lambda: sum(1 for _ in self._deliveries.pending()))
        metrics.REPORT_LAG.set_function(self._lag)

    def delivery(self, uid: str) -> Delivery:
        """Return how far the reports of a VideoJob got, and why they wait: Convex refuses them or is unreachable."""
        state = self._deliveries.get(uid)
        if state is None:
            return Delivery()
        trouble = state.trouble or (self._circuit.trouble if state.is_pending else None)
        if trouble is None:
            return Delivery(state.acknowledged)
        return Delivery(state.acknowledged, trouble.reason, trouble.error)

    def offer(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        """Send the state of a VideoJob if it is news.

        `status` must be stored already. `job` has the previous status; nothing is kept here once that
        has all acknowledged.
        """
        before, report = job.status.report, status.report
        if before.acknowledged >= report.sequence:
            self.forget(job.uid)
        if report.acknowledged >= report.sequence:
            return
        state = self._deliveries.get_or_add(job.uid, job.key, report.acknowledged)
        if report.sequence <= state.offered:
            return
        if report.sequence > before.sequence:
            self._give_up(self._buffer.put(report_of(job, status, now)))
        state.offer(report.sequence)
        self._deliveries.enqueue(state)

    def offer_final(self, job: VideoJob, now: datetime) -> None:
        """Send the final report of a deleted VideoJob, unless Convex acknowledged its end.

        Best effort: it is lost where the operator dies meanwhile.
        """
        state = self._deliveries.get_or_add(job.uid, job.key, job.status.report.acknowledged)
        final = final_report_of(job, now)
        if final.sequence <= state.acknowledged:
            self.forget(job.uid)
            return
        state.deleted_at = time.monotonic()
        state.offer(final.sequence)
        self._deliveries.enqueue(state)
        self._give_up(self._buffer.put_final(final))

    def _give_up(self, uids: Iterable[str]) -> None:
        """Drop deleted VideoJobs whose final report does not fit into the buffer."""
        for uid in uids:
            if state := self._deliveries.get(uid):
                log.warning("final report of %s is dropped: too many deleted VideoJobs wait for Convex", state.key)
            self.forget(uid)

    def forget(self, uid: str) -> None:
        """Drop a VideoJob: everything is acknowledged and stored, or it was deleted long ago."""
        self._deliveries.remove(uid)
        self._buffer.drop(uid)

    def count_held(self) -> int:
        """Return the number of entries in memory: unfinished deliveries, and buffered reports."""
        return len(self._deliveries) + len(self._buffer)

    def _lag(self) -> float:
        now = time.monotonic()
        return max((now - state.since for state in self._deliveries.pending()), default=0.0)

    async def run(self) -> None:
        """Send until cancelled; what is not acknowledged then is sent again after the next start."""
        slots = asyncio.Semaphore(SENDERS)
        async with asyncio.TaskGroup() as group:
            while True:
                await self._deliveries.wait()
                await slots.acquire()
                if (seconds := self._circuit.wait()) > 0:
                    slots.release()
                    await asyncio.sleep(seconds)
                    continue
                sending = group.create_task(self._send_due(slots), name="report")
                if self._circuit.trouble:
                    await asyncio.wait({sending})

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _send_due(self, slots: asyncio.Semaphore) -> None:
        state = self._deliveries.take()
        try:
            if state:
                await self._send_next(state)
        except Exception:
            log.exception("a report of %s failed unexpectedly", state and state.key)
            if state:
                state.failures += 1
                self._deliveries.enqueue_after(state, backoff(state.failures, longest=LONGEST_BACKOFF))
        finally:
            if state:
                state.busy = False
            slots.release()

    async def _send_next(self, state: DeliveryState) -> None:
        """Try once to send the next report of a VideoJob."""
        report = self._next(state)
        if report is None:
            self._settle(state)
            return
        state.offer(report.sequence)
        self._circuit.note_sent()
        outcome = await send(self._http, self._receiver, report, time.time())
        state.busy = False
        metrics.REPORTS.labels("Delivered" if isinstance(outcome, Accepted) else outcome.reason).inc()
        if isinstance(outcome, Accepted):
            self._on_accepted(state, report)
        else:
            self._on_failed(state, report, outcome)
        self._changed(state.key)

    def _next(self, state: DeliveryState) -> Report | None:
        """Return the oldest available report that is not acknowledged, or None."""
        if buffered := self._buffer.first(state.uid, after=state.acknowledged):
            return buffered
        job = self._lookup(state.key)
        if job is None or job.uid != state.uid or job.unreadable or job.status.report.sequence <= state.acknowledged:
            return None
        return report_of(job, job.status, datetime.now(UTC))

    def _settle(self, state: DeliveryState) -> None:
        """Nothing is left to send: drop a deleted VideoJob, otherwise mark everything as acknowledged."""
        job = self._lookup(state.key)
        if job is None or job.uid != state.uid:
            self.forget(state.uid)
        else:
            state.offered = state.acknowledged

    def _on_accepted(self, state: DeliveryState, report: Report) -> None:
        self._circuit.note_success()
        state.acknowledged, state.failures, state.trouble = report.sequence, 0, None
        if state.is_pending:
            state.since = time.monotonic()
            self._deliveries.enqueue(state)
        elif state.deleted_at is not None:
            self.forget(state.uid)
        else:
            self._buffer.drop(state.uid)

    def _on_failed(self, state: DeliveryState, report: Report, failure: Failed) -> None:
        log.warning("report %d of %s: %s", report.sequence, state.key, failure.error)
        state.failures += 1
        state.trouble = failure
        match failure.scope:
            case Scope.REPORT:
                self._circuit.note_success()
                self._on_refused(state, report)
            case Scope.RECEIVER:
                self._circuit.note_failure(failure)
                self._deliveries.enqueue_after(state, backoff(state.failures, longest=LONGEST_BACKOFF))
            case Scope.CONNECTION:
                self._circuit.note_failure(failure)
                self._deliveries.enqueue(state, first=True)

    def _on_refused(self, state: DeliveryState, report: Report) -> None:
        """Convex refuses a report: only the newest is sent from now on, at once where it is another one."""
        self._buffer.drop_states(state.uid)
        newest = self._next(state)
        if state.deleted_at is not None and time.monotonic() - state.deleted_at >= FINAL_SECONDS:
            self.forget(state.uid)
        elif newest and newest.sequence > report.sequence:
            self._deliveries.enqueue(state)
        else:
            delay = backoff(state.failures, first=REFUSED_FIRST, longest=REFUSED_LONGEST)
            self._deliveries.enqueue_after(state, delay)
