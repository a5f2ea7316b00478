"""Pods that something deletes, and answers that are none: whose fault an attempt's end was."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.objects import NOON, a_job, a_pod, child, ended, running_pod
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.world import World
from videojob import names
from videojob.results import StitchResult, encode_result
from videojob.status import FailureClass
from videotutor_operator.core.failures import Retry, judge
from videotutor_operator.core.model import State
from videotutor_operator.observed.jobs import child_of, read_job
from videotutor_operator.observed.pods import Pod, read_pod


def verdict(*pods: Pod) -> tuple[FailureClass, Retry]:
    """Of a Job that failed with these pods."""
    job = read_job(a_job(ended("Failed", "BackoffLimitExceeded")))
    judged = judge(child_of(job, pods).ending)
    return judged.failure.class_, judged.retry


def deleted_at(moment: str, phase: str = "Failed") -> dict[str, Any]:
    """A pod that ended at noon, and whose deletion was requested at a moment."""
    pod = a_pod(phase)
    pod["metadata"] |= {"deletionTimestamp": moment, "deletionGracePeriodSeconds": 0, "resourceVersion": "30"}
    return pod


def disrupted_pod() -> dict[str, Any]:
    """A failed pod that the garbage collector of pods is about to remove."""
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "lastTransitionTime": NOON}
    pod = a_pod("Failed", conditions=[condition])
    pod["metadata"]["resourceVersion"] = "30"
    return pod


def test_a_failed_pod_that_something_deletes_afterwards_has_failed_by_itself() -> None:
    failed = read_pod(a_pod("Failed"))
    by_itself = (FailureClass.INTERNAL, Retry.LIMITED)
    assert verdict(failed) == by_itself

    for later in (deleted_at("2026-03-01T12:00:01Z"), disrupted_pod()):
        pod = read_pod(later).merge(failed)
        assert verdict(pod) == by_itself
        assert verdict(replace(pod, gone=True)) == by_itself


def test_after_a_restart_a_pod_that_had_ended_long_before_its_deletion_has_failed_by_itself() -> None:
    assert verdict(read_pod(deleted_at("2026-03-01T12:05:00Z"))) == (FailureClass.INTERNAL, Retry.LIMITED)
    assert verdict(read_pod(deleted_at("2026-03-01T12:00:01Z"))) == (FailureClass.INFRASTRUCTURE, Retry.FREE)


def test_a_pod_whose_end_was_not_observed_costs_no_attempt() -> None:
    """It was deleted while no watch was open: what it said is lost."""
    free = (FailureClass.INFRASTRUCTURE, Retry.FREE)
    assert verdict() == free
    assert verdict(replace(read_pod(running_pod()), gone=True)) == free


@pytest.mark.parametrize("more", [{}, {"phase": "Running"}])
def test_an_answer_that_is_empty_or_of_another_task_is_the_fault_of_the_image(more: dict[str, str]) -> None:
    stitched = encode_result(World(1).result_of(World(1).stitching().attempt("stitch")))
    for message in ("", stitched):
        pod = a_pod("Succeeded", message=message)
        pod["status"] |= more
        seen = child(a_job(ended("Complete")), pod)
        judged = judge(seen.ending)

        assert (seen.state, judged.failure.class_, judged.retry) == (State.FAILED, FailureClass.INTERNAL, Retry.LIMITED)
        assert "Check that images.renderer is the image of the operator's version" in judged.failure.message


@pytest.mark.parametrize(("folder", "state"), [("lessons", State.SUCCEEDED), ("lessons-2", State.FAILED)])
def test_a_video_lies_in_the_folder_of_its_own_namespace(folder: str, state: State) -> None:
    """The API serves what a status names: a renderer that something took over must not name another tenant's video."""
    result = World(1).result_of(World(1).stitching().attempt("stitch"))
    assert isinstance(result, StitchResult)
    message = encode_result(result.model_copy(update={"path": f"{folder}/videos/calculus/1/video.mp4"}))
    job = a_job(ended("Complete"))
    job["metadata"]["labels"] |= {names.LABEL_TASK: "stitch", names.LABEL_SCENE: ""}

    assert child(job, a_pod("Succeeded", message=message)).state is state


async def test_pods_of_an_ended_job_are_listed_once_however_many_jobs_there_are() -> None:
    bench = Bench()
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    for number in range(1_100):
        forged = {"name": f"forged-{number}", "uid": f"forged-{number}", "resourceVersion": "1"}
        bench.cache.put_job({**a_job(ended("Failed")), "metadata": {**job["metadata"], **forged}})
    await bench.look()
    bench.now += timedelta(seconds=10)
    lists = []
    for _ in range(3):
        await bench.look()
        lists.append(sum(write.startswith("pods ") for write in bench.cluster.writes))

    assert sum(lists) == 1_100
    assert lists[-1] == 0
