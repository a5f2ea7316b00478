"""VideoJobs whose Jobs are queued: Kueue's admission is played by a fake, on the real Job controller."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.fake_kueue import QUEUE, FakeKueue, fake_kueue
from tests.integration.operator.fake_node import FakeNode, fake_node
from tests.integration.operator.kubernetes import Namespace, eventually

pytestmark = pytest.mark.usefixtures("operator")


@pytest.fixture
async def kueue(namespace: Namespace) -> AsyncIterator[FakeKueue]:
    async with fake_kueue(namespace) as queue:
        yield queue


@pytest.fixture
async def node(namespace: Namespace) -> AsyncIterator[FakeNode]:
    async with fake_node(namespace) as found:
        yield found


async def queued(namespace: Namespace, phase: str) -> str:
    """The message, once the condition Ready says Queued in this phase."""

    async def message() -> str:
        status = await namespace.status("calculus")
        reasons = {c["type"]: c["reason"] for c in status.get("conditions") or []}
        here = (status.get("phase"), reasons.get("Ready")) == (phase, "Queued")
        return str(status["message"]) if here else ""

    return await eventually(message)


async def test_every_stage_waits_for_its_turn_and_says_so(
    namespace: Namespace, kubelet: FakeKubelet, kueue: FakeKueue
) -> None:
    await namespace.create_video("calculus", labels=QUEUE, sceneCount=1)
    said = []
    for phase, task in (("Planning", "plan"), ("Rendering", "scene-1"), ("Stitching", "stitch")):
        said.append(await queued(namespace, phase))
        await kueue.admit(task)

    await namespace.phase("calculus", "Succeeded")

    assert said[0] == "Planning the scenes; it waits: the queue lessons has not admitted it yet"
    assert sorted(kubelet.runs.values()) == [1, 1, 1]
    events = (await namespace.core.list_namespaced_event(namespace.name)).items
    told = [(event.reason, event.type) for event in events if event.involved_object.kind == "VideoJob"]
    assert told.count(("Queued", "Normal")) == 3
    assert {reason for reason, kind in told if kind == "Warning"} <= {"Unschedulable"}  # its pods fit no node


async def test_the_operator_writes_a_job_once_and_leaves_it_to_the_queue(
    namespace: Namespace, kubelet: FakeKubelet, kueue: FakeKueue
) -> None:
    kubelet.held = {"plan"}
    await namespace.create_video("calculus", labels=QUEUE, sceneCount=1)
    await queued(namespace, "Planning")
    job = await kueue.admit("plan")
    await eventually(namespace.pods)

    (seen,) = [found for found in await namespace.jobs() if found.metadata.uid == job.metadata.uid]

    assert seen.metadata.generation == job.metadata.generation + 1
    writers = [field.manager for field in seen.metadata.managed_fields if field.subresource is None]
    assert len(writers) == 2
    assert "fake-kueue" in writers


async def test_a_running_scene_that_is_taken_back_waits_and_runs_again_for_nothing(
    namespace: Namespace, kubelet: FakeKubelet, kueue: FakeKueue, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    template = {"nodeSelector": node.selector}
    await namespace.create_video("calculus", labels=QUEUE, sceneCount=1, retries=0, podTemplate=template)
    await kueue.admit("plan")
    job = await kueue.admit("scene-1")
    pod = await node.started("scene")

    await kueue.take_back(job.metadata.name)
    await node.end_told()
    message = await queued(namespace, "Rendering")
    await kueue.admit("scene-1")

    assert "scene-1 waits: the queue lessons has not admitted it yet" in message
    assert (await node.started("scene")).metadata.name != pod.metadata.name
    kubelet.held = set()
    await kueue.admit("stitch")
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert (status["phase"], [scene["attempts"] for scene in status["scenes"]]) == ("Succeeded", [1])


async def test_a_scene_admitted_again_while_its_old_pod_still_ends_fails_nothing(
    namespace: Namespace, kubelet: FakeKubelet, kueue: FakeKueue, node: FakeNode
) -> None:
    kubelet.held = {"scene"}
    template = {"nodeSelector": node.selector}
    await namespace.create_video("calculus", labels=QUEUE, sceneCount=1, retries=0, podTemplate=template)
    await kueue.admit("plan")
    job = await kueue.admit("scene-1")
    pod = await node.started("scene")
    await kueue.take_back(job.metadata.name)

    async def told_to_end() -> bool:
        return any(found.metadata.deletion_timestamp for found in await node.pods())

    await eventually(told_to_end)
    await kueue.admit("scene-1")
    await node.end_told()

    assert (await node.started("scene")).metadata.name != pod.metadata.name
    kubelet.held = set()
    await kueue.admit("stitch")
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert (status["phase"], [scene["attempts"] for scene in status["scenes"]]) == ("Succeeded", [1])


async def test_a_scene_in_the_queue_holds_up_no_other_scene_and_no_other_video(
    namespace: Namespace, kubelet: FakeKubelet, kueue: FakeKueue
) -> None:
    await namespace.create_video("calculus", labels=QUEUE, sceneCount=3, parallelism=2)
    await kueue.admit("plan")
    await kueue.admit("scene-2")
    await kueue.admit("scene-3")
    await namespace.create_video("algebra", sceneCount=1, prompt="Algebra")

    await namespace.phase("algebra", "Succeeded")

    async def others_are_done() -> bool:
        scenes = (await namespace.status("calculus"))["scenes"]
        return [scene["phase"] for scene in scenes] == ["Running", "Succeeded", "Succeeded"]

    assert await eventually(others_are_done)
