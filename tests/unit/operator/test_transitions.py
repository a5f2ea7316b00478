"""The way of a VideoJob without edits and without failures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.unit.operator.world import a_video
from videojob.phases import Phase, ScenePhase
from videotutor_operator.core.model import CreateJob, DeleteJob, DeleteVideoJob, Delivery
from videotutor_operator.core.step import template_of


def test_new_to_planning_makes_the_plan_job() -> None:
    video = a_video(scene_count=3).planning()

    assert video.phase is Phase.PLANNING
    assert [create.label for create in video.created] == ["plan"]
    assert video.status.message == "Planning the scenes."
    assert video.status.observed_generation == 1


def test_planning_to_rendering_makes_one_job_for_each_scene() -> None:
    video = a_video(scenes=3).rendering()

    assert video.phase is Phase.RENDERING
    assert [create.label for create in video.created] == ["plan", "scene-1", "scene-2", "scene-3"]
    assert video.status.planner == "template"
    assert video.status.scenes_ready == "0/3"
    assert "Rendering: 0/3 scenes done." in [status.message for status in video.history]
    assert all("  " not in status.message for status in video.history)
    assert {scene.phase for scene in video.status.scenes} == {ScenePhase.RUNNING}


def test_rendering_waits_for_the_last_scene() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-1", "scene-3").settle()

    assert video.phase is Phase.RENDERING
    assert video.status.scenes_ready == "2/3"
    assert video.status.message == "Rendering: 2/3 scenes done."


def test_rendering_to_stitching_makes_the_stitch_job_with_the_scenes_in_order() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-3", "scene-1", "scene-2").settle()

    assert video.phase is Phase.STITCHING
    task = video.task("stitch")
    assert task.task == "stitch"
    assert task.scenes == tuple(scene.digest for scene in video.status.scenes)


def test_stitching_to_succeeded_has_the_video_and_all_conditions() -> None:
    video = a_video(scenes=3).succeeded()

    assert video.phase is Phase.SUCCEEDED
    assert video.status.progress == 100
    assert video.status.message == "The video is ready: 3 scenes, 38 s."
    assert video.status.video is not None
    assert video.status.video.url == "http://videos.test/videos/calculus/video"
    states = {condition.type: condition.status for condition in video.status.conditions}
    assert states == {
        "Planned": "True",
        "ScenesRendered": "True",
        "Ready": "True",
        "Stalled": "False",
        "Reported": "False",
        "RendererPinned": "True",
    }
    assert {condition.observed_generation for condition in video.status.conditions} == {1}
    assert video.status.finished_at == "2026-03-01T12:00:15Z"


def test_a_storyboard_given_in_full_goes_through_the_plan_too() -> None:
    board = {"title": "T", "scenes": [{"id": "a", "title": "A", "beats": [{"say": "Hi."}]}]}

    video = a_video(scenes=1, prompt=None, storyboard=board).planning()

    task = video.task("plan")
    assert task.task == "plan"
    assert task.storyboard is not None


def test_equal_scenes_are_rendered_one_after_the_other() -> None:
    video = a_video(scenes=3)
    video.contents = {"scene-1": "the-same", "scene-2": "the-same"}
    video.rendering()

    assert [child.scene for child in video.active()] == ["scene-1", "scene-3"]
    video.succeed("scene-1").settle()
    assert [child.scene for child in video.active()] == ["scene-3", "scene-2"]


def test_a_scene_rendered_before_is_shown_as_reused() -> None:
    video = a_video(scenes=2).rendering().succeed("scene-1", reused=True).settle()

    assert video.scene("scene-1").reused
    assert not video.scene("scene-2").reused


def test_the_estimate_comes_from_measured_scenes_only() -> None:
    video = a_video(scenes=4, parallelism=1).rendering()
    assert video.status.estimated_completion is None

    video.later(20).succeed("scene-1").settle()

    assert video.status.estimated_completion == "2026-03-01T12:01:30Z"


def test_a_vanished_job_is_made_again_under_the_same_name() -> None:
    video = a_video(scenes=1).rendering()
    name = video.attempt("scene-1").name
    del video.children[name]

    video.settle()

    assert list(video.children)[-1] == name
    assert video.scene("scene-1").attempts == 1


def test_an_attempt_that_is_out_of_sight_is_not_overtaken_by_an_older_one() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1").later(10).settle()
    live = video.attempt("scene-1")
    assert live.attempt == 2
    del video.children[live.name.replace("-2", "-1")]

    decision = video.step(hidden=frozenset({live.name}))

    assert [action.attempt for action in decision.actions if isinstance(action, CreateJob)] == [2]


def test_a_job_already_being_deleted_is_not_deleted_twice() -> None:
    video = a_video(scenes=1).rendering()
    old = video.attempt("scene-1")
    video.children[old.name] = replace(old, deleting=True)

    decision = video.with_edit_of("scene-1").step()

    assert [action for action in decision.actions if isinstance(action, DeleteJob)] == []


def test_a_result_in_the_status_outlives_its_job() -> None:
    video = a_video(scenes=2).rendering().succeed("scene-1").settle()
    del video.children[video.attempt("scene-1").name]

    video.settle().succeed("scene-2").settle()

    assert video.phase is Phase.STITCHING


def test_finished_with_a_time_to_live_deletes_itself_after_the_last_report() -> None:
    video = a_video(ttl_seconds_after_finished=60).succeeded()
    waiting = video.look()
    assert waiting.actions == ()
    assert waiting.requeue_after == timedelta(days=7, seconds=60).total_seconds()

    video.delivery = Delivery(acknowledged=video.status.report.sequence)
    assert video.later(59).settle().look().requeue_after == 1

    assert video.later(1).look().actions == (DeleteVideoJob(),)


def test_an_outage_of_convex_delays_the_deletion_for_a_week_only() -> None:
    video = a_video(ttl_seconds_after_finished=0).succeeded()
    video.delivery = Delivery(reason="Unreachable", error="Convex cannot be reached: ConnectError")

    week = timedelta(days=7).total_seconds()
    assert video.settle().later(week - 1).look().actions == ()
    assert video.later(1).look().actions == (DeleteVideoJob(),)


def test_a_session_that_convex_does_not_know_delays_the_deletion_for_an_hour_only() -> None:
    video = a_video(ttl_seconds_after_finished=0).succeeded()
    video.delivery = Delivery(reason="UnknownSession", error="Convex answered 404")

    assert video.settle().later(3600).look().actions == (DeleteVideoJob(),)


def test_sequence_rises_with_every_visible_change_and_not_with_a_confirmation() -> None:
    video = a_video(scenes=2).succeeded()
    numbers = [status.report.sequence for status in video.history]
    assert numbers == sorted(set(numbers))

    video.delivery = Delivery(acknowledged=numbers[-1])
    video.settle()

    assert video.status.report.sequence == numbers[-1]
    assert video.status.report.acknowledged == numbers[-1]
    assert {c.type: c.status for c in video.status.conditions}["Reported"] == "True"


def test_nobody_to_tell_means_no_reported_condition() -> None:
    video = a_video(session_id=None).succeeded()

    assert "Reported" not in {condition.type for condition in video.status.conditions}


def test_an_error_of_the_report_is_in_the_condition() -> None:
    video = a_video().rendering()
    video.delivery = Delivery(reason="Rejected", error="Convex answered 400: bad body")

    video.settle()

    reported = next(c for c in video.status.conditions if c.type == "Reported")
    assert (reported.status, reported.reason) == ("False", "Rejected")
    assert video.status.report.last_error == "Convex answered 400: bad body"


def test_cancel_ends_everything_for_good() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-1").edited(cancel=True).settle()

    assert video.phase is Phase.CANCELLED
    assert video.active() == []
    assert video.scene("scene-1").phase is ScenePhase.SUCCEEDED
    assert video.status.finished_at is not None


def test_suspend_ends_running_pods_and_resume_goes_on_where_it_was() -> None:
    video = a_video(scenes=3).rendering().succeed("scene-1").edited(suspend=True).settle()
    assert video.phase is Phase.SUSPENDED
    assert video.active() == []
    assert video.status.scenes_ready == "1/3"

    assert video.edited(suspend=False).settle().phase is Phase.RENDERING

    assert [child.scene for child in video.active()] == ["scene-2", "scene-3"]
    assert video.scene("scene-2").attempts == 1


def test_suspended_before_it_began_makes_no_job() -> None:
    video = a_video(suspend=True).settle()

    assert video.phase is Phase.SUSPENDED
    assert video.created == []


def test_suspending_a_finished_video_changes_nothing_but_the_generation() -> None:
    video = a_video().succeeded()
    finished_at = video.status.finished_at

    video.later(60).edited(suspend=True).settle()

    assert video.phase is Phase.SUCCEEDED
    assert video.status.observed_generation == 2
    assert video.status.finished_at == finished_at


def test_cancelling_a_finished_video_leaves_it_finished() -> None:
    video = a_video().succeeded().edited(cancel=True).settle()

    assert video.phase is Phase.SUCCEEDED
    assert video.status.video is not None


def test_a_cancelled_video_goes_on_when_it_is_not_cancelled_any_more() -> None:
    video = a_video(scenes=1).rendering().edited(cancel=True).settle().edited(cancel=False).settle()

    assert video.phase is Phase.RENDERING
    assert [child.scene for child in video.active()] == ["scene-1"]


def test_one_scene_is_said_to_be_one() -> None:
    video = a_video(scenes=1).stitching()

    assert video.status.message == "Stitching 1 scene."


def test_a_waiting_pod_says_why_in_the_message() -> None:
    video = a_video(scenes=1).rendering().waiting("scene-1", "the image r:1 cannot be pulled").settle()

    assert video.status.message == "Rendering: 0/1 scenes done; scene-1 waits: the image r:1 cannot be pulled"


def test_a_new_pod_template_replaces_what_waits_and_leaves_what_runs() -> None:
    video = a_video(scenes=2).rendering().running("scene-1")
    waiting = video.attempt("scene-2")

    decision = video.edited(pod_template={"node_selector": {"disk": "fast"}}).step()
    assert decision.actions == (DeleteJob(waiting.name, waiting.uid),)
    video.settle()

    assert [create.label for create in video.created] == ["plan", "scene-1", "scene-2", "scene-2"]
    assert video.attempt("scene-1").template == waiting.template
    assert video.attempt("scene-2").template == template_of(video.job.spec) != waiting.template
