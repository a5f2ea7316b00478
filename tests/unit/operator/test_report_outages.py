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
from videotutor_operator.reports import buffer, circuit, convex, reporter
from videotutor_operator.reports.buffer import OVERHEAD, ReportBuffer
from videotutor_operator.reports.circuit import CircuitBreaker
from videotutor_operator.reports.convex import Accepted, Failed
from videotutor_operator.reports.report import Report, final_report_of, report_of


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


async def test_a_breaker_port_is_tried_until_it_opens() -> None:
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

    quick.setattr(circuit, "backoff", backoff)
    async with a_desk() as desk:
        desk.convex.usual = 503
        for number in range(100):
            desk.offer(a_named_video(f"video-{number}").planning())
        await until(lambda: bool(waits) and waits[-1] == 6)

        assert waits == [1, 2, 3, 4, 5, 6]
        assert len(desk.convex.tries) <= 6 + reporter.SENDERS
        assert desk.reporter.delivery("uid-of-video-99").reason == "Retrying"


def test_a_breaker_breakeropens_at_least_every_half_minute() -> None:
    waits = [queue.backoff(number, longest=circuit.LONGEST_BACKOFF) for number in range(1, 99)]

    assert max(waits) <= 30


def test_failures_that_were_under_way_together_count_once(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(circuit, "backoff", lambda failures, **_: 1000.0 * failures)
    breaker, failure = CircuitBreaker(), Failed("Retrying", "Convex answered 503")

    for _ in range(4):
        breaker.note_failure(failure)

    assert 999 < breaker.wait() <= 1000


def test_a_breakeropens_with_the_first_success() -> None:
    breaker = CircuitBreaker()
    breaker.note_failure(Failed("Retrying", "Convex answered 503"))

    breaker.note_success()

    assert breaker.wait() == 0
    assert breaker.trouble is None


def test_after_a_burst_reports_keep_to_the_rate() -> None:
    breaker = CircuitBreaker()

    for _ in range(circuit.BURST + 50):
        breaker.note_sent()

    assert breaker.wait() == pytest.approx(50 / circuit.RATE, abs=0.1)


async def test_a_long_outage_ends_with_the_newest_state_of_each_the_oldest_first(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(buffer, "ROOM_BYTES", 4 * OVERHEAD)
    videos = [a_named_video(f"video-{number}").planning() for number in range(30)]
    receiver = Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    async with a_desk(receiver, url) as desk:
        for sequence in range(1, 20):
            for video in videos:
                desk.store(video.job, at(video, sequence, [Phase.PLANNING, Phase.RENDERING][sequence % 2]))
        assert desk.reporter.count_held() <= len(videos) + 4
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
    async def send(_http: object, _receiver: object, report: Report, _now: float) -> Accepted | Failed:
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
    quick.setattr(buffer, "ROOM_BYTES", 10 * 2 * OVERHEAD)
    receiver = Receiver()
    async with served(receiver) as url:
        port = int(url.rsplit(":", 1)[1])
    async with a_desk(receiver, url) as desk:
        for number in range(1000):
            desk.delete(a_named_video(f"video-{number}").planning().job)
        kept = desk.reporter.count_held() // 2
        assert 5 <= kept <= 20
        async with served(receiver, port):
            await receiver.got(kept)
            await until(lambda: desk.reporter.count_held() == 0)

    assert {event["name"] for event in receiver.events} == {f"video-{number}" for number in range(1000 - kept, 1000)}
    assert "is dropped: too many deleted VideoJobs" in caplog.text


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


def test_the_buffer_keeps_of_one_phase_the_newest_state_and_drops_the_oldest() -> None:
    video = a_video().planning()
    first, again, next_ = (
        report_of(video.job, at(video, number, phase), START)
        for number, phase in enumerate([Phase.PLANNING, Phase.PLANNING, Phase.RENDERING], start=1)
    )
    reports = ReportBuffer(room=2 * (len(again.body) + OVERHEAD) + 10)

    reports.put(first)
    reports.put(again)
    reports.put(next_)
    assert reports.first("uid-1", after=0) == again

    reports.put(report_of(video.job, at(video, 4, Phase.STITCHING), START))
    assert reports.first("uid-1", after=0) == next_

    reports.drop("uid-1")
    assert (len(reports), reports.used) == (0, 0)


def test_the_buffer_drops_states_before_final_reports_and_names_the_final_ones_that_it_drops() -> None:
    a, b, c = (a_named_video(name).planning() for name in "abc")
    size = len(final_report_of(a.job, START).body) + OVERHEAD
    reports = ReportBuffer(room=2 * size + 50)

    assert reports.put_final(final_report_of(a.job, START)) == []
    assert reports.put(report_of(c.job, at(c, 1), START)) == []
    assert reports.put_final(final_report_of(b.job, START)) == []
    assert reports.first(c.job.uid, after=0) is None, "the state made room"
    assert reports.put_final(final_report_of(c.job, START)) == [a.job.uid]

    assert reports.first(b.job.uid, after=0) == final_report_of(b.job, START)
    assert reports.first(b.job.uid, after=99) is None
    for video in (b, c):
        reports.drop(video.job.uid)
    assert (len(reports), reports.used) == (0, 0)


async def test_a_delivery_whose_videojob_is_gone_without_a_final_report_is_forgotten() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.usual = 503
        desk.offer(video)
        await desk.failed(video, "Retrying")
        desk.jobs.clear()
        desk.reporter._buffer.drop(video.job.uid)

        await until(lambda: desk.reporter.count_held() == 0)
        assert metrics.REGISTRY.get_sample_value("videotutor_report_lag_seconds") == 0
