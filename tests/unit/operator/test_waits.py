"""Why an attempt waits: the words of the queue, the scheduler and the kubelet."""

from __future__ import annotations

import pytest

from tests.unit.operator.objects import (
    NOON,
    a_job,
    a_pod,
    child,
    suspended,
    waiting_pod,
)
from videojob import names
from videotutor_operator.observed.pods import Pod, read_pod
from videotutor_operator.times import stamp


def test_a_wait_that_is_over_without_a_start_is_no_time_of_work() -> None:
    held_up = a_pod(
        startTime=NOON, containerStatuses=[{"name": "renderer", "state": {"waiting": {"reason": "ErrImagePull"}}}]
    )
    creating = a_pod(
        startTime=NOON, containerStatuses=[{"name": "renderer", "state": {"waiting": {"reason": "ContainerCreating"}}}]
    )
    before = read_pod(held_up)
    assert before.started_at is not None

    assert read_pod(creating).merge(before).started_at is None
    assert read_pod(held_up).merge(read_pod(creating).merge(before)).started_at == before.started_at


def test_a_suspended_job_is_queued_and_names_the_queue_if_it_has_one() -> None:
    alone, queued = child(suspended(a_job())), child(suspended(a_job(), **{names.LABEL_QUEUE: "lessons"}))

    assert alone.wait == ("Queued", "its Job is suspended")
    assert queued.wait == ("Queued", "the queue lessons has not admitted it yet")


NO_HOST = 'failed to resolve reference "r:1": dial tcp: lookup r on 10.96.0.10:53: no such host'


@pytest.mark.parametrize(
    ("reason", "message", "cause"),
    [
        ("ErrImagePull", NO_HOST, f": {NO_HOST}"),
        ("ImagePullBackOff", f'Back-off pulling image "r:1": ErrImagePull: {NO_HOST}', f": {NO_HOST}"),
        ("ImagePullBackOff", 'Back-off pulling image "r:1"', ""),
        (
            "ErrImageNeverPull",
            "it is not present with pull policy of Never",
            ": it is not present with pull policy of Never",
        ),
        ("InvalidImageName", "invalid reference format", ": invalid reference format"),
    ],
)
def test_of_a_failed_pull_the_cause_is_said_whichever_reason_the_kubelet_gives(
    reason: str, message: str, cause: str
) -> None:
    assert waiting_pod(reason, message).wait == ("ImagePull", f"the image r:1 cannot be pulled{cause}")


def test_the_cause_of_a_failed_pull_stays_where_the_kubelet_backs_off_without_it() -> None:
    failed, backs_off = (
        waiting_pod("ErrImagePull", NO_HOST),
        waiting_pod("ImagePullBackOff", 'Back-off pulling image "r:1"'),
    )

    assert backs_off.merge(failed).wait == failed.wait
    assert failed.merge(backs_off).wait == failed.wait


def test_a_pod_that_starts_as_usual_waits_for_nothing() -> None:
    assert waiting_pod("ContainerCreating").wait is None


def test_an_unschedulable_pod_gives_the_schedulers_reason() -> None:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}

    pod = read_pod(a_pod(conditions=[condition]))

    assert pod.wait == ("Unschedulable", "Unschedulable: 0/1 nodes")


SCHEDULER = (
    "0/{n} nodes are available: {a} Insufficient cpu, {b} node(s) had untolerated taint {{gpu: }}. preemption: 0/{n} "
    "nodes are available: {a} No preemption victims found for incoming pod, {b} Preemption is not helpful."
)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("0/3 nodes are available: 3 Insufficient cpu.", "Insufficient cpu"),
        (
            "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are none.",
            "Insufficient cpu",
        ),
        (
            "0/2 nodes are available: 1 node(s) didn't match the selector, 1 node(s) were full. preemption: no.",
            "node(s) didn't match the selector, node(s) were full",
        ),
    ],
)
def test_what_the_scheduler_says_of_preemption_is_left_out(message: str, why: str) -> None:
    assert unscheduled(message).wait == ("Unschedulable", f"Unschedulable: no node is available: {why}")


def unscheduled(message: str) -> Pod:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return read_pod(a_pod(conditions=[condition]))


def test_the_schedulers_words_are_the_same_however_many_nodes_there_are() -> None:
    few, many = (unscheduled(SCHEDULER.format(n=a + b, a=a, b=b)) for a, b in ((1, 2), (40, 500)))

    assert few.wait == many.wait
    assert few.wait == (
        "Unschedulable",
        "Unschedulable: no node is available: Insufficient cpu, node(s) had untolerated taint {gpu: }",
    )


def test_an_unusual_reason_is_given_with_its_message() -> None:
    pod = waiting_pod("CreateContainerConfigError", "no such secret")

    assert pod.wait == ("CreateContainerConfigError", "CreateContainerConfigError: no such secret")


def test_a_deleted_job_that_still_exists_waits_for_its_end_and_needs_no_pod() -> None:
    seen = child(a_job(deletionTimestamp=NOON, finalizers=["example.org/hold"]))

    assert seen.wait is not None
    assert (seen.wait.reason, seen.wait.message) == (
        "Terminating",
        "its Job is being deleted, and a finalizer keeps it",
    )
    assert (stamp(seen.waiting_since) if seen.waiting_since else None, seen.podless_since) == (NOON, None)
