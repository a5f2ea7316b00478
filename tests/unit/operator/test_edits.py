"""What an edit of the spec runs again, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.unit.operator.world import BAD_SCENE, World, a_video, reported, some_content
from videojob import digest
from videojob.events import Source, event_of
from videojob.phases import Phase, ScenePhase
from videojob.status import FailureClass
from videojob.tasks import SceneTask


def test_editing_one_scene_runs_that_scene_and_the_join_only() -> None:
    video = a_video(scenes=3).succeeded()
    before = {scene.id: scene.digest for scene in video.status.scenes}
    key = video.status.video.key if video.status.video else ""
    video.created.clear()

    video.with_edit_of("scene-2").settle().succeed("scene-2").settle().succeed("stitch").settle()

    assert video.phase is Phase.SUCCEEDED
    assert [create.label for create in video.created] == ["scene-2", "stitch"]
    after = {scene.id: scene.digest for scene in video.status.scenes}
    assert {name for name in after if after[name] != before[name]} == {"scene-2"}
    assert video.status.video is not None
    assert video.status.video.key != key


def test_the_edit_travels_in_the_scene_task() -> None:
    video = a_video().succeeded().with_edit_of("scene-1", "use $x^2$").settle()

    task = video.task("scene-1")
    assert isinstance(task, SceneTask)
    assert task.override is not None
    assert task.override.instruction == "use $x^2$"


def test_an_edit_during_rendering_replaces_only_the_job_of_that_scene() -> None:
    video = a_video(scenes=3).rendering()
    others = {video.attempt("scene-1").name, video.attempt("scene-3").name}
    old = video.attempt("scene-2").name

    video.with_edit_of("scene-2").settle()

    assert old not in video.children
    assert others <= set(video.children)
    assert [child.scene for child in video.active()] == ["scene-1", "scene-3", "scene-2"]


def test_a_removed_edit_goes_back_to_the_planned_scene() -> None:
    video = a_video(scenes=2).succeeded()
    planned = video.scene("scene-1").digest
    video.with_edit_of("scene-1").settle().edited(scene_overrides=[]).settle()

    assert video.scene("scene-1").digest == planned
    assert video.scene("scene-1").phase is ScenePhase.RUNNING


def test_an_edit_with_full_content_needs_no_plan() -> None:
    video = a_video(scenes=2).succeeded()
    video.created.clear()

    video.edited(scene_overrides=[{"scene": "scene-1", "content": some_content()}]).settle()

    assert [create.label for create in video.created] == ["scene-1"]


def test_an_unknown_scene_fails_and_names_the_known_ones() -> None:
    video = a_video(scenes=2).succeeded().with_edit_of("scene-9").settle()

    assert video.phase is Phase.FAILED
    assert video.status.message == "spec.sceneOverrides names scene-9, but this video has: scene-1, scene-2"
    ready = next(c for c in video.status.conditions if c.type == "Ready")
    assert (ready.status, ready.reason) == ("False", "BadScene")


def test_an_unknown_scene_leaves_the_scenes_that_run_alone_and_is_named_at_once() -> None:
    video = a_video(scenes=3).rendering()
    running = video.active()

    video.with_edit_of("scene-9").settle()
    assert (video.phase, video.active()) == (Phase.RENDERING, running)
    assert "names scene-9, but this video has" in video.status.message
    video.to_the_end()

    assert (video.phase, video.status.scenes_ready) == (Phase.FAILED, "3/3")
    assert "stitch" not in [create.label for create in video.created]


def test_another_edit_heals_an_unknown_scene_without_rendering_again() -> None:
    video = a_video(scenes=2).succeeded().with_edit_of("scene-9").settle()
    video.created.clear()

    video.edited(scene_overrides=[]).settle()

    assert video.phase is Phase.SUCCEEDED
    assert video.created == []


def test_another_prompt_plans_again_and_keeps_scenes_that_stayed_the_same() -> None:
    video = a_video(scenes=2).succeeded()
    video.created.clear()
    video.planned_scenes = 3

    video.edited(prompt="Explain the chain rule, with one more example").settle()
    assert video.phase is Phase.PLANNING
    assert video.status.progress == 5
    video.succeed("plan").settle()

    assert [create.label for create in video.created] == ["plan", "scene-3"]
    assert video.status.scenes_ready == "2/3"


def test_another_picture_size_renders_every_scene_again_without_planning() -> None:
    video = a_video(scenes=2).succeeded()
    video.created.clear()

    video.edited(output={"resolution": "480p"}).settle()

    assert [create.label for create in video.created] == ["scene-1", "scene-2"]
    assert video.phase is Phase.RENDERING


def test_an_edit_that_concerns_no_picture_leaves_a_finished_video_finished() -> None:
    video = a_video().succeeded()
    finished_at = video.status.finished_at
    video.created.clear()

    video.later(100).edited(ttl_seconds_after_finished=900).settle()

    assert video.phase is Phase.SUCCEEDED
    assert video.created == []
    assert video.status.observed_generation == 2
    assert video.status.finished_at == finished_at


def test_jobs_of_old_digests_are_deleted() -> None:
    video = a_video(scenes=2).succeeded()
    old = video.attempt("scene-1").name
    old_stitch = video.attempt("stitch").name

    video.with_edit_of("scene-1").settle()

    assert old not in video.children
    assert old_stitch not in video.children


def test_mending_the_bad_scene_keeps_the_finished_ones() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-1", "scene-3").with_failed("scene-2", ending=BAD_SCENE)
    assert video.phase is Phase.FAILED
    video.created.clear()

    video.with_edit_of("scene-2").settle()

    assert [create.label for create in video.created] == ["scene-2"]
    assert video.scene("scene-2").failure is None
    assert video.status.scenes_ready == "2/3"


def test_any_edit_gives_a_failed_scene_a_fresh_start() -> None:
    video = a_video(scenes=1, retries=0).rendering().with_failed("scene-1")
    assert video.phase is Phase.FAILED

    assert video.edited(retries=1).settle().phase is Phase.RENDERING

    assert video.attempt("scene-1").attempt == 2


def after_a_refused_plan() -> World:
    refused = reported(FailureClass.PLANNER_REFUSAL)
    return a_video(scenes=3).succeeded().edited(prompt="Another").settle().fail("plan", refused).settle()


@pytest.mark.parametrize(
    "video",
    [
        after_a_refused_plan(),
        a_video(scenes=3).succeeded().edited(prompt="Another", suspend=True).settle(),
        a_video(scenes=3).succeeded().edited(prompt="Another", cancel=True).settle(),
    ],
    ids=["refused", "suspended", "cancelled"],
)
def test_the_scenes_of_an_older_plan_do_not_count(video: World) -> None:
    conditions = {condition.type: condition.status for condition in video.status.conditions}
    event = event_of(Source("calculus", "uid"), video.job.spec, video.status, "")

    assert (conditions["Planned"], conditions["ScenesRendered"]) == ("False", "False")
    assert (video.status.progress, video.status.scenes_ready) == (5, "")
    assert event.scenes == ()


def test_what_succeeded_stays_as_it_is_when_plans_get_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    video = a_video().succeeded()
    monkeypatch.setattr(digest, "RENDERER_VERSION", "of another release")

    assert video.look().status == video.status


def test_a_storyboard_in_the_spec_says_itself_which_scenes_there_are() -> None:
    board = {"title": "T", "scenes": [{"id": "a", "title": "A", "beats": [{"say": "Hi."}]}]}

    video = a_video(scenes=2, prompt=None, storyboard=board).rendering()

    assert [(scene.id, scene.title) for scene in video.status.scenes] == [("a", "A")]


def test_a_spec_that_breaks_a_rule_fails_names_the_field_and_ends_nothing() -> None:
    video = a_video().rendering()
    running = video.active()
    video.with_problem("spec.output.language: too long").settle()

    assert video.phase is Phase.FAILED
    assert video.status.message == "spec.output.language: too long"
    assert video.active() == running


def test_the_same_scenes_in_another_language_are_rendered_again() -> None:
    video = a_video(scenes=2).succeeded()
    video.created.clear()
    video.planned_language = "fr"

    video.edited(prompt="The same lesson in French").settle().succeed("plan").settle()

    assert [create.label for create in video.created] == ["plan", "scene-1", "scene-2"]
