"""What a new status changes, and what of it is worth a write or a report."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.operator.world import START, a_video
from videojob.phases import Phase, ScenePhase
from videojob.status import Condition, Failure, FailureClass, ReportStatus, SceneStatus, VideoJobStatus
from videotutor_operator.core.changes import Change, classify, is_news
from videotutor_operator.reconciler.pace import Pace


def ready(reason: str, message: str = "m") -> tuple[Condition, ...]:
    return (
        Condition(
            type="Ready",
            status="False",
            reason=reason,
            message=message,
            last_transition_time="2026-01-01T00:00:00Z",
            observed_generation=1,
        ),
    )


def scene(**fields: object) -> SceneStatus:
    return SceneStatus.model_validate({"id": "a", "title": "A", "attempts": 1, **fields})


STATUS = VideoJobStatus(
    phase=Phase.RENDERING,
    scenes=(scene(),),
    scenes_ready="0/1",
    planner="outline",
    message="m",
    conditions=ready("Rendering"),
    report=ReportStatus(sequence=4),
)


@pytest.mark.parametrize(
    ("change", "news"),
    [
        ({"phase": Phase.STITCHING}, True),
        ({"progress": 50}, True),
        ({"planner": "template"}, True),
        ({"observed_generation": 2}, True),
        ({"scenes_ready": ""}, True),
        ({"scenes": (scene(phase=ScenePhase.RUNNING),)}, True),
        ({"scenes": (scene(reused=True),)}, True),
        ({"scenes": (scene(failure=Failure(class_=FailureClass.EVICTED, message="x")),)}, True),
        ({"message": "other words for the same reason"}, False),
        ({"conditions": ()}, False),
        ({"estimated_completion": "2026-01-01T00:00:30Z"}, False),
        ({"scenes": (scene(progress=30),)}, False),
        ({"scenes": (scene(estimated_completion="2026-01-01T00:00:20Z"),)}, False),
    ],
)
def test_a_report_is_sent_on_what_the_web_app_shows(change: dict[str, object], *, news: bool) -> None:
    assert is_news(STATUS, STATUS.model_copy(update=change), "Rendering") is news


def test_another_reason_is_news() -> None:
    assert is_news(STATUS, STATUS, "Unschedulable")


QUOTA = "it waits: exceeded quota: tight, requested: pods=1, used: pods={}, limited: pods=3"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, Change.NOTHING),
        ({"message": "m"}, Change.NOTHING),
        ({"message": "other words"}, Change.WORDS),
        ({"conditions": ready("Rendering", "other words")}, Change.WORDS),
        ({"message": "scene-1 is tried again after Infrastructure: its pod was deleted."}, Change.CAUSE),
        ({"conditions": ready("Quota")}, Change.NEWS),
        ({"report": ReportStatus(sequence=4, acknowledged=4)}, Change.CONFIRMATION),
        ({"report": ReportStatus(sequence=4, last_error="Convex answered 500")}, Change.WORDS),
        ({"scenes": (scene(phase=ScenePhase.SUCCEEDED),)}, Change.PROGRESS),
        ({"scenes": (scene(phase=ScenePhase.FAILED),)}, Change.NEWS),
        ({"phase": Phase.STITCHING}, Change.NEWS),
    ],
)
def test_how_much_a_status_changes(change: dict[str, object], expected: Change) -> None:
    assert classify(STATUS, STATUS.model_copy(update=change)) is expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (QUOTA.format(1), QUOTA.format(3)),
        ("pod lesson-scene-1-ab12-x7k2p is pending", "pod lesson-scene-1-ab12-99cqz1 is pending"),
        ("Convex answered 500: request 1f3a-99", "Convex answered 500: request 77ab-12"),
        ("read tcp 10.0.0.5:53412->10.96.0.1:443: timeout", "read tcp 10.0.0.5:41180->10.96.0.1:443: timeout"),
        ("Rendering: 1/3 scenes done; waited 10.5s", "Rendering: 1/3 scenes done; waited 31s"),
    ],
)
def test_numbers_and_ids_within_words_are_nothing(before: str, after: str) -> None:
    status = STATUS.model_copy(update={"message": before})

    assert classify(status, status.model_copy(update={"message": after})) is Change.NOTHING


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (QUOTA.format(1), QUOTA.format(1).replace("limited: pods=3", "limited: pods=5")),
        (QUOTA.format(1), QUOTA.format(1).replace("tight", "team-2")),
        (
            "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=0",
            "exceeded quota: q, requested: requests.cpu=250m, used: requests.cpu=100m, limited: requests.cpu=1m",
        ),
        ("no PriorityClass with name prio1 was found", "no PriorityClass with name prio2 was found"),
        ("maximum memory usage per Container is 1Gi", "maximum memory usage per Container is 1200Mi"),
        ("the image registry/renderer:1 cannot be pulled", "the image registry/renderer:2 cannot be pulled"),
    ],
)
def test_what_a_user_may_have_changed_is_new_words(before: str, after: str) -> None:
    status = STATUS.model_copy(update={"message": before})

    assert classify(status, status.model_copy(update={"message": after})) is Change.WORDS


def test_twenty_changes_of_the_schedulers_words_are_one_write_and_one_report() -> None:
    video = a_video(scenes=3).rendering()
    writes, sequence = len(video.history), video.status.report.sequence

    for nodes in range(5, 25):
        words = f"Unschedulable: 0/{nodes} nodes are available: {nodes} Insufficient cpu."
        video.waiting("scene-1", words, "Unschedulable").settle()

    assert (len(video.history) - writes, video.status.report.sequence - sequence) == (1, 1)


def test_another_cause_is_written_after_ten_seconds_and_other_words_after_a_minute() -> None:
    job, pace = a_video().job, Pace()
    waits = STATUS.model_copy(update={"conditions": ready("NoPod"), "message": "it waits: no PriorityClass a"})
    job = replace(job, status=waits)
    pace.record_stored(job, START)

    cause = waits.model_copy(update={"message": "it waits: no RuntimeClass b"})
    words = waits.model_copy(update={"message": "other words; it waits: no PriorityClass a"})

    later = START + timedelta(seconds=4)
    assert pace.wait(job, cause, later, busy=False) == pytest.approx(6)
    assert pace.wait(job, words, later, busy=False) == pytest.approx(56)
