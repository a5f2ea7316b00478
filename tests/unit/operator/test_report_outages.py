"""Reports to a receiver that is away or misbehaves: nothing is lost, nobody is flooded, and memory is bounded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.operator.convex_receiver import (
    Misbehaviour,
    Receiver,
    breaks_off,
    drips,
    drips_words,
    floods,
    hangs_up,
    served,
    talks_nonsense,
)
from tests.unit.operator.desk import a_desk, a_named_video, at, shortened, until
from tests.unit.operator.world import START, a_video
from videojob.phases import Phase
from videotutor_operator import metrics, queue
from videotutor_operator.reports import convex, gate, outbox, reporter
from videotutor_operator.reports.convex import Accepted, Failed
from videotutor_operator.reports.gate import Gate
from videotutor_operator.reports.report import report_of
from videotutor_operator.reports.shelf import OVERHEAD, Shelf


@pytest.fixture(autouse=True)
def quick() -> Iterator[pytest.MonkeyPatch]:
    with shortened() as patch:
        yield patch


@pytest.mark.parametrize("trouble", [500, 503, 429, 302, 307, 401])
async def test_trouble_is_overcome_by_trying_again(trouble: int) -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [trouble, trouble]
        desk.offer(video)
        await desk.acknowledged(video, 1)

        first, *others = await desk.convex.got(3, tries=True)

    assert all(other["eventId"] == first["eventId"] for other in others)
    assert desk.convex.redirected == 0


@pytest.mark.parametrize("misbehaviour", [hangs_up, talks_nonsense, breaks_off, drips_words, floods])
async def test_whatever_a_receiver_does_costs_one_try(misbehaviour: Misbehaviour) -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [misbehaviour, misbehaviour]
        desk.offer(video)
        await desk.acknowledged(video, 1)

    assert len(desk.convex.tries) == 3
    assert len(desk.convex.events) == 1


@pytest.mark.parametrize("silence", [None, drips])
async def test_whoever_never_gets_to_an_answer_costs_one_try(
    silence: Misbehaviour | None, quick: pytest.MonkeyPatch
) -> None:
    quick.setattr(convex, "ANSWER_SECONDS", 0.5)
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [silence, silence]
        desk.offer(video)
        await desk.acknowledged(video, 1)

    assert len(desk.convex.tries) == 3
    assert len({event["eventId"] for event in desk.convex.tries}) == len(desk.convex.events) == 1
    assert desk.convex.redirected == 0


async def test_only_so_much_is_read_of_an_answer() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [floods]
        desk.offer(video)
        await desk.failed(video, "Retrying")

        assert len(desk.reporter.delivery(video.job.uid).error) < 300


async def test_a_closed_port_is_tried_until_it_opens() -> None:
    video, receiver = a_video().planning(), Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    async with a_desk(receiver, url) as desk:
        desk.offer(video)
        await desk.failed(video, "Unreachable")
        async with served(receiver, port):
            await desk.acknowledged(video, 1)

    assert len(receiver.events) == 1


async def test_while_convex_is_away_one_try_is_made_for_all(quick: pytest.MonkeyPatch) -> None:
    waits: list[int] = []

    def backoff(failures: int, **_: float) -> float:
        waits.append(failures)
        return 0.01 if failures < 6 else 3600.0

    quick.setattr(gate, "backoff", backoff)
    async with a_desk() as desk:
        desk.convex.usual = 503
        for number in range(100):
            desk.offer(a_named_video(f"video-{number}").planning())
        await until(lambda: bool(waits) and waits[-1] == 6)

        assert waits == [1, 2, 3, 4, 5, 6]
        assert len(desk.convex.tries) <= 6 + reporter.SENDERS
        assert desk.reporter.delivery("uid-of-video-99").reason == "Retrying"


def test_a_closed_gate_opens_at_least_every_half_minute() -> None:
    waits = [queue.backoff(number, longest=gate.LONGEST_BACKOFF) for number in range(1, 99)]

    assert max(waits) <= 30


def test_failures_that_were_under_way_together_count_once(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(gate, "backoff", lambda failures, **_: 1000.0 * failures)
    closed, failure = Gate(), Failed("Retrying", "Convex answered 503")

    for _ in range(4):
        closed.failed(failure)

    assert 999 < closed.wait() <= 1000


def test_a_gate_opens_with_the_first_success() -> None:
    closed = Gate()
    closed.failed(Failed("Retrying", "Convex answered 503"))

    closed.succeeded()

    assert closed.wait() == 0
    assert closed.trouble is None


def test_after_a_burst_reports_keep_to_the_rate() -> None:
    gate_ = Gate()

    for _ in range(gate.BURST + 50):
        gate_.passed()

    assert gate_.wait() == pytest.approx(50 / gate.RATE, abs=0.1)


async def test_a_long_outage_ends_with_the_newest_state_of_each_the_oldest_first(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(outbox, "PASSED_BYTES", 4 * OVERHEAD)
    videos = [a_named_video(f"video-{number}").planning() for number in range(30)]
    receiver = Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    async with a_desk(receiver, url) as desk:
        for sequence in range(1, 20):
            for video in videos:
                desk.store(video.job, at(video, sequence, [Phase.PLANNING, Phase.RENDERING][sequence % 2]))
        assert desk.reporter.held() <= len(videos) + 4
        await desk.failed(videos[-1], "Unreachable")
        assert metrics.REGISTRY.get_sample_value("videotutor_reports_pending") == len(videos)
        assert (metrics.REGISTRY.get_sample_value("videotutor_report_lag_seconds") or 0) > 0
        async with served(receiver, port):
            for video in videos:
                await desk.acknowledged(video, 19)

    order = list(dict.fromkeys(event["name"] for event in receiver.events))
    late = [place - int(name.removeprefix("video-")) for place, name in enumerate(order)]
    assert all(abs(places) < 2 * reporter.SENDERS for places in late), "senders overtake one another, no more"
    assert len(receiver.events) <= len(videos) + 4


async def test_a_report_that_breaks_the_receiver_does_not_hold_up_others(quick: pytest.MonkeyPatch) -> None:
    async def send(_http: object, _receiver: object, report: reporter.Report, _now: float) -> Accepted | Failed:
        return Failed("Retrying", "Convex answered 500") if report.uid == "uid-of-poison" else Accepted()

    quick.setattr(reporter, "send", send)
    videos = [a_named_video(f"video-{number}").planning() for number in range(50)]
    async with a_desk() as desk:
        desk.offer(a_named_video("poison").planning())
        for video in videos:
            desk.offer(video)
        for video in videos:
            await desk.acknowledged(video, 1)

        assert desk.reporter.delivery("uid-of-poison").reason == "Retrying"


async def test_the_ends_of_deleted_videojobs_have_a_bounded_room(
    quick: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quick.setattr(outbox, "FAREWELL_BYTES", 10 * 2 * OVERHEAD)
    receiver = Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    async with a_desk(receiver, url) as desk:
        for number in range(1000):
            desk.delete(a_named_video(f"video-{number}").planning().job)
        kept = desk.reporter.held() // 2
        assert 5 <= kept <= 20
        async with served(receiver, port):
            await receiver.got(kept)
            await until(lambda: desk.reporter.held() == 0)

    assert {event["name"] for event in receiver.events} == {f"video-{number}" for number in range(1000 - kept, 1000)}
    assert "is not told" in caplog.text


async def test_an_error_nobody_thought_of_is_logged_and_tried_again(
    quick: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[Accepted | None] = [None, Accepted()]

    async def send(*_: object) -> Accepted:
        answer = answers.pop(0)
        if answer is None:
            raise ZeroDivisionError
        return answer

    quick.setattr(reporter, "send", send)
    video = a_video().planning()
    async with a_desk() as desk:
        desk.offer(video)
        await desk.acknowledged(video, 1)

    assert "ZeroDivisionError" in caplog.text


def test_a_shelf_keeps_of_one_phase_the_newest_and_gives_up_the_oldest() -> None:
    video = a_video().planning()
    first, again, next_ = (
        report_of(video.job, at(video, number, phase), START)
        for number, phase in enumerate([Phase.PLANNING, Phase.PLANNING, Phase.RENDERING], start=1)
    )
    shelf = Shelf(room=2 * (len(again.body) + OVERHEAD) + 10)

    shelf.put(first)
    shelf.put(again)
    shelf.put(next_)
    assert shelf.first("uid-1", after=0) == again

    shelf.put(report_of(video.job, at(video, 4, Phase.STITCHING), START))
    assert shelf.first("uid-1", after=0) == next_

    shelf.drop("uid-1")
    assert (len(shelf), shelf.used) == (0, 0)
