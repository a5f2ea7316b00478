"""Every control of the spec, at any moment: what an edit of it starts, ends, and leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, World, a_video, reported
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import FailureClass
from videojob.tasks import SceneTask
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import DeleteJob, DeleteVideoJob, Delivery, EndJob, State

REFUSED = reported(FailureClass.PLANNER_REFUSAL)


def made_since(video: World) -> list[str]:
    """What Jobs were made since this was asked last."""
    labels = [create.label for create in video.created]
    video.created.clear()
    return labels


# retry


def test_failed_to_rendering_retry_tries_the_failed_scene_again_and_keeps_the_others() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-1", "scene-3").with_failed("scene-2", ending=BAD_SCENE)
    made_since(video)

    video.edited(retry=1).settle()

    assert video.phase is Phase.RENDERING
    assert made_since(video) == ["scene-2"]
    assert video.scene("scene-2").attempts == 2
    assert video.to_the_end().phase is Phase.SUCCEEDED


def test_failed_to_planning_retry_plans_again() -> None:
    video = a_video().planning().fail("plan", REFUSED).settle()
    assert video.phase is Phase.FAILED

    assert video.edited(retry=1).settle().phase is Phase.PLANNING

    assert video.attempt("plan").attempt == 2


def test_failed_to_stitching_retry_joins_again_and_renders_nothing() -> None:
    video = a_video(retries=0).stitching().fail("stitch", BROKEN).settle()
    assert video.phase is Phase.FAILED
    made_since(video)

    assert video.edited(retry=1).settle().phase is Phase.STITCHING

    assert made_since(video) == ["stitch"]


def test_rendering_to_rendering_retry_leaves_what_runs_alone() -> None:
    video = a_video(scenes=3).rendering()
    before = dict(video.children)
    made_since(video)

    video.edited(retry=1).settle()

    assert video.children == before
    assert made_since(video) == []


def test_retry_of_a_succeeded_video_makes_nothing() -> None:
    video = a_video().succeeded()
    made_since(video)

    video.edited(retry=1).settle()

    assert video.phase is Phase.SUCCEEDED
    assert made_since(video) == []


# rerun


def test_succeeded_to_planning_rerun_makes_everything_again_under_new_digests() -> None:
    video = a_video(scenes=2).succeeded()
    first = video.status
    made_since(video)

    video.edited(rerun=1).settle()
    assert video.phase is Phase.PLANNING
    assert video.status.video == first.video, "the finished video stays until there is another"
    assert video.to_the_end().phase is Phase.SUCCEEDED

    assert made_since(video) == ["plan", "scene-1", "scene-2", "stitch"]
    assert {scene.digest for scene in video.status.scenes}.isdisjoint({scene.digest for scene in first.scenes})
    assert video.status.video is not None
    assert first.video is not None
    assert video.status.video.key != first.video.key


def test_rerun_back_to_0_is_the_first_video() -> None:
    video = a_video(scenes=2).succeeded()
    first = video.status.video
    video.edited(rerun=1).to_the_end().edited(rerun=0).to_the_end()

    assert video.status.video == first


def test_rendering_to_planning_rerun_ends_what_runs() -> None:
    video = a_video(scenes=2).rendering()
    old = {child.name for child in video.active()}

    video.edited(rerun=1).settle()

    assert old.isdisjoint(video.children)
    assert [child.task for child in video.active()] == ["plan"]


def test_succeeded_to_rendering_rerun_of_a_scene_renders_that_scene_only() -> None:
    video = a_video(scenes=3).succeeded()
    before = {scene.id: scene.digest for scene in video.status.scenes}
    made_since(video)

    video.edited(scene_overrides=[{"scene": "scene-2", "rerun": 1}]).to_the_end()

    assert made_since(video) == ["scene-2", "stitch"]
    assert {scene.id for scene in video.status.scenes if scene.digest != before[scene.id]} == {"scene-2"}


def test_rerun_of_an_edited_scene_renders_the_edit_again() -> None:
    edit = {"scene": "scene-2", "instruction": "shorter"}
    video = a_video(scenes=2, scene_overrides=[edit]).succeeded()
    made_since(video)

    video.edited(scene_overrides=[{**edit, "rerun": 1}]).settle()

    assert made_since(video) == ["scene-2"]
    task = video.task_of(video.attempt("scene-2"))
    assert isinstance(task, SceneTask)
    assert task.override is not None
    assert task.override.instruction == "shorter"


def test_rerun_of_a_failed_scene_is_a_fresh_start() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)

    video.edited(scene_overrides=[{"scene": "scene-1", "rerun": 1}]).settle()

    assert video.phase is Phase.RENDERING
    assert (video.scene("scene-1").attempts, video.scene("scene-1").failure) == (1, None)


# ttlSecondsAfterFinished


def failed() -> World:
    return a_video(retries=0).rendering().fail("scene-1").to_the_end()


def cancelled() -> World:
    return a_video().rendering().edited(cancel=True).settle()


@pytest.mark.parametrize(
    "ended", [failed, cancelled, lambda: a_video().succeeded()], ids=["failed", "cancelled", "succeeded"]
)
def test_a_time_to_live_given_at_the_end_deletes_and_starts_nothing(ended: Callable[[], World]) -> None:
    video = ended()
    video.delivery = Delivery(acknowledged=1_000)
    phase, finished_at, message = video.phase, video.status.finished_at, video.status.message
    made_since(video)

    video.later(10).edited(ttl_seconds_after_finished=60).settle()

    assert (video.phase, video.status.finished_at, video.status.message) == (phase, finished_at, message)
    assert video.status.observed_generation == video.job.generation
    assert made_since(video) == []
    assert DeleteVideoJob() not in video.look().actions
    assert DeleteVideoJob() in video.later(60).look().actions


def test_a_time_to_live_taken_away_keeps_the_video() -> None:
    video = a_video(ttl_seconds_after_finished=60).succeeded()

    video.edited(ttl_seconds_after_finished=None).settle().later(1_000_000)

    assert video.look().actions == ()
    assert video.look().requeue_after is None


# parallelism and retries


def test_more_parallelism_starts_more_at_once() -> None:
    video = a_video(scenes=5, parallelism=1).rendering().edited(parallelism=3).settle()

    assert [child.scene for child in video.active()] == ["scene-1", "scene-2", "scene-3"]


def test_less_parallelism_ends_nothing_and_starts_nothing_before_there_is_a_place() -> None:
    video = a_video(scenes=5, parallelism=3).rendering().edited(parallelism=1).settle()
    assert [child.scene for child in video.active()] == ["scene-1", "scene-2", "scene-3"]

    video.succeed("scene-1", "scene-2").settle()
    assert [child.scene for child in video.active()] == ["scene-3"]

    video.succeed("scene-3").settle()
    assert [child.scene for child in video.active()] == ["scene-4"]


def test_fewer_retries_count_from_the_edit_on() -> None:
    video = a_video(scenes=1, retries=5).rendering().with_failed("scene-1", attempt=2)

    video.edited(retries=0).settle().later(120).settle()
    assert video.attempt("scene-1").attempt == 3
    video.fail("scene-1").settle()

    assert video.phase is Phase.FAILED


# output, sceneCount, suspend and cancel


def test_another_scene_count_plans_again_and_renders_what_is_new() -> None:
    video = a_video(scene_count=2).succeeded()
    made_since(video)

    video.edited(scene_count=3).to_the_end()

    assert made_since(video) == ["plan", "scene-3", "stitch"]
    assert video.status.scenes_ready == "3/3"


def test_another_theme_while_rendering_starts_every_scene_anew() -> None:
    video = a_video(scenes=3, parallelism=2).rendering().succeed("scene-1").settle()
    made_since(video)

    video.edited(output={"theme": "paper"}).settle()

    assert made_since(video) == ["scene-1", "scene-2"]
    assert {task.output.theme for child in video.active() if isinstance(task := video.task_of(child), SceneTask)} == {
        "paper"
    }


def test_several_edits_before_the_operator_looks_are_one() -> None:
    video = a_video(scenes=3).rendering().with_edit_of("scene-1").edited(suspend=True)
    video.edited(suspend=False, parallelism=2).with_edit_of("scene-2", "longer").to_the_end()

    assert video.phase is Phase.SUCCEEDED
    assert made_since(video) == ["plan", "scene-1", "scene-2", "scene-3", "scene-2", "stitch"]


def test_a_spec_that_was_wrong_for_a_while_costs_no_work() -> None:
    video = a_video(scenes=2).succeeded()
    ready = video.status.video
    made_since(video)

    video.with_problem("spec.output.language: too long").settle()
    assert video.phase is Phase.FAILED
    assert video.edited().settle().phase is Phase.SUCCEEDED

    assert video.status.video == ready
    assert made_since(video) == []


# any control, at any phase


PHASES: dict[str, tuple[Phase, Callable[[World], World]]] = {
    "new": (Phase.PENDING, lambda video: video),
    "planning": (Phase.PLANNING, World.planning),
    "planning again": (Phase.PLANNING, lambda video: video.succeeded().edited(prompt="Explain limits").settle()),
    "rendering": (Phase.RENDERING, lambda video: video.rendering().succeed("scene-1").settle()),
    "backing off": (Phase.RENDERING, lambda video: video.rendering().with_failed("scene-1")),
    "stitching": (Phase.STITCHING, World.stitching),
    "succeeded": (Phase.SUCCEEDED, World.succeeded),
    "plan refused": (Phase.FAILED, lambda video: video.planning().fail("plan", REFUSED).settle()),
    "scene failed": (Phase.FAILED, lambda video: video.rendering().fail("scene-1", BAD_SCENE).to_the_end()),
    "join failed": (Phase.FAILED, lambda video: video.stitching().fail("stitch", BAD_SCENE).settle()),
    "suspended": (Phase.SUSPENDED, lambda video: video.rendering().edited(suspend=True).settle()),
    "cancelled": (Phase.CANCELLED, lambda video: video.rendering().edited(cancel=True).settle()),
    "wrong override": (Phase.RENDERING, lambda video: video.rendering().with_edit_of("scene-9").settle()),
    "wrong override at the end": (Phase.FAILED, lambda video: video.rendering().with_edit_of("scene-9").to_the_end()),
}
CONTROLS: dict[str, dict[str, Any]] = {
    "retry": {"retry": 1},
    "rerun": {"rerun": 1},
    "override added": {"scene_overrides": [{"scene": "scene-1", "instruction": "shorter"}]},
    "override rerun": {"scene_overrides": [{"scene": "scene-2", "rerun": 1}]},
    "output": {"output": {"resolution": "480p"}},
    "narration": {"narration": {"enabled": False}},
    "parallelism": {"parallelism": 1},
    "retries": {"retries": 0},
    "sceneCount": {"scene_count": 7},
    "podTemplate": {"pod_template": {"node_selector": {"disk": "fast"}}},
    "activeDeadlineSeconds": {"active_deadline_seconds": 60},
    "prompt": {"prompt": "Explain integrals"},
}


def at(name: str) -> World:
    """A video of three scenes, two of them at once, at that moment of its life."""
    phase, bring = PHASES[name]
    video = bring(a_video(scenes=3, parallelism=2))
    assert video.phase is phase
    return video


def test_an_edited_deadline_counts_for_the_containers_that_run() -> None:
    video = a_video(scenes=2).rendering().running("scene-1").running("scene-2").later(61)

    video.edited(active_deadline_seconds=60).settle()
    assert [a.failure.class_ for a in video.actions if isinstance(a, EndJob)] == [FailureClass.TIMEOUT] * 2
    video.edited(active_deadline_seconds=600).settle()

    assert [video.attempt(scene).attempt for scene in ("scene-1", "scene-2")] == [2, 2], "an edit grants a fresh start"


def test_a_raised_deadline_spares_a_container_that_runs() -> None:
    video = a_video(scenes=1, active_deadline_seconds=60).rendering().running("scene-1").later(59)

    video.edited(active_deadline_seconds=600).settle().later(500).settle()
    assert [video.attempt("scene-1").attempt, video.phase] == [1, Phase.RENDERING]

    (action,) = video.later(41).look().actions
    assert isinstance(action, EndJob)
    assert (action.name, action.uid) == (video.attempt("scene-1").name, video.attempt("scene-1").uid)
    assert action.failure == judge(LATE).failure


def test_the_time_in_a_queue_is_no_time_of_work() -> None:
    video = a_video(scenes=1, active_deadline_seconds=60).rendering()

    video.waiting("scene-1", "no node is available", "Unschedulable").later(100_000).settle()
    assert (video.phase, video.attempt("scene-1").attempt) == (Phase.RENDERING, 1)
    video.running("scene-1").later(59).settle()
    assert video.attempt("scene-1").state is State.ACTIVE

    video.later(1).settle()
    failure = video.scene("scene-1").failure
    assert failure is not None
    assert failure.class_ is FailureClass.TIMEOUT


GOES_ON = {"suspend": False, "cancel": False, "scene_overrides": []}


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("phase", PHASES)
def test_after_any_edit_at_any_phase_the_video_is_that_of_the_new_spec(phase: str, control: str) -> None:
    edited = at(phase).edited(**{**GOES_ON, **CONTROLS[control]}).to_the_end()
    fresh = World(3, given=edited.job.spec).succeeded()

    assert edited.phase is Phase.SUCCEEDED
    assert edited.status.video == fresh.status.video
    assert [scene.digest for scene in edited.status.scenes] == [scene.digest for scene in fresh.status.scenes]


@pytest.mark.parametrize("held", [{"suspend": True}, {"cancel": True}], ids=["suspend", "cancel"])
@pytest.mark.parametrize("phase", PHASES)
def test_held_at_any_phase_nothing_runs_and_let_go_it_reaches_its_end(phase: str, held: dict[str, bool]) -> None:
    video = at(phase).edited(**held).settle()
    assert video.active() == []
    assert video.phase in TERMINAL | {Phase.SUSPENDED}
    assert all(scene.phase is not ScenePhase.RUNNING for scene in video.status.scenes)

    assert video.edited(**GOES_ON).to_the_end().phase is Phase.SUCCEEDED


@pytest.mark.parametrize("phase", PHASES)
def test_deleted_at_any_phase_what_runs_ends_and_nothing_else_is_done(phase: str) -> None:
    video = at(phase).being_deleted()

    assert video.look().actions == tuple(DeleteJob(child.name, child.uid) for child in video.active())
    assert video.look().status == video.status
