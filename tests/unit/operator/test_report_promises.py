"""What reports promise, under random changes, answers, deletions and restarts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.operator.convex_receiver import Receiver
from tests.unit.operator.desk import Desk, a_named_video, at, running, shortened, until
from videojob.phases import Phase
from videotutor_operator.core.model import VideoJob
from videotutor_operator.reports import buffer, circuit, reporter
from videotutor_operator.reports.buffer import OVERHEAD
from videotutor_operator.reports.convex import Accepted, Failed, Outcome, Scope
from videotutor_operator.reports.report import Report

NAMES = ("algebra", "calculus", "geometry")
PHASES = (Phase.PLANNING, Phase.RENDERING, Phase.STITCHING)
ROOM = 10 * OVERHEAD
MOST_HELD = len(NAMES) + 2 * (ROOM // OVERHEAD)
"""A delivery for each VideoJob and each final report, and the buffer at its fullest."""

ACCEPTED = Accepted()
OUTCOMES = st.sampled_from(
    [
        ACCEPTED,
        ACCEPTED,
        Failed("Unreachable", "ConnectError", Scope.CONNECTION),
        Failed("Retrying", "Convex answered 503", Scope.RECEIVER),
        Failed("UnknownSession", "Convex answered 404", Scope.REPORT),
    ]
)
Answer = tuple[Outcome, bool, int]
ANSWERS = st.lists(st.tuples(OUTCOMES, st.booleans(), st.integers(0, 5)), max_size=40)
"""Answers, whether Convex took a report though the answer says otherwise, and how long it took (turns of the loop)."""


class Story:
    """VideoJobs that change and go, an operator that dies, and a Convex that answers anything at first."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.received: dict[str, list[int]] = {}
        self.desk = Desk(Receiver(), "http://convex.test")
        self.process = AsyncExitStack()
        self.made = 0

    async def send(self, _http: object, _receiver: object, report: Report, _now: float) -> Outcome:
        outcome, taken, turns = self.answers.pop(0) if self.answers else (ACCEPTED, False, 1)
        for _ in range(turns):
            await asyncio.sleep(0)
        if taken or outcome is ACCEPTED:
            self.received.setdefault(report.uid, []).append(report.sequence)
        return outcome

    async def starts(self) -> None:
        """A process with an empty memory; its first pass offers what is stored."""
        await self.process.aclose()
        self.desk = Desk(self.desk.convex, self.desk.url, self.desk.jobs)
        await self.process.enter_async_context(running(self.desk.reporter))
        for name in NAMES:
            if job := self.stored(name):
                self.desk.find(job)

    def changes(self, name: str, phase: Phase) -> None:
        """A pass stores a new state, with what is confirmed; it makes the VideoJob where there is none."""
        job = self.stored(name) or self.a_new(name)
        confirmed = self.desk.reporter.delivery(job.uid).acknowledged
        status = at(a_named_video(name), job.status.report.sequence + 1, phase)
        report = status.report.model_copy(update={"acknowledged": max(confirmed, job.status.report.acknowledged)})
        self.desk.store(job, status.model_copy(update={"report": report}))

    def stored(self, name: str) -> VideoJob | None:
        return self.desk.jobs.get(f"lessons/{name}")

    def a_new(self, name: str) -> VideoJob:
        self.made += 1
        return replace(a_named_video(name).job, uid=f"{name}-{self.made}")

    async def happens(self, what: str, name: str, phase: Phase) -> None:
        if what == "restart":
            await self.starts()
        elif what == "change":
            self.changes(name, phase)
        elif job := self.stored(name):
            self.desk.delete(job)

    def is_bounded_and_in_order(self) -> None:
        assert self.desk.reporter.count_held() <= MOST_HELD
        for sequences in self.received.values():
            assert sequences == sorted(sequences)

    def is_all_known(self) -> bool:
        """Whether Convex knows the newest state of every VideoJob, and the operator knows that."""
        return all(
            self.received.get(job.uid, [0])[-1] == job.status.report.sequence
            and self.confirmed(job) == job.status.report.sequence
            for job in self.desk.jobs.values()
        )

    def confirmed(self, job: VideoJob) -> int:
        return max(job.status.report.acknowledged, self.desk.reporter.delivery(job.uid).acknowledged)


EVENTS = st.tuples(
    st.sampled_from(["change"] * 6 + ["delete", "restart"]),
    st.sampled_from(NAMES),
    st.sampled_from(PHASES),
    st.integers(0, 6),
)
"""What happens, to which VideoJob, its new phase, and how long until the next event (turns of the loop)."""


@settings(max_examples=150, deadline=None)
@given(events=st.lists(EVENTS, max_size=30), answers=ANSWERS)
async def test_reports_are_in_order_and_never_lost_and_memory_is_bounded(
    events: list[tuple[str, str, Phase, int]], answers: list[Answer]
) -> None:
    with quicker() as patch:
        story = Story(answers)
        patch.setattr(reporter, "send", story.send)
        await story.starts()
        async with story.process:
            for what, name, phase, turns in events:
                await story.happens(what, name, phase)
                for _ in range(turns):
                    await asyncio.sleep(0)
                story.is_bounded_and_in_order()
            await until(story.is_all_known)
    story.is_bounded_and_in_order()


def refuse(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"the story sends reports, not the client: {request.url}")


@contextmanager
def quicker() -> Iterator[pytest.MonkeyPatch]:
    """No waits, little room, and no client with its certificates for every restart."""
    with shortened() as patch:
        patch.setattr(reporter, "client", lambda _: httpx.AsyncClient(transport=httpx.MockTransport(refuse)))
        patch.setattr(reporter, "backoff", lambda _failures, **_: 0.0)
        patch.setattr(circuit, "backoff", lambda _failures, **_: 0.0)
        patch.setattr(circuit, "RATE", 1e9)
        patch.setattr(buffer, "ROOM_BYTES", ROOM)
        yield patch
