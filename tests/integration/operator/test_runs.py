"""Whole runs on a real API server, with a fake kubelet in the place of containers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.operator.fake_kubelet import FakeKubelet, Task
from tests.integration.operator.kubernetes import NOWHERE, Namespace, eventually
from tests.integration.operator.process import OperatorProcess
from videojob.results import AnyResult, FailureResult
from videojob.status import Failure, FailureClass

pytestmark = pytest.mark.usefixtures("operator")


def fails(scene: str, times: int, outcome: AnyResult | int = 70) -> Callable[[Task, int], AnyResult | int | None]:
    """A script in which the first attempts at one scene fail."""

    def script(task: Task, attempt: int) -> AnyResult | int | None:
        hit = task.task == "scene" and task.scene_id == scene and attempt <= times
        return outcome if hit else None

    return script


async def test_a_video_is_planned_rendered_and_joined(namespace: Namespace, kubelet: FakeKubelet) -> None:
    await namespace.create_video("calculus")

    status = await namespace.phase("calculus", "Succeeded", "Failed")

    assert status["phase"] == "Succeeded", status
    assert (status["progress"], status["scenesReady"], status["planner"]) == (100, "3/3", "template")
    assert status["video"]["url"] == "http://videos.test/videos/calculus/video"
    assert {c["type"]: c["status"] for c in status["conditions"]} == {
        "Planned": "True",
        "ScenesRendered": "True",
        "Ready": "True",
        "Stalled": "False",
        "RendererPinned": "True",
    }
    assert sorted(kubelet.runs.values()) == [1, 1, 1, 1, 1]
    assert len(await namespace.jobs()) == 5


async def test_a_videojob_gets_no_finalizer_and_no_annotation(namespace: Namespace, kubelet: FakeKubelet) -> None:
    await namespace.create_video("calculus", sceneCount=1)
    await namespace.phase("calculus", "Succeeded")

    metadata = (await namespace.video("calculus"))["metadata"]

    assert not {"finalizers", "annotations"} & set(metadata)


async def test_rendering_and_the_end_are_kubernetes_events(namespace: Namespace, kubelet: FakeKubelet) -> None:
    await namespace.create_video("calculus", sceneCount=1)
    await namespace.phase("calculus", "Succeeded")

    events = await namespace.core.list_namespaced_event(namespace.name)

    normal = [event for event in events.items if event.type == "Normal"]
    reasons = [event.reason for event in normal if event.involved_object.kind == "VideoJob"]
    assert sorted(reasons) == ["Rendering", "Succeeded"]


async def test_an_edited_scene_runs_alone_with_the_join(namespace: Namespace, kubelet: FakeKubelet) -> None:
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Succeeded")
    kubelet.runs.clear()

    await namespace.edit("calculus", sceneOverrides=[{"scene": "scene-2", "instruction": "shorter"}])
    status = await namespace.phase("calculus", "Succeeded")

    assert sorted(name.split("/")[0] for name in kubelet.runs) == ["scene-2", "stitch"]
    assert status["observedGeneration"] == 2
    assert len(await namespace.jobs()) == 5


async def test_two_failures_are_followed_by_success(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.script = fails("scene-1", times=2)
    await namespace.create_video("calculus", sceneCount=2)

    status = await namespace.phase("calculus", "Succeeded", "Failed")

    assert status["phase"] == "Succeeded", status
    assert [scene["attempts"] for scene in status["scenes"]] == [3, 1]


async def test_a_bad_scene_fails_with_its_words_and_an_edit_mends_it(
    namespace: Namespace, kubelet: FakeKubelet
) -> None:
    bad = FailureResult(error=Failure(class_=FailureClass.BAD_SCENE, message="the formula is not complete"))
    kubelet.script = fails("scene-1", times=1, outcome=bad)
    await namespace.create_video("calculus", sceneCount=2)
    status = await namespace.phase("calculus", "Succeeded", "Failed")
    assert status["message"] == "scene-1 failed: the formula is not complete"
    kubelet.script = lambda _task, _attempt: None
    kubelet.runs.clear()

    await namespace.edit("calculus", sceneOverrides=[{"scene": "scene-1", "instruction": "mend it"}])
    await namespace.phase("calculus", "Succeeded")

    assert sorted(name.split("/")[0] for name in kubelet.runs) == ["scene-1", "stitch"]


async def test_a_deleted_video_leaves_nothing(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    await namespace.delete_video("calculus")

    await namespace.empty()
    assert await namespace.jobs() == []


async def test_a_deleted_video_can_be_made_again_under_its_name(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.held = {"scene"}
    first = await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")
    await namespace.delete_video("calculus")
    kubelet.held = set()

    second = await namespace.create_video("calculus")
    await namespace.phase("calculus", "Succeeded")

    owners = {owner.uid for job in await namespace.jobs() for owner in job.metadata.owner_references}
    assert owners == {second["metadata"]["uid"]}
    assert first["metadata"]["uid"] not in owners


async def test_cancel_ends_running_pods(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    await namespace.edit("calculus", cancel=True)
    await namespace.phase("calculus", "Cancelled")

    assert kubelet.rendered() == {}


async def test_suspend_and_resume(namespace: Namespace, kubelet: FakeKubelet) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.pods_of("scene", 3)
    await namespace.edit("calculus", suspend=True)
    await namespace.phase("calculus", "Suspended")
    await namespace.pods_of("scene", 0)
    kubelet.held = set()

    await namespace.edit("calculus", suspend=False)
    await namespace.phase("calculus", "Succeeded")

    assert set(kubelet.rendered().values()) == {1}


async def test_a_finished_video_deletes_itself(namespace: Namespace, kubelet: FakeKubelet) -> None:
    await namespace.create_video("calculus", sceneCount=1, ttlSecondsAfterFinished=0)

    async def gone() -> bool:
        return not await namespace.videos()

    assert await eventually(gone)
    await namespace.empty()


async def test_a_pod_template_that_kubernetes_refuses_is_a_failure_that_says_so(
    namespace: Namespace, kubelet: FakeKubelet
) -> None:
    resources = {"requests": {"memory": "64Gi"}, "limits": {"memory": "1Gi"}}
    await namespace.create_video("calculus", podTemplate={"nodeSelector": NOWHERE, "resources": resources})

    status = await namespace.phase("calculus", "Failed")

    assert "Check spec.podTemplate" in status["message"]
    assert "memory" in status["message"]


async def test_a_quota_that_forbids_jobs_is_named_and_waited_for(namespace: Namespace, kubelet: FakeKubelet) -> None:
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"count/jobs.batch": "0"}}}
    await namespace.core.create_namespaced_resource_quota(namespace.name, quota)
    await namespace.create_video("calculus", sceneCount=1)

    async def forbidden() -> bool:
        return "exceeded quota: none" in (await namespace.status("calculus")).get("message", "")

    assert await eventually(forbidden)
    await namespace.core.delete_namespaced_resource_quota("none", namespace.name)

    await namespace.phase("calculus", "Succeeded")


async def test_two_videos_that_need_the_same_scene_at_once_both_end_well(
    namespace: Namespace, kubelet: FakeKubelet
) -> None:
    kubelet.held = {"scene"}
    for name in ("calculus", "algebra"):
        await namespace.create_video(name, sceneCount=2)
        await namespace.phase(name, "Rendering")

    async def digests() -> dict[str, set[str]]:
        scenes = [
            job.metadata.labels for job in await namespace.jobs() if "videotutor.dev/scene" in job.metadata.labels
        ]
        found: dict[str, set[str]] = {}
        for labels in scenes:
            found.setdefault(labels["videotutor.dev/digest"], set()).add(labels["videotutor.dev/videojob"])
        return found if len(scenes) == 4 else {}

    shared = await eventually(digests)
    kubelet.held = set()

    assert list(shared.values()) == [{"calculus", "algebra"}] * 2
    for name in ("calculus", "algebra"):
        assert (await namespace.phase(name, "Succeeded", "Failed"))["phase"] == "Succeeded"


async def test_sigterm_ends_the_operator_at_once(
    namespace: Namespace, kubelet: FakeKubelet, operator: OperatorProcess
) -> None:
    await namespace.create_video("calculus", sceneCount=1)
    await namespace.phase("calculus", "Succeeded")

    assert operator.terminate() == 0
    assert "Traceback" not in operator.log()
