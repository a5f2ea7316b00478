"""What failed, and whether it is tried again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, LOST, OUT_OF_MEMORY, a_video, reported
from videojob.base import canonical_json
from videojob.phases import Phase, ScenePhase
from videojob.status import FailureClass
from videotutor_operator.attempts import FREE_RETRIES
from videotutor_operator.failures import Retry, judge
from videotutor_operator.model import Ending, State


@pytest.mark.parametrize(
    ("ending", "class_", "retry"),
    [
        (Ending(refusal="quota"), FailureClass.INTERNAL, Retry.NEVER),
        (BAD_SCENE, FailureClass.BAD_SCENE, Retry.NEVER),
        (reported(FailureClass.PLANNER_REFUSAL), FailureClass.PLANNER_REFUSAL, Retry.NEVER),
        (reported(FailureClass.STORE), FailureClass.STORE, Retry.LIMITED),
        (OUT_OF_MEMORY, FailureClass.OUT_OF_MEMORY, Retry.ONCE),
        (LATE, FailureClass.TIMEOUT, Retry.LIMITED),
        (Ending(pod_deleted=True, exit_code=143), FailureClass.INFRASTRUCTURE, Retry.FREE),
        (Ending(pod_reason="Evicted", pod_message="disk"), FailureClass.INFRASTRUCTURE, Retry.LIMITED),
        (LOST, FailureClass.INFRASTRUCTURE, Retry.FREE),
        (BROKEN, FailureClass.INTERNAL, Retry.LIMITED),
        (Ending(), FailureClass.INTERNAL, Retry.LIMITED),
    ],
)
def test_every_ending_has_one_verdict(ending: Ending, class_: FailureClass, retry: Retry) -> None:
    verdict = judge(ending)

    assert (verdict.failure.class_, verdict.retry) == (class_, retry)
    assert verdict.failure.message


def test_a_long_message_is_cut_to_what_the_crd_allows() -> None:
    assert len(judge(reported(FailureClass.STORE, "x" * 1024)).failure.message) <= 1024


def test_a_timeout_says_what_the_pod_was_waiting_for() -> None:
    verdict = judge(Ending(job_reason="DeadlineExceeded", waiting="the image r:1 cannot be pulled"))

    assert "the image r:1 cannot be pulled" in verdict.failure.message


def test_a_bad_scene_fails_at_once_with_its_message() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)

    assert video.phase is Phase.FAILED
    assert video.status.message == "scene-1 failed: the formula \\frac{1} is not complete"
    assert [c.reason for c in video.status.conditions if c.type == "Ready"] == ["BadScene"]
    assert video.scene("scene-1").attempts == 1


def test_one_failing_scene_does_not_stop_the_others() -> None:
    video = a_video(scenes=3, parallelism=1).rendering().fail("scene-1", BAD_SCENE).settle()
    assert video.phase is Phase.RENDERING
    assert [child.scene for child in video.active()] == ["scene-2"]

    video.succeed("scene-2").settle().succeed("scene-3").settle()

    assert video.phase is Phase.FAILED
    assert video.status.scenes_ready == "2/3"


def test_two_failing_scenes_are_both_named() -> None:
    video = a_video(scenes=2).rendering().fail("scene-1", BAD_SCENE).fail("scene-2", BAD_SCENE).settle()

    assert video.status.message.endswith("Also failed: scene-2.")


def test_a_scene_that_failed_for_good_is_named_while_others_run() -> None:
    video = a_video(scenes=2).rendering().fail("scene-2", BAD_SCENE).settle()

    assert video.phase is Phase.RENDERING
    assert "0/2 scenes done; scene-2 failed: the formula" in video.status.message


def test_a_hundred_failures_fit_into_a_status() -> None:
    video = a_video(scenes=100, parallelism=100).rendering()
    for child in video.active():
        video.fail_child(child, reported(FailureClass.BAD_SCENE, "x" * 1000))
    video.settle()

    assert video.phase is Phase.FAILED
    assert len(canonical_json(video.status.to_json_object()).encode()) < 64 * 1024


def test_a_failure_stalls_the_video_and_mending_it_does_not() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=BAD_SCENE)
    stalled = next(c for c in video.status.conditions if c.type == "Stalled")
    assert (stalled.status, stalled.reason) == ("True", "BadScene")
    assert stalled.message == video.status.message

    video.with_edit_of("scene-1").settle()

    assert {c.type: c.status for c in video.status.conditions}["Stalled"] == "False"


def test_a_broken_attempt_is_tried_again_after_a_pause() -> None:
    video = a_video(scenes=1).rendering().fail("scene-1", BROKEN)

    decision = video.step()
    assert decision.actions == ()
    assert decision.recheck_after == 2
    assert video.scene("scene-1").phase is ScenePhase.PENDING
    assert "is tried again after Internal" in video.status.message

    video.later(2).settle()
    assert video.attempt("scene-1").attempt == 2
    assert video.scene("scene-1").attempts == 2


def test_the_pause_doubles() -> None:
    video = a_video(scenes=1, retries=5).rendering().with_failed("scene-1", attempt=3)

    assert video.look().recheck_after == 8


def test_two_failures_then_success() -> None:
    video = a_video(scenes=2).rendering().with_failed("scene-1", attempt=2).later(60).settle()

    video.succeed("scene-1", "scene-2").settle()

    assert video.phase is Phase.STITCHING
    assert video.scene("scene-1").attempts == 3
    assert video.scene("scene-1").failure is None


def test_retries_are_bounded() -> None:
    video = a_video(scenes=1, retries=2).rendering().with_failed("scene-1", attempt=3)

    assert video.phase is Phase.FAILED
    assert len([create for create in video.created if create.label == "scene-1"]) == 3


def test_no_retries_means_none() -> None:
    video = a_video(scenes=1, retries=0).rendering().with_failed("scene-1")

    assert video.phase is Phase.FAILED


def test_out_of_memory_is_tried_once_more_with_twice_the_memory() -> None:
    video = a_video(scenes=1).rendering().with_failed("scene-1", ending=OUT_OF_MEMORY)
    assert video.created[-1].attempt == 2
    assert video.created[-1].more_memory

    video.fail("scene-1", OUT_OF_MEMORY).settle()

    assert video.phase is Phase.FAILED
    assert "ran out of memory" in video.status.message


def test_a_lost_result_is_free_but_not_forever() -> None:
    video = a_video(scenes=1, retries=0).rendering()
    for _ in range(FREE_RETRIES):
        video.fail("scene-1", LOST).settle()
        assert video.phase is Phase.RENDERING

    video.fail("scene-1", LOST).settle()

    assert video.phase is Phase.FAILED


def test_a_plan_refused_by_the_planner_fails_with_its_words() -> None:
    video = a_video().planning().fail("plan", reported(FailureClass.PLANNER_REFUSAL, "not a lesson")).settle()

    assert video.phase is Phase.FAILED
    assert video.status.message == "The plan failed: not a lesson"
    assert [c.reason for c in video.status.conditions if c.type == "Planned"] == ["PlannerRefusal"]


def test_a_plan_is_tried_again_like_a_scene() -> None:
    video = a_video().planning().fail("plan").settle().later(2).settle()

    assert video.attempt("plan").attempt == 2
    assert video.phase is Phase.PLANNING


def test_a_failed_join_is_tried_again_and_then_fails() -> None:
    video = a_video(scenes=1, retries=1).stitching().fail("stitch").settle().later(2).settle()
    assert video.attempt("stitch").attempt == 2

    video.fail("stitch", LATE).settle()

    assert video.phase is Phase.FAILED
    assert video.status.message.startswith("Joining the scenes failed: Not done within")


def test_failed_stays_failed_within_its_generation() -> None:
    video = a_video(scenes=2).rendering().succeed("scene-1").with_failed("scene-2", ending=BAD_SCENE)
    status = video.status

    video.later(3600)
    video.finish(video.attempt("scene-2"))

    assert video.look().status == status


def test_a_plan_with_the_same_id_twice_is_refused() -> None:
    video = a_video().planning()
    child = video.attempt("plan")
    result = video.result_of(child)
    assert result.task == "plan"
    twice = result.model_copy(update={"scenes": result.scenes[:1] * 2})
    video.children[child.name] = replace(child, state=State.SUCCEEDED, result=twice)

    video.settle()

    assert video.phase is Phase.FAILED
    assert "two scenes with the same id" in video.status.message
