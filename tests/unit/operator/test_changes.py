"""What a new status changes, and what of it is worth a write or a report."""

from __future__ import annotations

import pytest

from tests.unit.operator.world import a_video
from videojob.phases import Phase, ScenePhase
from videojob.status import Condition, Failure, FailureClass, ReportStatus, SceneStatus, VideoJobStatus
from videotutor_operator.core.changes import Change, classify, is_news


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
    ],
)
def test_numbers_and_ids_within_words_are_nothing(before: str, after: str) -> None:
    status = STATUS.model_copy(update={"message": before})

    assert classify(status, status.model_copy(update={"message": after})) is Change.NOTHING


def test_twenty_changes_of_the_schedulers_words_are_one_write_and_one_report() -> None:
    video = a_video(scenes=3).rendering()
    writes, sequence = len(video.history), video.status.report.sequence

    for nodes in range(5, 25):
        words = f"Unschedulable: 0/{nodes} nodes are available: {nodes} Insufficient cpu."
        video.waiting("scene-1", words, "Unschedulable").settle()

    assert (len(video.history) - writes, video.status.report.sequence - sequence) == (1, 1)
