"""From the API server's JSON to what `decide` takes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.operator.objects import (
    NOON,
    RESULT,
    a_job,
    a_pod,
    a_videojob,
    answered,
    child,
    disruption,
    ended,
    running_pod,
    suspended,
    told_to_end,
)
from videojob import names
from videojob.digest import LEGACY_VERSION
from videojob.results import FailureResult, encode_result
from videojob.status import Failure, FailureClass, Renderer
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import State
from videotutor_operator.observed.jobs import GIVEN_UP, PODLESS
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.observed.pods import read_pod
from videotutor_operator.times import stamp


@pytest.mark.parametrize(
    ("clock", "since"), [("2026-02-28T12:00:00Z", NOON), ("2026-03-01T12:00:07Z", "2026-03-01T12:00:07Z")]
)
def test_a_container_started_no_earlier_than_its_pod_was_made_whatever_its_nodes_clock_says(
    clock: str, since: str
) -> None:
    pod = running_pod(creationTimestamp=NOON)
    pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"] = clock

    assert read_pod(pod).started_at == datetime.fromisoformat(since)


def test_no_time_of_a_node_is_later_than_when_it_was_observed() -> None:
    pod = answered(encode_result(RESULT))
    pod["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"] = "2999-01-01T00:00:00Z"

    ended_at = read_pod(pod).ended_at

    assert ended_at is not None
    assert ended_at <= datetime.now(UTC)


def test_a_job_without_a_pod_is_active_and_knows_what_it_is_for() -> None:
    seen = child(a_job())

    assert (seen.state, seen.task, seen.scene, seen.digest) == (State.ACTIVE, "scene", "scene-1", "d" * 16)
    assert (seen.attempt, seen.generation, seen.template) == (2, 3, "t" * 16)


def test_a_succeeded_pod_counts_before_its_job_is_complete() -> None:
    seen = child(a_job(), a_pod("Succeeded", message=encode_result(RESULT)))

    assert seen.state is State.SUCCEEDED
    assert seen.result == RESULT


def test_a_container_that_ended_well_counts_before_its_pod_has_succeeded() -> None:
    seen = child(a_job(), answered(encode_result(RESULT)))

    assert (seen.state, seen.result, seen.running) == (State.SUCCEEDED, RESULT, False)
    assert seen == child(a_job(), a_pod("Succeeded", message=encode_result(RESULT)))


@pytest.mark.parametrize(
    ("message", "exit_code"),
    [
        ("", 0),
        ("Killed", 0),
        (encode_result(RESULT), 137),
        (encode_result(FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="no"))), 0),
        (encode_result(FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="no"))), 65),
    ],
    ids=["nothing-said", "nonsense", "killed", "failed-with-0", "failed"],
)
def test_a_container_that_ended_otherwise_waits_for_its_pod(message: str, exit_code: int) -> None:
    assert child(a_job(), answered(message, exit_code)).state is State.ACTIVE


def test_a_failed_pod_counts_with_what_it_reported() -> None:
    result = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="no"))

    seen = child(a_job(), a_pod("Failed", message=encode_result(result)))

    assert seen.state is State.FAILED
    assert seen.ending.result == result


def test_a_disrupted_pod_leaves_the_job_active_and_says_why() -> None:
    pod = {**a_pod("Failed", conditions=[disruption("PreemptionByScheduler")]), "spec": {"nodeName": "node-a"}}

    seen = child(a_job(), pod)

    assert seen.state is State.ACTIVE
    assert seen.disruption is not None
    assert (seen.disruption.disruption, seen.disruption.pod_message) == (
        "PreemptionByScheduler",
        "in the words of Kubernetes",
    )
    assert (seen.disruption.pod, seen.disruption.node) == ("p", "node-a")


@pytest.mark.parametrize("container", ["ended", "never started"])
def test_a_job_whose_pod_was_evicted_has_none_since_then(container: str) -> None:
    evicted = disruption("TerminationByKubelet") | {"lastTransitionTime": NOON}
    pod = a_pod("Failed", conditions=[evicted])
    if container == "never started":
        pod["status"]["containerStatuses"] = []

    seen = child(a_job(creationTimestamp="2026-03-01T11:00:00Z"), pod)

    assert (stamp(seen.podless_since) if seen.podless_since else None, seen.wait) == (NOON, PODLESS)
    assert seen.disruption is not None


@pytest.mark.parametrize(
    ("phase", "message"), [("Succeeded", encode_result(RESULT)), ("Succeeded", ""), ("Failed", "")]
)
def test_a_job_whose_pod_ended_by_itself_needs_no_other(phase: str, message: str) -> None:
    assert child(a_job(), a_pod(phase, message=message)).podless_since is None


def test_of_two_disrupted_pods_the_later_one_is_told() -> None:
    earlier, later = a_pod("Failed", conditions=[disruption("A")]), a_pod("Failed", conditions=[disruption("B")])
    earlier["metadata"] |= {"uid": "pod-1", "creationTimestamp": "2026-03-01T11:00:00Z"}
    later["metadata"] |= {"uid": "pod-2", "creationTimestamp": "2026-03-01T11:30:00Z"}

    seen = child(a_job(), later, earlier)

    assert seen.disruption is not None
    assert seen.disruption.disruption == "B"


def test_a_pod_that_succeeded_while_it_was_evicted_has_succeeded() -> None:
    pod = a_pod("Succeeded", message=encode_result(RESULT), conditions=[disruption("EvictionByEvictionAPI")])

    assert child(a_job(), told_to_end(pod)).state is State.SUCCEEDED


def test_the_pods_of_a_suspended_job_do_not_fail_it_also_when_it_goes_on() -> None:
    ended_by_suspension = told_to_end(a_pod("Failed"))

    assert child(suspended(a_job()), ended_by_suspension).state is State.ACTIVE
    assert child(a_job(), ended_by_suspension).state is State.ACTIVE


def test_a_pod_that_reported_a_failure_has_failed_even_if_it_is_deleted_then() -> None:
    result = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="no"))

    assert child(a_job(), told_to_end(a_pod("Failed", message=encode_result(result)))).state is State.FAILED


def test_a_pod_that_does_not_end_is_given_up_a_minute_after_its_grace() -> None:
    seen = child(a_job(), told_to_end(a_pod("Running")))

    assert seen.state is State.ACTIVE
    assert seen.lost_at == datetime(2026, 3, 1, 12, tzinfo=UTC) + GIVEN_UP


def test_a_pod_that_ends_is_not_given_up_while_another_one_lives() -> None:
    other = a_pod("Running")
    other["metadata"] |= {"uid": "pod-2"}

    assert child(a_job(), told_to_end(a_pod("Running")), other).lost_at is None


def test_a_job_that_is_being_deleted_is_waited_for() -> None:
    seen = child(a_job(deletionTimestamp=NOON), told_to_end(a_pod("Failed")))

    assert (seen.state, seen.deleting) == (State.ACTIVE, True)


def test_a_complete_job_without_its_pods_answer_is_lost_after_a_moment() -> None:
    seen = child(a_job(ended("Complete")))

    assert seen.state is State.FAILED
    assert seen.ending.completed
    assert seen.settles_at == datetime(2026, 3, 1, 12, 0, 5, tzinfo=UTC)


def test_a_succeeded_pod_with_a_message_that_is_no_result_has_no_result() -> None:
    assert child(a_job(), a_pod("Succeeded", message="Killed")).state is State.ACTIVE
    assert child(a_job(ended("Complete")), a_pod("Succeeded", message="Killed")).state is State.FAILED


def test_a_failed_job_without_a_pod_says_why() -> None:
    seen = child(a_job(ended("Failed", "DeadlineExceeded")))

    assert seen.state is State.FAILED
    assert seen.ending.job_reason == "DeadlineExceeded"


def test_a_deleted_pod_is_told_from_one_ended_by_the_deadline() -> None:
    deleted = a_pod("Failed")
    deleted["metadata"]["deletionTimestamp"] = NOON

    assert child(a_job(ended("Failed", "BackoffLimitExceeded")), deleted).ending.pod_deleted
    assert not child(a_job(ended("Failed", "DeadlineExceeded")), deleted).ending.pod_deleted


@pytest.mark.parametrize(
    ("class_", "read"), [("ImagePull", FailureClass.IMAGE_PULL), ("OfALaterRelease", FailureClass.INTERNAL)]
)
def test_a_job_that_the_operator_ended_says_why_when_its_pods_are_gone(class_: str, read: FailureClass) -> None:
    job = a_job(ended("Failed", "DeadlineExceeded"))
    job["status"]["failed"] = 1
    job["metadata"]["annotations"] |= {
        "videotutor.dev/failure": class_,
        "videotutor.dev/failure-message": "The image r:1 cannot be pulled.",
    }
    assert judge(child(job).ending).failure == Failure(class_=read, message="The image r:1 cannot be pulled.")


@pytest.mark.parametrize(
    ("noted", "version"), [(None, LEGACY_VERSION), ("7", "7"), ("7\n", LEGACY_VERSION), ("9" * 99, LEGACY_VERSION)]
)
def test_a_job_says_which_renderer_it_runs(noted: str | None, version: str) -> None:
    job = a_job()
    job["spec"] = {"template": {"spec": {"containers": [{"name": "proxy"}, {"name": "renderer", "image": "r:1"}]}}}
    job["metadata"]["annotations"] |= {"videotutor.dev/renderer-version": noted} if noted else {}

    assert child(job).renderer == Renderer("r:1", version)


def test_a_videojob_is_read_with_its_defaults() -> None:
    job = read_videojob(a_videojob({"prompt": "Hi"}))

    assert job.spec.retries == 2
    assert job.problem is None
    assert job.status.report.sequence == 0


def test_a_spec_that_the_crd_let_through_is_named_by_field_and_still_knows_whom_to_tell() -> None:
    spec = {"prompt": "Hi", "sessionId": "s1", "output": {"framesPerSecond": 25}}

    job = read_videojob(a_videojob(spec))

    assert job.problem is not None
    assert job.problem.message.startswith("spec.output.framesPerSecond: ")
    assert not job.problem.newer
    assert job.spec.session_id == "s1"


def test_of_a_videojobs_labels_those_of_kueue_are_known() -> None:
    raw = a_videojob({"prompt": "Hi"})
    raw["metadata"]["labels"] = {names.LABEL_QUEUE: "lessons", "team": "maths"}

    assert read_videojob(raw).queueing == ((names.LABEL_QUEUE, "lessons"),)


def test_a_problem_never_quotes_the_value() -> None:
    job = read_videojob(a_videojob({"prompt": "Hi", "planner": "s3cret"}))

    assert job.problem is not None
    assert "s3cret" not in job.problem.message


def test_a_status_of_another_version_keeps_its_outbox() -> None:
    status = {"report": {"sequence": 9, "acknowledged": 4, "lastError": ""}, "phase": "Baking"}

    assert read_videojob(a_videojob({"prompt": "Hi"}, status)).status.report.sequence == 9
