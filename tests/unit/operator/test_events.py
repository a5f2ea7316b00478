"""Which Kubernetes events follow from two statuses."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from tests.unit.operator.world import BAD_SCENE, BROKEN, START, World, a_video
from videojob.phases import Phase, ScenePhase
from videojob.status import Failure, FailureClass, SceneStatus, VideoJobStatus
from videotutor_operator.core.model import DENIED, QUOTA
from videotutor_operator.observed.jobs import PODLESS
from videotutor_operator.reconciler.events import KubernetesEvent, event_manifest, events_between


def told(video: World) -> list[KubernetesEvent]:
    """Every event of a video so far."""
    return [
        item for before, after in pairwise((World().status, *video.history)) for item in events_between(before, after)
    ]


def warnings(video: World) -> list[str]:
    return [item.reason for item in told(video) if item.warning]


def test_an_undisturbed_video_has_two_events() -> None:
    video = a_video(scenes=3).succeeded()

    assert [(item.reason, item.warning) for item in told(video)] == [("Rendering", False), ("Succeeded", False)]


def test_a_failed_attempt_is_a_warning_with_its_class_that_names_the_scene() -> None:
    video = a_video(scenes=2).rendering().fail("scene-2", BROKEN).settle()

    (warning,) = [item for item in told(video) if item.warning]

    assert warning.reason == "Internal"
    assert warning.note.startswith("scene-2, attempt 1: The renderer ended without an answer")


def test_failing_again_in_the_same_words_is_another_event() -> None:
    video = a_video(scenes=1, retries=2).rendering().with_failed("scene-1", attempt=2)

    assert warnings(video) == ["Internal", "Internal"]


def test_a_retry_that_goes_on_is_not_told_twice() -> None:
    video = a_video(scenes=1).rendering().fail("scene-1").settle().later(2).settle().running("scene-1").settle()

    assert warnings(video) == ["Internal"]


def test_scenes_that_fail_at_once_share_an_event() -> None:
    video = a_video(scenes=3, parallelism=3).rendering().fail("scene-1").fail("scene-2").settle()

    (warning,) = [item for item in told(video) if item.warning]

    assert warning.note.endswith(" Also scene-2.")


def test_the_failure_that_ends_the_video_is_told_once() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)

    assert video.phase is Phase.FAILED
    assert warnings(video) == ["BadScene"]


def test_a_failed_plan_that_is_tried_again_is_told_each_time() -> None:
    video = a_video(retries=2).planning()
    for _ in range(3):
        video.fail("plan").settle().later(60).settle()

    assert video.phase is Phase.FAILED
    assert warnings(video) == ["Internal", "Internal", "Internal"]


@pytest.mark.parametrize("stage", ["plan", "scene-1", "stitch"])
def test_every_disruption_is_told_once(stage: str) -> None:
    video = a_video(scenes=1)
    {"plan": video.planning, "scene-1": video.rendering, "stitch": video.stitching}[stage]()
    for pod in ("pod-1", "pod-2"):
        video.running(stage).settle().disrupted(stage, "PreemptionByScheduler", pod).settle()
        video.running(stage).settle()

    assert warnings(video) == ["Preempted", "Preempted"]


@pytest.mark.parametrize(("reason", "warning"), [("Unschedulable", True), ("ImagePull", True), ("Queued", False)])
def test_an_unusual_wait_is_told_when_it_begins(reason: str, warning: bool) -> None:  # noqa: FBT001 -- a table
    video = a_video(scenes=1).planning().waiting("plan", "why", reason).settle()
    video.waiting("plan", "why, in other words", reason).settle()

    assert [(item.reason, item.warning) for item in told(video)] == [(reason, warning)]


@pytest.mark.parametrize("reason", [QUOTA, DENIED, "NoPod", "NotStarted"])
def test_another_cause_of_the_same_wait_is_told_and_the_same_one_is_not(reason: str) -> None:
    video = a_video(scenes=1).planning().waiting("plan", "no PriorityClass with name prio1 was found", reason).settle()
    video.waiting("plan", "no RuntimeClass with name kata was found, try 1 of 5", reason).settle()
    video.waiting("plan", "no RuntimeClass with name kata was found, try 2 of 5", reason).settle()

    assert [item.note.partition(" waits: ")[2] for item in told(video) if item.warning] == [
        "no PriorityClass with name prio1 was found",
        "no RuntimeClass with name kata was found, try 1 of 5",
    ]


def test_a_wait_that_comes_back_is_told_again() -> None:
    video = a_video(scenes=1).planning().waiting("plan", "why", "Unschedulable").settle()
    video.waiting("plan", "").settle().waiting("plan", "why", "Unschedulable").settle()

    assert warnings(video) == ["Unschedulable", "Unschedulable"]


def test_what_a_user_asked_for_is_no_failure() -> None:
    video = a_video(scenes=1).rendering().fail("scene-1").settle().later(2).settle()
    video.edited(suspend=True).settle().edited(suspend=False).settle()

    assert warnings(video) == ["Internal"]


def test_the_same_status_again_is_no_news() -> None:
    video = a_video(scenes=1).rendering().fail("scene-1").settle()

    assert events_between(video.status, video.status) == ()


def test_the_note_is_short_enough_in_bytes() -> None:
    note = event_manifest(a_video().job, KubernetesEvent("Planning", "é" * 1000), "test", START)["note"]

    assert len(note.encode()) <= 1024
    assert note.startswith("é" * 500)


def test_the_names_of_events_are_in_the_order_of_their_times() -> None:
    """`kubectl describe` shows them so."""

    def name(seconds: float) -> str:
        made = event_manifest(job, KubernetesEvent("Rendering", ""), "test", START + timedelta(seconds=seconds))
        return str(made["metadata"]["name"])

    job = a_video().job
    names = [name(seconds) for seconds in (0, 0.001, 1, 100_000)]

    assert names == sorted(names)
    assert name(0) != name(0), "two of one moment"


@pytest.mark.parametrize(("warning", "kind"), [(True, "Warning"), (False, "Normal")])
def test_an_event_is_about_the_videojob_and_has_one_of_the_two_types(warning: bool, kind: str) -> None:  # noqa: FBT001 -- a table
    event = event_manifest(a_video().job, KubernetesEvent("Queued", "why", warning), "test", START)

    assert (event["type"], event["reason"], event["regarding"]["name"]) == (kind, "Queued", "calculus")


def test_words_that_come_after_a_wait_is_announced_are_an_event_of_their_own() -> None:
    video = a_video(scenes=1).planning()
    video.waiting("plan", PODLESS.message, PODLESS.reason).settle()
    video.waiting("plan", "Kubernetes makes no pod: exceeded quota", QUOTA).settle()

    assert [(item.reason, "exceeded quota" in item.note) for item in told(video) if item.warning] == [
        ("AwaitingPod", False),
        ("Quota", True),
    ]


def test_a_refusal_shows_beside_a_scene_that_waits_for_another_reason() -> None:
    video = a_video(scenes=3, parallelism=3).rendering()
    video.waiting("scene-1", "Unschedulable: no node is available", "Unschedulable")
    video.waiting("scene-2", "Kubernetes forbids the Job: policy", DENIED)
    video.waiting("scene-3", "Kubernetes forbids the Job: policy", DENIED).settle()

    assert "scene-1 waits: Unschedulable" in video.status.message
    assert "scene-2 waits: Kubernetes forbids the Job: policy" in video.status.message
    assert "scene-3" not in video.status.message


@pytest.mark.parametrize(
    ("after", "attempt"),
    [({"attempts": 3, "failed": 2}, 2), ({"attempts": 2, "failed": 2}, 2), ({"attempts": 2, "failed": 1}, 2)],
    ids=["the next one has begun", "the next one waits", "its Job makes another pod"],
)
def test_the_attempt_that_failed_is_named(after: dict[str, int], attempt: int) -> None:
    failure = Failure(class_=FailureClass.INFRASTRUCTURE, message="The pod was deleted.")
    statuses = [
        VideoJobStatus(phase=Phase.RENDERING, scenes=(SceneStatus(id="scene-1", phase=ScenePhase.RUNNING, **values),))
        for values in ({"attempts": 2, "failed": 1}, {**after, "failure": failure})
    ]
    (event,) = events_between(*statuses)
    assert event.note == f"scene-1, attempt {attempt}: The pod was deleted."
