"""Reports to Convex: in order, at least once. The status is the outbox; what is here may be lost at any time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime

from videojob.events import Event, event_of
from videojob.phases import TERMINAL, Phase
from videojob.status import VideoJobStatus
from videotutor_operator.convex import Failed, Outcome, Receiver, client, send
from videotutor_operator.model import Delivery, VideoJob
from videotutor_operator.queue import backoff
from videotutor_operator.times import stamp

LONGEST_BACKOFF = 20.0
"""Seconds between two tries, before jitter of a half: at most 30 s."""
UNKNOWN_SESSION_SECONDS = 600.0
"""How long a session that Convex does not know (404) is asked for before only a new report tries again."""
LEAVE_SECONDS = 120.0
"""How long the reports of a deleted VideoJob are still tried."""
MOST_PENDING = 16
"""Reports kept in memory for one VideoJob while Convex does not answer; the oldest go first, the newest tells all."""

log = logging.getLogger(__name__)


class Line:
    """The reports of one VideoJob that are to be sent, in order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.delivery = Delivery()
        self.offered = 0
        self.failures = 0
        self.unknown_since: float | None = None
        self.pending: deque[Event] = deque(maxlen=MOST_PENDING)
        self.woken = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def put(self, event: Event) -> None:
        """Queue an event. Within one phase only the newest counts, unless it is the one being sent."""
        self.offered = event.sequence
        last = self.pending[-1] if len(self.pending) > 1 else None
        if last and (last.phase, last.generation) == (event.phase, event.generation):
            self.pending.pop()
        self.pending.append(event)
        self.woken.set()


class Reporter:
    """Sends reports, one task for each VideoJob that has any. `changed` is called when a delivery got further."""

    def __init__(self, receiver: Receiver, changed: Callable[[str], None]) -> None:
        self._receiver = receiver
        self._changed = changed
        self._lines: dict[str, Line] = {}
        self._http = client()

    def delivery(self, uid: str) -> Delivery:
        """How far the reports of a VideoJob got."""
        line = self._lines.get(uid)
        return line.delivery if line else Delivery()

    def offer(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        """Send the state of a VideoJob if it is news.

        `status` must be stored already. `job` has the status from before: when even that says that everything is
        confirmed, nothing needs to be remembered here any more.
        """
        if job.status.report.acknowledged >= status.report.sequence:
            self.forget(job.uid)
        if status.report.acknowledged >= status.report.sequence:
            return
        line = self._lines.setdefault(job.uid, Line(job.key))
        if status.report.sequence <= line.offered:
            return
        self._put(line, event_of(job.name, job.uid, job.spec, status, stamp(now)))

    def take_leave(self, job: VideoJob, now: datetime) -> None:
        """A VideoJob is gone: say so unless it had ended, and forget it when its reports had time to arrive.

        Best effort: where the operator dies meanwhile, there is no status left to send it from.
        """
        line, status = self._lines.setdefault(job.uid, Line(job.key)), job.status
        if status.phase not in TERMINAL:
            report = status.report.model_copy(update={"sequence": status.report.sequence + 1})
            ended = {"phase": Phase.CANCELLED, "message": "The VideoJob was deleted.", "report": report}
            event = event_of(job.name, job.uid, job.spec, status.model_copy(update=ended), stamp(now))
            self._put(line, event)
        asyncio.get_running_loop().call_later(LEAVE_SECONDS, self.forget, job.uid)

    def _put(self, line: Line, event: Event) -> None:
        line.put(event)
        if line.task is None or line.task.done():
            line.task = asyncio.create_task(self._drain(line), name=f"reports of {event.name}")

    def forget(self, uid: str) -> None:
        """There is nothing more to tell of a VideoJob: everything is confirmed and stored, or it is long gone."""
        line = self._lines.pop(uid, None)
        if line and line.task:
            line.task.cancel()

    async def close(self) -> None:
        """Stop sending. What was not confirmed is sent again after the next start."""
        tasks = [line.task for line in self._lines.values() if line.task and not line.task.done()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    async def _drain(self, line: Line) -> None:
        while line.pending:
            event = line.pending[0]
            outcome = await send(self._http, self._receiver, event, time.time())
            wait = self._noted(line, event, outcome)
            if wait is not None:
                await _pause(line, wait, wakes=isinstance(outcome, Failed) and outcome.wait is not None)

    def _noted(self, line: Line, event: Event, outcome: Outcome) -> float | None:
        """Note an outcome; the answer is how long to wait before going on, None for not at all."""
        wait = None
        if isinstance(outcome, Failed):
            wait = self._failed(line, event, outcome)
        else:
            line.failures, line.unknown_since = 0, None
            line.delivery = Delivery(acknowledged=event.sequence)
        if wait is None and line.pending and line.pending[0] is event:
            line.pending.popleft()
        self._changed(line.key)
        return wait

    def _failed(self, line: Line, event: Event, outcome: Failed) -> float | None:
        """Note a failure; None where this report is not sent again."""
        line.failures += 1
        given_up = _given_up(line, outcome)
        error = f"given up: {outcome.error}" if given_up else outcome.error
        line.delivery = Delivery(line.delivery.acknowledged, outcome.reason, error)
        log.warning("report %d of %s: %s", event.sequence, event.name, error)
        overtaken = outcome.wait is not None and len(line.pending) > 1
        return None if given_up or overtaken else outcome.wait or backoff(line.failures, longest=LONGEST_BACKOFF)


def _given_up(line: Line, outcome: Failed) -> bool:
    """Whether a session has been unknown for so long that only a new report may ask again."""
    if outcome.reason != "UnknownSession":
        return False
    now = time.monotonic()
    line.unknown_since = line.unknown_since or now
    return now - line.unknown_since >= UNKNOWN_SESSION_SECONDS


async def _pause(line: Line, seconds: float, *, wakes: bool) -> None:
    """Wait; a long wait ends early when there is something newer to say."""
    if not wakes:
        await asyncio.sleep(seconds)
        return
    line.woken.clear()
    try:
        await asyncio.wait_for(line.woken.wait(), seconds)
    except TimeoutError:
        return
