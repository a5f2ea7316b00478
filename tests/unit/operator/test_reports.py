"""Reports against a real HTTP server that takes, refuses or does not know them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from tests.unit.operator.convex_receiver import SECRET
from tests.unit.operator.desk import a_desk, a_named_video, at, shortened, until
from tests.unit.operator.world import START, World, a_video
from videojob.events import Source, event_id, event_of
from videojob.phases import Phase
from videojob.status import VideoJobStatus
from videotutor_operator import metrics
from videotutor_operator.core.model import Ending
from videotutor_operator.queue import backoff
from videotutor_operator.reports import reporter
from videotutor_operator.reports.convex import Accepted, Failed, Scope, judge
from videotutor_operator.reports.report import final_report_of, report_of

UNKNOWN = '{"outcome": "unknown session"}'


@pytest.fixture(autouse=True)
def quick() -> Iterator[pytest.MonkeyPatch]:
    with shortened() as patch:
        yield patch


async def test_the_placeholder_of_a_status_that_cannot_be_read_is_not_reported() -> None:
    video = a_video(scenes=2).succeeded()
    async with a_desk() as desk:
        desk.convex.usual = 503
        desk.find(replace(video.job, status=video.status))
        await desk.failed(video, "Retrying")
        placeholder = VideoJobStatus(report=video.status.report)
        desk.jobs[video.job.key] = replace(video.job, unreadable="of a newer version", status=placeholder)
        desk.convex.usual = 200
        await until(lambda: metrics.REGISTRY.get_sample_value("videotutor_reports_pending") == 0)
        assert desk.convex.events == []

        desk.find(replace(video.job, status=video.status))
        (event,) = await desk.convex.got(1)
        assert event["phase"] == "Succeeded"


def test_every_report_names_the_namespace_and_when_the_videojob_was_created() -> None:
    job = replace(a_video().job, namespace="team-a", created_at="2026-01-02T03:04:05Z")
    for report in (report_of(job, job.status, START), final_report_of(job, START)):
        event = json.loads(report.body)
        assert (event["namespace"], event["createdAt"]) == ("team-a", "2026-01-02T03:04:05Z")


async def test_every_phase_arrives_once_in_order_and_signed() -> None:
    video = a_video(scenes=2).succeeded()
    async with a_desk() as desk:
        for status in video.history:
            desk.store(video.job, status)
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
            desk.store(video.job, status)
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
        other = a_named_video("algebra").planning()
        desk.offer(other)
        await desk.acknowledged(other, 1)

        assert [event["name"] for event in desk.convex.tries] == ["calculus", "algebra"]


async def test_what_is_confirmed_already_is_not_sent() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        report = video.status.report.model_copy(update={"acknowledged": 1})
        desk.store(video.job, video.status.model_copy(update={"report": report}))
        desk.store(video.job, at(video, 2))
        await desk.acknowledged(video, 2)

        assert [event["sequence"] for event in desk.convex.tries] == [2]


async def test_what_an_operator_before_stored_and_did_not_send_is_sent() -> None:
    video = a_video().rendering()
    async with a_desk() as desk:
        desk.find(video.job)
        await desk.acknowledged(video, video.status.report.sequence)

    assert [event["phase"] for event in desk.convex.events] == ["Rendering"]


@pytest.mark.parametrize(("status", "words"), [(400, "wrong"), (404, UNKNOWN)])
async def test_a_refused_report_is_recorded_and_not_hammered_and_the_next_one_is_tried_at_once(
    status: int, words: str
) -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers, desk.convex.words = [status], words
        desk.offer(video)
        await until(lambda: bool(desk.reporter.delivery(video.job.uid).error))

        assert desk.reporter.delivery(video.job.uid).error.startswith(f"Convex answered {status}: {words}")
        assert len(desk.convex.tries) == 1

        desk.offer(video.succeed("plan").settle())
        await desk.acknowledged(video, video.status.report.sequence)

    assert desk.convex.events[-1]["phase"] == "Rendering"
    assert desk.reporter.delivery(video.job.uid).error == ""


async def test_an_unknown_session_is_asked_for_until_it_is_known(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(reporter, "backoff", lambda _failures, **_: 0.01)
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.usual, desk.convex.words = 404, UNKNOWN
        desk.offer(video)
        await desk.convex.got(20, tries=True)
        assert desk.reporter.delivery(video.job.uid).reason == "UnknownSession"

        desk.convex.usual = 200
        await desk.acknowledged(video, 1)


def test_a_refused_report_is_tried_at_least_every_ten_minutes() -> None:
    waits = [backoff(n, first=reporter.REFUSED_FIRST, longest=reporter.REFUSED_LONGEST) for n in range(1, 99)]

    assert waits[0] <= 1.5 * reporter.REFUSED_FIRST
    assert max(waits) <= 600


async def test_of_a_refused_videojob_only_the_newest_state_is_tried() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        desk.convex.answers = [400]
        for number, phase in enumerate([Phase.PLANNING, Phase.RENDERING, Phase.STITCHING], start=1):
            desk.store(video.job, at(video, number, phase))
        await desk.acknowledged(video, 3)

    assert [event["sequence"] for event in desk.convex.tries] == [1, 3]


async def test_a_refused_videojob_does_not_hold_up_others() -> None:
    async with a_desk() as desk:
        desk.convex.answers = [400] * 20
        for number in range(20):
            desk.offer(a_named_video(f"refused-{number}").planning())
        await desk.convex.got(20, tries=True)
        video = a_video().planning()
        desk.offer(video)
        await desk.acknowledged(video, 1)

    assert len(desk.convex.tries) == 21


async def test_the_end_of_a_videojob_that_was_deleted_is_told() -> None:
    video = a_video().rendering()
    async with a_desk() as desk:
        desk.find(video.job)
        await desk.acknowledged(video, video.status.report.sequence)
        desk.delete(video.job)
        _, last = await desk.convex.got(2)

    assert (last["phase"], last["message"]) == ("Cancelled", "The VideoJob was deleted.")
    assert last["sequence"] == video.status.report.sequence + 1
    assert last["eventId"] == event_id(video.job.uid, 1, last["sequence"])


async def test_a_finished_videojob_that_was_deleted_stays_finished() -> None:
    video = a_video(scenes=1).succeeded()
    async with a_desk() as desk:
        desk.convex.answers = [503]
        desk.find(video.job)
        desk.delete(video.job)
        await until(lambda: desk.reporter.count_held() == 0)

    assert [event["phase"] for event in desk.convex.events] == ["Succeeded"]


async def test_the_end_of_a_deleted_videojob_that_nobody_wants_is_given_up(quick: pytest.MonkeyPatch) -> None:
    quick.setattr(reporter, "backoff", lambda _failures, **_: 0.01)
    video = a_video().rendering()
    async with a_desk() as desk:
        desk.convex.usual, desk.convex.words = 404, UNKNOWN
        desk.delete(video.job)
        await desk.failed(video, "UnknownSession")

        quick.setattr(reporter, "FINAL_SECONDS", 0)
        await until(lambda: desk.reporter.count_held() == 0)


def test_a_videojob_made_again_in_the_same_moment_is_newer_than_the_end_of_the_one_before() -> None:
    old, new = a_video().rendering(), a_video().planning()

    final, first = final_report_of(old.job, START), report_of(new.job, new.status, START)

    assert moment(final.body) < moment(first.body) == START


def moment(body: bytes) -> datetime:
    return datetime.fromisoformat(body.decode().split('"at":"')[1].split('"')[0])


async def test_the_secret_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    video = a_video().planning()
    with caplog.at_level(logging.DEBUG):
        async with a_desk() as desk:
            desk.convex.answers = [401, 422]
            desk.offer(video)
            await until(lambda: "answered 422" in caplog.text)

    assert "answered 401" in caplog.text
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("status", "words", "reason", "scope"),
    [
        (400, "no", "Rejected", Scope.REPORT),
        (413, "no", "Rejected", Scope.REPORT),
        (422, "no", "Rejected", Scope.REPORT),
        (404, UNKNOWN, "UnknownSession", Scope.REPORT),
        (404, "No matching routes found", "NotFound", Scope.RECEIVER),
        (401, "no", "Rejected", Scope.RECEIVER),
        (403, "no", "Rejected", Scope.RECEIVER),
        (408, "no", "Retrying", Scope.RECEIVER),
        (429, "no", "Retrying", Scope.RECEIVER),
        (302, "no", "Retrying", Scope.RECEIVER),
        (500, "no", "Retrying", Scope.RECEIVER),
        (200, "<!doctype html><title>Sign in</title>", "Retrying", Scope.RECEIVER),
        (200, "", "Retrying", Scope.RECEIVER),
        (204, "", "Retrying", Scope.RECEIVER),
        (200, '{"ok": true}', "Retrying", Scope.RECEIVER),
        (200, '["outcome"]', "Retrying", Scope.RECEIVER),
        (200, '{"outcome": null}', "Retrying", Scope.RECEIVER),
        (200, '{"outcome": "appl (the answer broke off)', "Retrying", Scope.RECEIVER),
        (200, "[" * 4096, "Retrying", Scope.RECEIVER),
    ],
)
def test_what_an_answer_means(status: int, words: str, reason: str, scope: Scope) -> None:
    assert judge(status, words) == Failed(reason, f"Convex answered {status}: {words[:200]}", scope)


@pytest.mark.parametrize("outcome", ["applied", "duplicate", "stale", "of a later version"])
def test_a_confirmation_says_what_became_of_the_report(outcome: str) -> None:
    assert judge(200, json.dumps({"outcome": outcome})) == Accepted()


async def test_a_page_with_200_confirms_nothing() -> None:
    video = a_video().planning()
    async with a_desk() as desk:
        confirmation, desk.convex.confirmation = desk.convex.confirmation, "<!doctype html><title>Sign in</title>"
        desk.offer(video)
        await desk.failed(video, "Retrying")
        desk.convex.confirmation = confirmation
        await desk.acknowledged(video, 1)


def test_an_answer_is_quoted_in_one_short_line() -> None:
    outcome = judge(500, "no\n  good" + "!" * 1000)

    assert isinstance(outcome, Failed)
    assert outcome.error.startswith("Convex answered 500: no good!")
    assert len(outcome.error) < 250


POD, NODE = "calculus-scene-1-x7k2p", "worker-7.example.org"
EVICTED = Ending(pod_reason="Evicted", pod_message="disk", pod=POD, node=NODE)
FULL = f"the node does not start its pod: no room for {POD} on {NODE}"
FAILS = "It failed for a technical reason; try again later."
WAITS = "It waits for a free place or a repair, and then continues by itself."


@pytest.mark.parametrize(
    ("video", "message", "scenes"),
    [
        (a_video(scenes=1, retries=0).rendering().fail("scene-1", EVICTED), FAILS, [FAILS]),
        (a_video(scenes=1).rendering().fail("scene-1", EVICTED), f"Rendering: 0/1 scenes done. {WAITS}", [WAITS]),
        (
            a_video(scenes=1).rendering().waiting("scene-1", FULL, "NotStarted"),
            f"Rendering: 0/1 scenes done. {WAITS}",
            [None],
        ),
        (a_video(retries=0).planning().fail("plan", EVICTED), FAILS, []),
        (a_video().planning().fail("plan", EVICTED), f"Planning the scenes. {WAITS}", []),
        (a_video().planning().waiting("plan", FULL, "NotStarted"), f"Planning the scenes. {WAITS}", []),
    ],
    ids=["failed", "tried again", "waits", "plan failed", "plan tried again", "plan waits"],
)
def test_a_report_names_no_pod_and_no_node(video: World, message: str, scenes: list[str | None]) -> None:
    status = video.settle().status
    event = event_of(Source("calculus", "uid"), video.job.spec, status, "")

    assert POD in status.message
    assert NODE in status.message
    assert event.message == message
    assert [scene.message for scene in event.scenes] == scenes
