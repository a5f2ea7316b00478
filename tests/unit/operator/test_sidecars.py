"""Containers that others inject into render pods: the one named `renderer` counts, wherever it stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.unit.operator.objects import NOON, RESULT, a_job, a_pod, child
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.world import BAD_SCENE, BROKEN, OUT_OF_MEMORY, World, a_video
from videojob.phases import Phase
from videojob.results import FailureResult, encode_result
from videojob.status import Failure, FailureClass
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import DeleteJob, EndJob, State

RUNS = {"running": {"startedAt": NOON}}
DONE = {"terminated": {"exitCode": 0, "finishedAt": NOON, "message": encode_result(RESULT)}}
KILLED = {"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": NOON}}
BAD = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="no"))
FAILED = {"terminated": {"exitCode": 65, "reason": "Error", "finishedAt": NOON, "message": encode_result(BAD)}}
PROXY_ENDED = {"terminated": {"exitCode": 0, "reason": "Completed", "finishedAt": NOON}}
PROXIES = ("aaa-proxy", "istio-proxy", "linkerd-proxy", "zzz-agent")


def container(name: str, state: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "image": f"{name}:1", "state": state}


def beside(proxy: str, state: dict[str, Any], renderer: dict[str, Any], phase: str = "Running") -> dict[str, Any]:
    """A pod as the kubelet reports it: containers sorted by name."""
    containers = sorted((container(proxy, state), container("renderer", renderer)), key=lambda found: found["name"])
    return a_pod(phase, containerStatuses=containers)


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_result_counts_beside_a_proxy_that_never_ends_and_its_pod_lingers(proxy: str) -> None:
    seen = child(a_job(), beside(proxy, RUNS, DONE))

    assert (seen.state, seen.result) == (State.SUCCEEDED, RESULT)
    assert seen.lingers_until is not None


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize(
    ("renderer", "class_"), [(KILLED, FailureClass.OUT_OF_MEMORY), (FAILED, FailureClass.BAD_SCENE)]
)
@pytest.mark.parametrize(("state", "phase"), [(RUNS, "Running"), (PROXY_ENDED, "Failed")])
def test_a_failure_is_that_of_the_renderer(
    proxy: str, renderer: dict[str, Any], class_: FailureClass, state: dict[str, Any], phase: str
) -> None:
    seen = child(a_job(), beside(proxy, state, renderer, phase))

    assert seen.state is State.FAILED
    assert judge(seen.ending).failure.class_ is class_


@pytest.mark.parametrize("order", list(permutations(["aaa-proxy", "renderer", "zzz-agent"])))
def test_the_order_of_containers_means_nothing(order: tuple[str, ...]) -> None:
    containers = [container(name, DONE if name == "renderer" else RUNS) for name in order]

    assert child(a_job(), a_pod("Running", containerStatuses=containers)).result == RESULT


def test_a_native_sidecar_is_waited_for_by_kubernetes() -> None:
    proxy = [container("istio-proxy", RUNS)]
    pod = a_pod("Running", containerStatuses=[container("renderer", DONE)], initContainerStatuses=proxy)

    seen = child(a_job(), pod)

    assert (seen.state, seen.lingers_until) == (State.SUCCEEDED, None)


def test_a_sidecar_that_cannot_start_is_named() -> None:
    waiting = {"waiting": {"reason": "ImagePullBackOff", "message": "401 Unauthorized"}}
    initializing = {"waiting": {"reason": "PodInitializing"}}
    pod = a_pod(
        containerStatuses=[container("renderer", initializing)],
        initContainerStatuses=[container("istio-proxy", waiting)],
    )

    assert child(a_job(), pod).wait == ("ImagePull", "the image istio-proxy:1 cannot be pulled: 401 Unauthorized")


def test_a_proxy_that_runs_first_is_not_the_renderer_that_runs() -> None:
    creating = {"waiting": {"reason": "ContainerCreating"}}

    assert not child(a_job(), beside("aaa-proxy", RUNS, creating, "Pending")).running


def lingering(video: World, label: str) -> World:
    attempt = video.attempt(label)
    video.children[attempt.name] = replace(attempt, lingers_until=video.now + timedelta(seconds=10))
    return video


@pytest.mark.parametrize("label", ["plan", "scene-1", "stitch"])
def test_a_job_whose_work_is_stored_is_deleted_when_its_pod_lingers(label: str) -> None:
    stages = {"plan": World.planning, "scene-1": World.rendering, "stitch": World.stitching}
    video = stages[label](a_video(scenes=2))
    name, uid = video.attempt(label).name, video.attempt(label).uid

    lingering(video.succeed(label), label)
    assert DeleteJob(name, uid) not in video.later(11).look().actions, "its result is not stored yet"
    video.settle()

    assert name not in video.children
    assert DeleteJob(name, uid) in video.actions
    assert [create.label for create in video.created].count(label) == 1


def test_a_job_that_lingers_once_its_video_has_failed_is_deleted() -> None:
    video = a_video(scenes=2, fail_fast=True).rendering().running("scene-1").running("scene-2")
    late = video.attempt("scene-2")
    video.fail("scene-1", BAD_SCENE).step()
    assert video.phase is Phase.FAILED
    done = replace(late, state=State.SUCCEEDED, result=video.result_of(late), running=False)
    video.children[late.name] = replace(done, lingers_until=video.now + timedelta(seconds=10))

    assert DeleteJob(late.name, late.uid) in video.later(11).step().actions


@pytest.mark.parametrize(
    ("ending", "class_"), [(BROKEN, FailureClass.INTERNAL), (OUT_OF_MEMORY, FailureClass.OUT_OF_MEMORY)]
)
def test_a_failed_job_whose_pod_lingers_is_ended_and_counts_on(ending: Any, class_: FailureClass) -> None:
    video = a_video(scenes=1, retries=1).rendering()
    first = video.attempt("scene-1")

    lingering(video.fail("scene-1", ending), "scene-1").settle().later(11).settle()
    assert judge(ending).failure.class_ is class_
    assert [a for a in video.actions if isinstance(a, EndJob)] == [EndJob(first.name, first.uid, judge(ending).failure)]
    video.later(60).settle()

    assert video.attempt("scene-1").attempt == 2
    assert video.created[-1].more_memory is (class_ is FailureClass.OUT_OF_MEMORY)


async def test_the_video_is_made_beside_proxies_that_never_end() -> None:
    bench = Bench(sceneCount=2)
    for _ in range(8):
        await bench.look()
        bench.pods_succeed(scenes=2)
        for pod in bench.cluster.pods.values():
            pod["status"]["phase"] = "Running"
            statuses = pod["status"]["containerStatuses"]
            if len(statuses) == 1:
                statuses.insert(0, container("aaa-proxy", RUNS))
                pod["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
                bench.cache.put_pod(pod)

    assert bench.status()["phase"] == "Succeeded"


WAITING = [
    {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}},
    {"waiting": {"reason": "CreateContainerConfigError", "message": 'secret "agent" not found'}},
]


@pytest.mark.parametrize("agent", WAITING)
@pytest.mark.parametrize(("renderer", "state"), [(DONE, State.SUCCEEDED), (FAILED, State.FAILED)])
def test_an_injected_container_that_cannot_start_does_not_hide_the_end_and_its_pod_lingers(
    agent: dict[str, Any], renderer: dict[str, Any], state: State
) -> None:
    seen = child(a_job(), beside("zzz-agent", agent, renderer, "Pending"))

    assert seen.state is state
    assert seen.lingers_until is not None


def test_a_sidecar_that_crashes_is_no_wait_of_a_renderer_that_runs() -> None:
    crash = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container"}}
    pod = a_pod(
        "Running", containerStatuses=[container("renderer", RUNS)], initContainerStatuses=[container("proxy", crash)]
    )

    seen = child(a_job(), pod)

    assert (seen.running, seen.wait) == (True, None)


def test_a_program_of_the_renderer_that_the_kernel_killed_for_memory_ran_out_of_memory() -> None:
    internal = FailureResult(error=Failure(class_=FailureClass.INTERNAL, message="piper ended with -9"))
    ended = {"exitCode": 70, "reason": "OOMKilled", "finishedAt": NOON, "message": encode_result(internal)}
    pod = a_pod("Failed", containerStatuses=[container("renderer", {"terminated": ended})])

    verdict = judge(child(a_job(), pod).ending)

    assert verdict.failure.class_ is FailureClass.OUT_OF_MEMORY
    assert "spec.podTemplate.resources.limits.memory" in verdict.failure.message
