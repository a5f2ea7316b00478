"""Reports against a real HTTP server that fails, hangs, redirects and refuses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import httpx
import pytest

from tests.unit.operator.convex_receiver import SECRET, served
from tests.unit.operator.convex_receiver import Receiver as Convex
from tests.unit.operator.world import START, World, a_video
from videojob.events import event_id
from videotutor_operator import convex, reporter
from videotutor_operator.convex import Failed, Receiver, judge
from videotutor_operator.reporter import Reporter


@dataclass
class Desk:
    """A reporter and the receiver it reports to."""

    reporter: Reporter
    convex: Convex
    changed: list[str] = field(default_factory=list)

    def offer(self, video: World) -> None:
        self.reporter.offer(video.job, video.status, START)

    async def acknowledged(self, video: World, number: int) -> None:
        async with asyncio.timeout(10):
            while self.reporter.delivery(video.job.uid).acknowledged < number:  # noqa: ASYNC110 -- polled with a deadline
                await asyncio.sleep(0.005)

    async def failed(self, video: World, reason: str) -> None:
        async with asyncio.timeout(10):
            while self.reporter.delivery(video.job.uid).reason != reason:  # noqa: ASYNC110 -- polled with a deadline
                await asyncio.sleep(0.005)


@asynccontextmanager
async def a_desk() -> AsyncIterator[Desk]:
    receiver = Convex()
    async with served(receiver) as url:
        changed: list[str] = []
        sender = Reporter(Receiver(url, SECRET), changed.append)
        try:
            yield Desk(sender, receiver, changed)
        finally:
            await sender.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with shortened(monkeypatch):
        yield


@contextmanager
def shortened(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Backoffs of a test's length."""
    monkeypatch.setattr(reporter, "backoff", lambda _failures, **_: 0.01)
    monkeypatch.setattr(convex, "TIMEOUT", httpx.Timeout(0.2))
    yield


async def test_every_phase_arrives_once_in_order_and_signed() -> None:
    video = a_video(scenes=2).succeeded()
    async with a_desk() as desk:
        for status in video.history:
            desk.reporter.offer(video.job, status, START)
            await desk.acknowledged(video, status.report.sequence)

        events = await desk.convex.got(len(video.history))

    phases = list(dict.fromkeys(event["phase"] for event in events))
    assert phases == ["Planning", "Rendering", "Stitching", "Succeeded"]
    assert [event["sequence"] for event in events] == sorted({event["sequence"] for event in events})
    assert desk.convex.unsigned == 0
    assert set(desk.changed) == {"lessons/calculus"}


async def test_phases_that_follow_one_another_quickly_are_all_sent() -> None:
    video = a_video(scenes=2).succeeded()
    async with a_desk() as desk:
        for status in video.history:
            desk.reporter.offer(video.job, status, START)
        await desk.acknowledged(video, video.status.report.sequence)

    phases = [event["phase"] for event in desk.convex.events]
    assert list(dict.fromkeys(phases)) == ["Planning", "Rendering", "Stitching", "Succeeded"]


async def test_the_same_state_is_sent_once_however_often_it_is_offered() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        for _ in range(5):
            desk.offer(video)
        await desk.acknowledged(video, 1)
        desk.offer(video)

        assert len(desk.convex.tries) == 1


async def test_what_is_confirmed_already_is_not_sent() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        report = video.status.report.model_copy(update={"acknowledged": 1})
        desk.reporter.offer(video.job, video.status.model_copy(update={"report": report}), START)

        assert desk.convex.tries == []
        assert desk.reporter.delivery(video.job.uid).acknowledged == 0


@pytest.mark.parametrize("trouble", [500, 503, 429, 302, 307, None])
async def test_trouble_is_overcome_by_trying_again(trouble: int | None) -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [trouble, trouble]
        desk.offer(video)
        await desk.acknowledged(video, 1)

        first, *others = await desk.convex.got(3, tries=True)

    assert all(other["eventId"] == first["eventId"] for other in others)
    assert desk.convex.redirected == 0


