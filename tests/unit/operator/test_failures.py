"""What failed, and whether it is tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.operator.world import BAD_SCENE, BROKEN, LATE, LOST, OUT_OF_MEMORY, World, a_video, reported
from videojob.base import canonical_json
from videojob.phases import Phase, ScenePhase
from videojob.status import LONGEST_MESSAGE, Failure, FailureClass
from videotutor_operator.core.failures import EXHAUSTED, FREE_OF_CHARGE, RETRY_OF, RULES, Retry, judge, without_attempts
from videotutor_operator.core.model import DeleteJob, Ending, State, Wait
from videotutor_operator.core.task import FREE_RETRIES


def ready_reason(video: World) -> str:
    return next(condition.reason for condition in video.status.conditions if condition.type == "Ready")


def noted(class_: FailureClass) -> Ending:
    """A Job that the operator ended, of whose pods nothing is left but their number."""
    return Ending(job_reason="DeadlineExceeded", ran=True, recorded=Failure(class_=class_, message="What happened."))


@pytest.mark.parametrize(
    ("ending", "class_", "retry"),
    [
        (Ending(refusal="quota"), FailureClass.INTERNAL, Retry.NEVER),
        (BAD_SCENE, FailureClass.BAD_SCENE, Retry.NEVER),
        (reported(FailureClass.PLANNER_REFUSAL), FailureClass.PLANNER_REFUSAL, Retry.NEVER),
        (reported(FailureClass.PLANNER_UNAVAILABLE), FailureClass.PLANNER_UNAVAILABLE, Retry.LIMITED),
        (reported(FailureClass.STORE), FailureClass.STORE, Retry.LIMITED),
        (OUT_OF_MEMORY, FailureClass.OUT_OF_MEMORY, Retry.ONCE),
        (LATE, FailureClass.TIMEOUT, Retry.LIMITED),
        (Ending(pod_deleted=True, exit_code=143), FailureClass.INFRASTRUCTURE, Retry.FREE),
        (
            Ending(job_reason="DeadlineExceeded", wait=Wait("ImagePull", "no such image")),
            FailureClass.IMAGE_PULL,
            Retry.NEVER,
        ),
        (
            Ending(job_reason="DeadlineExceeded", wait=Wait("Unschedulable", "no room")),
            FailureClass.UNSCHEDULABLE,
            Retry.NEVER,
        ),
        (Ending(job_reason="DeadlineExceeded", wait=Wait("Quota", "no room")), FailureClass.UNSCHEDULABLE, Retry.NEVER),
        (Ending(job_reason="DeadlineExceeded"), FailureClass.UNSCHEDULABLE, Retry.NEVER),
        (noted(FailureClass.TIMEOUT), FailureClass.TIMEOUT, Retry.LIMITED),
        (noted(FailureClass.IMAGE_PULL), FailureClass.IMAGE_PULL, Retry.NEVER),
        (noted(FailureClass.BAD_SCENE), FailureClass.BAD_SCENE, Retry.NEVER),
        (noted(FailureClass.OUT_OF_MEMORY), FailureClass.OUT_OF_MEMORY, Retry.ONCE),
        (Ending(exit_code=0, unreadable="frames: too large", completed=True), FailureClass.INTERNAL, Retry.LIMITED),
        (Ending(disruption="PreemptionByScheduler"), FailureClass.PREEMPTED, Retry.FREE),
        (Ending(disruption="EvictionByEvictionAPI"), FailureClass.EVICTED, Retry.FREE),
        (Ending(disruption="TerminationByKubelet", pod_reason="Evicted"), FailureClass.EVICTED, Retry.FREE),
        (Ending(disruption="DeletionByTaintManager"), FailureClass.NODE_LOST, Retry.FREE),
        (Ending(disruption="DeletionByPodGC"), FailureClass.NODE_LOST, Retry.FREE),
        (Ending(disruption="SomethingNew"), FailureClass.INFRASTRUCTURE, Retry.FREE),
        (Ending(pod_reason="Evicted", pod_message="disk"), FailureClass.EVICTED, Retry.LIMITED),
        (Ending(pod_reason="OutOfcpu", pod_message="no room"), FailureClass.INFRASTRUCTURE, Retry.FREE),
        (LOST, FailureClass.INFRASTRUCTURE, Retry.FREE),
        (BROKEN, FailureClass.INTERNAL, Retry.LIMITED),
        (Ending(), FailureClass.INTERNAL, Retry.LIMITED),
    ],
)
def test_every_ending_has_one_verdict(ending: Ending, class_: FailureClass, retry: Retry) -> None:
    verdict = judge(ending)

    assert (verdict.failure.class_, verdict.retry) == (class_, retry)
    assert verdict.failure.message


def test_what_the_operator_noted_on_a_job_is_said_when_its_pods_are_gone() -> None:
    ending = noted(FailureClass.IMAGE_PULL)
    assert judge(ending).failure is ending.recorded


def test_whoever_says_that_memory_ran_out_the_same_is_to_be_done() -> None:
    by_renderer = judge(reported(FailureClass.OUT_OF_MEMORY, "The renderer ran out of memory."))
    assert by_renderer == judge(OUT_OF_MEMORY)


def test_every_class_has_a_rule_and_every_rule_says_when_it_applies_and_what_to_do() -> None:
    assert {rule.class_ for rule in RULES} == set(FailureClass)
    assert [rule for rule in RULES if not (rule.when and rule.advice)] == []


@pytest.mark.parametrize("class_", FailureClass)
def test_whatever_the_renderer_reports_is_its_class_in_its_words(class_: FailureClass) -> None:
    verdict = judge(reported(class_, "in its own words"))

    assert verdict.failure.class_ is class_
    assert verdict.failure.message.startswith("in its own words")
    assert verdict.retry is RETRY_OF[class_]


def test_a_disruption_names_the_pod_and_the_node_in_the_words_of_kubernetes() -> None:
    ending = Ending(
        disruption="PreemptionByScheduler", pod="calculus-plan-1-x", node="node-a", pod_message="making room. "
    )

    assert judge(ending).failure.message == (
        "The pod calculus-plan-1-x on node node-a was preempted (making room). "
        "It costs no attempt; a higher spec.podTemplate.priorityClassName prevents it."
    )


def test_what_to_do_fits_behind_the_schedulers_longest_reason() -> None:
    ending = Ending(job_reason="DeadlineExceeded", wait=Wait("Unschedulable", "0/5000 nodes. " * 20))

    assert judge(ending).failure.message[:300].endswith("then raise spec.retry.")


def test_a_disrupted_scene_says_so_and_costs_no_attempt() -> None:
    video = a_video(scenes=1, retries=0).rendering().running("scene-1").disrupted("scene-1").settle()

    scene = video.scene("scene-1")
    assert (scene.phase, scene.attempts) == (ScenePhase.RUNNING, 1)
    assert scene.failure is not None
    assert scene.failure.class_ is FailureClass.PREEMPTED
    assert "scene-1 is tried again after Preempted" in video.status.message

    video.running("scene-1").settle()
    assert video.status.message == "Rendering: 0/1 scenes done."

    video.succeed("scene-1").settle()
    assert video.scene("scene-1").failure is None


def test_a_disrupted_plan_says_so_until_its_next_pod_runs() -> None:
    video = a_video().planning().disrupted("plan", "EvictionByEvictionAPI").settle()
    assert video.status.message.startswith("Planning the scenes; it is tried again after Evicted")
    assert ready_reason(video) == "Evicted"

    video.running("plan").settle()

    assert (ready_reason(video), video.status.message) == ("Planning", "Planning the scenes.")


def test_an_attempt_whose_pod_never_ends_is_given_up_and_made_again_under_its_number() -> None:
    video = a_video(scenes=1, retries=0).rendering().running("scene-1").disrupted("scene-1", "DeletionByTaintManager")
    child = video.attempt("scene-1")
    video.children[child.name] = replace(child, lost_at=video.now + timedelta(seconds=60))
    video.step()
    assert video.look().requeue_after == 60

    decision = video.later(60).step()

    assert decision.actions == (DeleteJob(child.name, child.uid),)
    assert ready_reason(video) == "NodeLost"
    video.settle()
    assert (video.attempt("scene-1").attempt, video.scene("scene-1").attempts) == (1, 1)


def test_a_pod_without_a_place_is_worth_telling_after_a_while_only() -> None:
    video = a_video().planning()
    video.waiting("plan", "0/1 nodes are available", "Unschedulable", since=video.now).settle()
    assert video.status.message == "Planning the scenes."
    assert video.look().requeue_after == 10

    video.later(10).settle()
    assert video.status.message == "Planning the scenes; it waits: 0/1 nodes are available"


@pytest.mark.parametrize("reason", ["Unschedulable", "ImagePull", "Queued", "Quota"])
@pytest.mark.parametrize("stage", ["plan", "scene-1", "stitch"])
def test_an_unusual_wait_is_the_reason_of_ready_while_it_lasts(stage: str, reason: str) -> None:
    video = a_video(scenes=1)
    {"plan": video.planning, "scene-1": video.rendering, "stitch": video.stitching}[stage]()

    video.waiting(stage, "the reason in words", reason).settle()
    assert ready_reason(video) == reason
    assert "the reason in words" in video.status.message

    video.waiting(stage, "").settle()
    assert ready_reason(video) == video.phase.value


def test_a_scene_in_a_queue_holds_up_no_other() -> None:
    video = a_video(scenes=3, parallelism=2).rendering().waiting("scene-1", "the queue is full", "Queued").settle()

    video.succeed("scene-2").settle()

    assert {child.scene for child in video.active()} == {"scene-1", "scene-3"}


def test_a_long_message_is_cut_to_what_the_crd_allows() -> None:
    assert len(judge(reported(FailureClass.STORE, "x" * 1024)).failure.message) <= 1024


def test_what_was_never_started_says_what_it_was_waiting_for_and_is_no_timeout() -> None:
    verdict = judge(Ending(job_reason="DeadlineExceeded", wait=Wait("Quota", "exceeded quota: tight")))

    assert verdict.failure.class_ is FailureClass.UNSCHEDULABLE
    assert "it was waiting: exceeded quota: tight." in verdict.failure.message


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

    assert video.succeed("scene-2").settle().succeed("scene-3").settle().phase is Phase.FAILED

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
    assert decision.requeue_after == 2
    assert video.scene("scene-1").phase is ScenePhase.PENDING
    assert "is tried again after Internal" in video.status.message

    video.later(2).settle()
    assert video.attempt("scene-1").attempt == 2
    assert video.scene("scene-1").attempts == 2


def test_the_pause_doubles() -> None:
    video = a_video(scenes=1, retries=5).rendering().with_failed("scene-1", attempt=3)

    assert video.look().requeue_after == 8


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
        video.fail("scene-1", LOST).settle().later(60).settle()
        assert video.phase is Phase.RENDERING

    video.fail("scene-1", LOST).settle()

    assert video.phase is Phase.FAILED
    message = video.scene("scene-1").failure.message  # type: ignore[union-attr]
    assert message.endswith(f". {EXHAUSTED}")
    assert FREE_OF_CHARGE not in message


def test_a_long_failure_keeps_what_to_do_about_it() -> None:
    failure = without_attempts(Failure(class_=FailureClass.NODE_LOST, message="x " * (LONGEST_MESSAGE // 2)))

    assert failure.message.endswith(f"x {EXHAUSTED}")
    assert len(failure.message) <= LONGEST_MESSAGE


def test_a_failed_scene_keeps_its_advice_whatever_its_pod_and_node_are_called() -> None:
    ending = Ending(pod_reason="Evicted", pod="p" * 63, node="n" * 63, pod_message="word " * 60)
    video = a_video(scenes=1, retries=0).rendering().fail("scene-1", ending).settle()

    advice = "Make the scene shorter, or its picture smaller."
    failure = video.scene("scene-1").failure
    assert failure is not None
    assert failure.message.endswith(advice)
    assert advice in video.status.message


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
    assert video.status.message.startswith("Stitching the scenes failed: Not done within")


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


def test_a_job_that_ended_is_tried_again_when_its_pod_has_said_nothing_for_the_time_it_settles() -> None:
    video = a_video(scenes=1).rendering()
    child = video.attempt("scene-1")
    ended = replace(child, state=State.FAILED, ending=LOST, ended_at=video.now)
    video.children[child.name] = replace(ended, settles_at=video.now + timedelta(seconds=5))

    assert video.settle().look().requeue_after == 5.0
    assert video.scene("scene-1").phase is ScenePhase.RUNNING
    video.later(5).settle()

    assert [create.attempt for create in video.created if create.scene] == [1, 2]
