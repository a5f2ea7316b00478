"""Every class of failure that can be had for real: the API server, scheduler and controllers are the real ones."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio.client import ApiException

from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.fake_node import FakeNode, fake_node, important_pod
from tests.integration.operator.kubernetes import Namespace, eventually
from videojob import names

pytestmark = pytest.mark.usefixtures("operator")

GARBAGE_SECONDS = 120
"""Longest that Kubernetes takes to see that a node is gone (40 s of quarantine, a look every 20 s)."""


@pytest.fixture
async def node(namespace: Namespace) -> AsyncIterator[FakeNode]:
    async with fake_node(namespace) as found:
        yield found


async def warnings(namespace: Namespace) -> dict[str, str]:
    """Reason -> note of every Warning about a VideoJob."""
    events = await namespace.core.list_namespaced_event(namespace.name)
    about = [event for event in events.items if event.involved_object.kind == "VideoJob"]
    return {event.reason: event.message for event in about if event.type == "Warning"}


async def told(namespace: Namespace, reason: str, within: float = 40) -> str:
    """The note of the Warning with this reason, once there is one."""

    async def note() -> str:
        return (await warnings(namespace)).get(reason, "")

    return await eventually(note, within)


async def ready_reason(namespace: Namespace) -> str:
    conditions = (await namespace.status("calculus")).get("conditions") or []
    return next((str(c["reason"]) for c in conditions if c["type"] == "Ready"), "")


def on(node: FakeNode) -> dict[str, Any]:
    """The fields of a VideoJob whose pods go to this node."""
    return {"sceneCount": 1, "retries": 0, "podTemplate": {"nodeSelector": node.selector}}


async def ends_well_after_one_attempt(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.held = set()
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert (status["phase"], [scene["attempts"] for scene in status["scenes"]]) == ("Succeeded", [1])


async def test_an_evicted_scene_says_so_and_runs_again_for_nothing(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", **on(node))
    pod = await node.started("scene")

    await namespace.core.create_namespaced_pod_eviction(
        pod.metadata.name, namespace.name, {"metadata": {"name": pod.metadata.name}}
    )
    note = await told(namespace, "Evicted")
    await node.end_told()

    assert note.startswith(f"scene-1, attempt 1: The pod {pod.metadata.name} on node {node.name} was evicted")
    assert (await node.started("scene")).metadata.name != pod.metadata.name
    await ends_well_after_one_attempt(namespace, kubelet)


async def created(namespace: Namespace, pod: dict[str, Any]) -> bool:
    """Create a pod; whether its PriorityClass is known to admission, which may be a moment behind."""
    try:
        await namespace.core.create_namespaced_pod(namespace.name, pod)
    except ApiException as error:
        if "no PriorityClass" not in str(error.body):
            raise
        return False
    return True


async def test_a_preempted_scene_says_so_and_runs_again_for_nothing(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    template = {"nodeSelector": node.selector, "resources": {"requests": {"cpu": "5"}, "limits": {"cpu": "5"}}}
    await namespace.create_video("calculus", **{**on(node), "podTemplate": template})
    pod = await node.started("scene")
    rank = f"important-{secrets.token_hex(4)}"
    await namespace.scheduling.create_priority_class({"metadata": {"name": rank}, "value": 1000})
    try:
        await eventually(lambda: created(namespace, important_pod(node, rank)))
        note = await told(namespace, "Preempted")
        await node.end_told()
        await namespace.core.delete_namespaced_pod("important", namespace.name, grace_period_seconds=0)
    finally:
        await namespace.scheduling.delete_priority_class(rank)

    assert f"The pod {pod.metadata.name} on node {node.name} was preempted" in note
    await ends_well_after_one_attempt(namespace, kubelet)


async def test_a_scene_whose_node_is_gone_says_so_and_runs_elsewhere_for_nothing(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", **on(node))
    await node.started("scene")

    await node.delete()
    note = await told(namespace, "NodeLost", GARBAGE_SECONDS)

    assert f"on node {node.name} was lost" in note
    await ends_well_after_one_attempt(namespace, kubelet)


async def test_a_pod_that_a_dead_kubelet_never_ends_is_given_up_with_its_job(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", **on(node))
    pod = await node.started("scene")
    (first,) = [job for job in await namespace.jobs() if "scene-1" in job.metadata.name]

    await node.taint()
    note = await told(namespace, "NodeLost")
    assert f"on node {node.name} was lost" in note

    async def replaced() -> bool:
        scenes = [job.metadata for job in await namespace.jobs() if "scene-1" in job.metadata.name]
        return bool(scenes) and all(job.uid != first.metadata.uid for job in scenes)

    await eventually(replaced, GARBAGE_SECONDS)
    assert pod.metadata.name in [found.metadata.name for found in await node.pods()]
    kubelet.ignored.add(pod.metadata.uid)
    await ends_well_after_one_attempt(namespace, kubelet)


async def test_a_deleted_job_is_made_again_under_its_number(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", **on(node))
    pod = await node.started("scene")
    job = pod.metadata.labels["job-name"]

    await namespace.batch.delete_namespaced_job(job, namespace.name, propagation_policy="Foreground")
    await node.end_told()

    again = (await node.started("scene")).metadata.labels
    assert again["job-name"] != job
    assert again[names.LABEL_ATTEMPT] == pod.metadata.labels[names.LABEL_ATTEMPT]
    await ends_well_after_one_attempt(namespace, kubelet)


async def test_a_deleted_pod_is_another_attempt_that_costs_nothing(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", **on(node))
    pod = await node.started("scene")

    await namespace.core.delete_namespaced_pod(pod.metadata.name, namespace.name)
    await node.end_told()

    assert "The pod was deleted before its end was observed." in await told(namespace, "Infrastructure")
    kubelet.held = set()
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert (status["phase"], [scene["attempts"] for scene in status["scenes"]]) == ("Succeeded", [2])


async def test_a_pod_that_fits_no_node_waits_in_the_schedulers_words_for_longer_than_its_deadline(
    namespace: Namespace, kubelet: FakeKubelet
) -> None:
    kubelet.held = {"plan"}
    await namespace.create_video("calculus", activeDeadlineSeconds=10)

    note = await told(namespace, "Unschedulable")

    assert note.startswith("Planning the scenes; it waits: Unschedulable: ")
    assert await ready_reason(namespace) == "Unschedulable"
    (job,) = await namespace.jobs()
    assert job.spec.active_deadline_seconds == 7 * 86_400 + 10


async def test_a_task_that_takes_too_long_is_tried_again_and_then_fails_as_timeout(
    namespace: Namespace, kubelet: FakeKubelet, node: FakeNode
) -> None:
    kubelet.held = {"plan"}
    await namespace.create_video("calculus", **{**on(node), "activeDeadlineSeconds": 10, "retries": 1})
    first = await node.started("plan")
    await node.end_told()
    second = await node.started("plan")

    status = await namespace.phase("calculus", "Failed")

    assert first.metadata.name != second.metadata.name
    assert status["message"].startswith("The plan failed: Not done within spec.activeDeadlineSeconds.")
    assert await ready_reason(namespace) == "Timeout"
