"""One VideoJob and its children as the API server would show them, without one: for what is measured in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bench.operator.work import Load, runtime
from videojob.results import AnyResult, PlannedScene, PlanResult, SceneResult, StitchResult, encode_result
from videojob.spec import PodTemplate
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import CreateJob, Decision, Site
from videotutor_operator.manifests.job import job_manifest
from videotutor_operator.observed.cache import Cache

NAMESPACE = "bench"
_NAME = "video-00000"
_NOW = "2026-01-01T00:00:00Z"


class Simulation:
    """An operator's cache with one VideoJob of many scenes in it."""

    def __init__(self, scenes: int, template: PodTemplate = PodTemplate()) -> None:  # noqa: B008 -- a frozen value
        spec = Load(1, scenes, template).spec(_NAME)
        self.raw: dict[str, Any] = {
            "metadata": {"namespace": NAMESPACE, "name": _NAME, "uid": "uid-video", "generation": 1},
            "spec": spec.to_json_object(),
        }
        self._cache = Cache()
        self._made = 0
        self._cache.put_videojob(self.raw)

    def decision(self) -> Decision:
        """The pure part of one pass: what is in the cache, read and decided on."""
        job = self._cache.videojob(f"{NAMESPACE}/{_NAME}")
        if job is None:
            raise LookupError(_NAME)
        return decide(job, self._cache.children(job.uid), datetime.now(UTC), Site())

    def advance(self, scenes_done: int) -> None:
        """Pass after pass: tasks end at once until so many scenes are done, later ones go on running."""
        while True:
            decision = self.decision()
            created = [action for action in decision.actions if isinstance(action, CreateJob)]
            status = decision.status.to_json_object()
            self._made += 1
            version = {"resourceVersion": str(self._made)}
            self.raw = {**self.raw, "metadata": {**self.raw["metadata"], **version}, "status": status}
            self._cache.put_videojob(self.raw)
            done = sum(scene.phase == "Succeeded" for scene in decision.status.scenes)
            for create in created:
                ends = not isinstance(create.task, SceneTask) or done < scenes_done
                done += isinstance(create.task, SceneTask)
                self._run(create, ends=ends)
            if not created:
                return

    def _run(self, create: CreateJob, *, ends: bool) -> None:
        """Put the Job into the cache, and its pod: ended, or running."""
        job = self._cache.videojob(f"{NAMESPACE}/{_NAME}")
        if job is None:
            raise LookupError(_NAME)
        manifest = job_manifest(job, create, runtime("noop"))
        self._made += 1
        name, version = manifest["metadata"]["name"], str(self._made)
        metadata = {**manifest["metadata"], "uid": f"uid-{name}", "resourceVersion": version, "creationTimestamp": _NOW}
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": name, "uid": metadata["uid"], "controller": True}
        pod = {
            "metadata": {**metadata, "name": f"{name}-x", "uid": f"uid-pod-{name}", "ownerReferences": [owner]},
            "status": _ended(create) if ends else _RUNNING,
        }
        self._cache.put_job({**manifest, "metadata": metadata, "status": {"startTime": _NOW, "active": 1}})
        self._cache.put_pod(pod)


_RUNNING = {
    "phase": "Running",
    "startTime": _NOW,
    "containerStatuses": [{"name": "renderer", "state": {"running": {"startedAt": _NOW}}}],
}


def _ended(create: CreateJob) -> dict[str, Any]:
    ended = {"exitCode": 0, "startedAt": _NOW, "finishedAt": _NOW, "message": encode_result(_result(create))}
    return {
        "phase": "Succeeded",
        "startTime": _NOW,
        "containerStatuses": [{"name": "renderer", "state": {"terminated": ended}}],
    }


def _result(create: CreateJob) -> AnyResult:
    match create.task:
        case PlanTask(key=key, scene_count=count):
            planned = tuple(PlannedScene(id=f"scene-{n + 1}", digest=f"{n:016x}") for n in range(count or 1))
            return PlanResult(planner="template", title="Nothing", storyboard=f"{key}.json", scenes=planned)
        case SceneTask(scene_id=name, digest=digest):
            return SceneResult(
                scene_id=name, title=name, digest=digest, duration_seconds=10, frames=300, bytes=1000, sha256="0" * 64
            )
        case StitchTask(namespace=namespace, key=key, scenes=scenes):
            return StitchResult(
                path=f"{namespace}/{key}.mp4",
                duration_seconds=10 * len(scenes),
                bytes=1000,
                sha256="0" * 64,
                width=1280,
                height=720,
                frames_per_second=30,
                chapters=len(scenes),
            )
