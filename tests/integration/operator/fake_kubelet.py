"""A fake kubelet: no container runs, but every pod ends with the termination message a renderer would leave."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio.client import ApiException

from tests.integration.operator.kubernetes import POLL_SECONDS, Namespace
from videojob import names
from videojob.digest import RENDERER_VERSION
from videojob.results import (
    EXIT_BAD_INPUT,
    AnyResult,
    FailureResult,
    PlannedScene,
    PlanResult,
    SceneResult,
    StitchResult,
    encode_result,
)
from videojob.tasks import PlanTask, SceneTask, StitchTask, decode_env

Task = PlanTask | SceneTask | StitchTask
Script = Callable[[Task, int], AnyResult | int | None]
"""What becomes of an attempt at a task: a result, a bare exit code, or None for a renderer that succeeds."""


@dataclass
class FakeKubelet:
    """Ends pods in one namespace.

    Tasks in `held` (plan, scene, stitch) go on running until they are let go; pods in `ignored` (by uid) for good.
    """

    namespace: Namespace
    script: Script = lambda _task, _attempt: None
    held: set[str] = field(default_factory=set)
    runs: Counter[str] = field(default_factory=Counter)
    ignored: set[str] = field(default_factory=set)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            for pod in await self.namespace.pods():
                task = (pod.metadata.labels or {}).get(names.LABEL_TASK)
                if task and task not in self.held and pod.metadata.uid not in self.ignored:
                    await self._end(pod)
            await asyncio.sleep(POLL_SECONDS)

    async def _end(self, pod: Any) -> None:
        (container,) = pod.spec.containers
        task = decode_env({entry.name: entry.value for entry in container.env}, RENDERER_VERSION)
        labels = pod.metadata.labels
        outcome = self.script(task, int(labels[names.LABEL_ATTEMPT]))
        patch = {"status": ending(container, outcome if outcome is not None else success(task))}
        try:
            await self.namespace.core.patch_namespaced_pod_status(pod.metadata.name, self.namespace.name, patch)
        except ApiException as error:
            if error.status != 404:
                raise
            return
        self.ignored.add(pod.metadata.uid)
        self.runs[f"{labels.get(names.LABEL_SCENE, task.task)}/{labels[names.LABEL_DIGEST]}"] += 1

    def rendered(self) -> dict[str, int]:
        """How often each scene was run, by name and digest."""
        return {name: count for name, count in self.runs.items() if name.startswith("scene-")}


def ending(container: Any, outcome: AnyResult | int) -> dict[str, Any]:
    """The status of a pod whose container has ended."""
    failed = isinstance(outcome, int | FailureResult)
    code = outcome if isinstance(outcome, int) else EXIT_BAD_INPUT if failed else 0
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    terminated = {
        "exitCode": code,
        "reason": "Error" if failed else "Completed",
        "message": "" if isinstance(outcome, int) else encode_result(outcome),
        "startedAt": now,
        "finishedAt": now,
    }
    state = {"name": container.name, "image": container.image, "imageID": "", "ready": False, "restartCount": 0}
    return {
        "phase": "Failed" if failed else "Succeeded",
        "containerStatuses": [{**state, "state": {"terminated": terminated}}],
    }


def success(task: Task) -> AnyResult:
    """What a renderer answers."""
    match task:
        case PlanTask():
            count = task.scene_count or 1
            scenes = tuple(
                PlannedScene(id=f"scene-{n}", title=f"Part {n}", digest=f"{n:016x}") for n in range(1, count + 1)
            )
            store = f"{task.namespace}/storyboards/{task.key}.json"
            return PlanResult(planner="template", title="Calculus", storyboard=store, scenes=scenes)
        case SceneTask():
            return SceneResult(
                scene_id=task.scene_id,
                title=task.scene_id.title(),
                digest=task.digest,
                duration_seconds=9.5,
                frames=285,
                bytes=1000,
                sha256="ab" * 32,
            )
        case StitchTask():
            return StitchResult(
                path=f"{task.namespace}/videos/{task.name}/{task.key}/video.mp4",
                duration_seconds=9.5 * len(task.scenes),
                bytes=3000,
                sha256="cd" * 32,
                width=1280,
                height=720,
                frames_per_second=30,
                chapters=len(task.scenes),
            )