async def test_a_closed_port_is_tried_until_it_opens() -> None:
    video = a_video().planning()
    receiver = Convex()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    sender = Reporter(Receiver(url, SECRET), lambda _: None)
    desk = Desk(sender, receiver)
    desk.offer(video)
    await desk.failed(video, "Unreachable")

    async with served(receiver, port):
        await desk.acknowledged(video, 1)
    await sender.close()

    assert len(receiver.events) == 1


async def test_a_rejected_report_is_recorded_and_not_hammered() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [400]
        desk.offer(video)
        await desk.failed(video, "Rejected")

        assert "answered 400" in desk.reporter.delivery(video.job.uid).error
        assert len(desk.convex.tries) == 1


async def test_a_newer_report_overtakes_a_rejected_one() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [400, 400]
        desk.offer(video)
        await desk.failed(video, "Rejected")
        video.succeed("plan").settle()
        desk.offer(video)
        await desk.acknowledged(video, video.status.report.sequence)

        assert desk.convex.events[-1]["phase"] == "Rendering"


async def test_an_unknown_session_is_given_up_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "UNKNOWN_SESSION_SECONDS", 0.05)
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [404] * 1000
        desk.offer(video)
        async with asyncio.timeout(10):
            while "given up" not in desk.reporter.delivery(video.job.uid).error:  # noqa: ASYNC110 -- polled with a deadline
                await asyncio.sleep(0.005)
        tries = len(desk.convex.tries)

        assert desk.reporter.delivery(video.job.uid).reason == "UnknownSession"
        assert tries == len(desk.convex.tries)


async def test_a_long_outage_keeps_a_bounded_number_and_ends_with_the_newest() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [503] * 3
        for number in range(1, 200):
            phase = ["Planning", "Rendering"][number % 2]
            report = video.status.report.model_copy(update={"sequence": number})
            status = video.status.model_copy(update={"report": report, "phase": phase})
            desk.reporter.offer(video.job, status, START)
        await desk.acknowledged(video, 199)

        assert len(desk.convex.events) <= reporter.MOST_PENDING + 1
        assert desk.convex.events[-1]["sequence"] == 199


async def test_the_end_of_a_videojob_that_was_deleted_is_told() -> None:
    video = a_video().rendering()
    async with a_desk() as desk:
        desk.offer(video)
        desk.reporter.take_leave(video.job, START)
        _, last = await desk.convex.got(2)

    assert (last["phase"], last["message"]) == ("Cancelled", "The VideoJob was deleted.")
    assert last["sequence"] == video.status.report.sequence + 1
    assert last["eventId"] == event_id(video.job.uid, 1, last["sequence"])


async def test_a_finished_videojob_that_was_deleted_stays_finished() -> None:
    video = a_video(scenes=1).succeeded()
    async with a_desk() as desk:
        desk.convex.answers = [503]
        desk.offer(video)
        desk.reporter.take_leave(video.job, START)
        await desk.acknowledged(video, video.status.report.sequence)

        assert [event["phase"] for event in desk.convex.events] == ["Succeeded"]


async def test_a_deleted_videojob_is_forgotten_though_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "LEAVE_SECONDS", 0.05)
    video = a_video().rendering()
    async with a_desk() as desk:
        desk.convex.answers = [503] * 10_000
        desk.reporter.take_leave(video.job, START)
        await desk.failed(video, "Retrying")
        await desk.failed(video, "")

        assert desk.reporter.delivery(video.job.uid).error == ""


async def test_a_deleted_videojob_is_not_reported_any_more() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [503] * 1000
        desk.offer(video)
        await desk.failed(video, "Retrying")
        desk.reporter.forget(video.job.uid)

        assert desk.reporter.delivery(video.job.uid).error == ""


async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    video = a_video().planning()
    with caplog.at_level(logging.DEBUG):
        async with a_desk() as desk:
            desk.convex.answers = [500, 401]
            desk.offer(video)
            await desk.failed(video, "Rejected")

    assert "answered 401" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 409, 413, 422])
def test_client_errors_wait_long(status: int) -> None:
    outcome = judge(status, "no\n  good")

    assert isinstance(outcome, Failed)
    assert outcome.wait == convex.REJECTED_SECONDS
    assert outcome.error == f"Convex answered {status}: no good"
