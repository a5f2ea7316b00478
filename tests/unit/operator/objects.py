"""Jobs and pods as the API server returns them."""

from __future__ import annotations

from typing import Any

from videojob import names
from videojob.results import SceneResult
from videotutor_operator.core.model import Child
from videotutor_operator.observed.jobs import child_of, read_job
from videotutor_operator.observed.pods import Pod, read_pod

NOON = "2026-03-01T12:00:00Z"
RESULT = SceneResult(
    scene_id="scene-1", title="T", digest="d" * 16, duration_seconds=3, frames=90, bytes=9, sha256="ab" * 32
)


def a_videojob(spec: dict[str, Any], status: dict[str, Any] | None = None) -> dict[str, Any]:
    metadata = {"name": "calculus", "namespace": "lessons", "uid": "vj-1", "generation": 4, "resourceVersion": "7"}
    return {"metadata": metadata, "spec": spec, "status": status or {}}


def a_job(*conditions: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    labels = {
        names.LABEL_VIDEOJOB: "calculus",
        names.LABEL_TASK: "scene",
        names.LABEL_SCENE: "scene-1",
        names.LABEL_DIGEST: "d" * 16,
        names.LABEL_ATTEMPT: "2",
    }
    owner = {"uid": "vj-1", "controller": True}
    notes = {"videotutor.dev/generation": "3", "videotutor.dev/pod-template": "t" * 16}
    identity = {"namespace": "lessons", "name": "calculus-scene-1-dddddddd-2", "uid": "job-1", "resourceVersion": "10"}
    return {
        "metadata": {**identity, "labels": labels, "annotations": notes, "ownerReferences": [owner], **metadata},
        "status": {"conditions": list(conditions)},
    }


def ended(kind: str, reason: str = "") -> dict[str, Any]:
    return {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": NOON}


def a_pod(phase: str = "Pending", *, message: str = "", **status: Any) -> dict[str, Any]:
    terminated = {"exitCode": 0 if phase == "Succeeded" else 70, "finishedAt": NOON, "message": message}
    state = {"terminated": terminated} if phase in {"Succeeded", "Failed"} else {}
    owner = {"uid": "job-1", "controller": True}
    return {
        "metadata": {
            "namespace": "lessons",
            "name": "p",
            "uid": "pod-1",
            "resourceVersion": "20",
            "labels": {names.LABEL_VIDEOJOB: "calculus"},
            "ownerReferences": [owner],
        },
        "status": {
            "phase": phase,
            "containerStatuses": [{"name": "renderer", "image": "r:1", "state": state}],
            **status,
        },
    }


def running_pod(**metadata: Any) -> dict[str, Any]:
    """A pod whose renderer runs."""
    pod = a_pod("Running", containerStatuses=[{"name": "renderer", "state": {"running": {"startedAt": NOON}}}])
    pod["metadata"] |= metadata
    return pod


def child(job: dict[str, Any], *pods: dict[str, Any]) -> Child:
    return child_of(read_job(job), [read_pod(pod) for pod in pods])


def waiting_pod(reason: str, message: str = "") -> Pod:
    state = {"waiting": {"reason": reason, "message": message}}
    return read_pod(a_pod(containerStatuses=[{"name": "renderer", "image": "r:1", "state": state}]))


def answered(message: str, exit_code: int = 0) -> dict[str, Any]:
    """A pod whose container has ended, and which itself still runs."""
    state = {"terminated": {"exitCode": exit_code, "finishedAt": NOON, "message": message}}
    return a_pod("Running", containerStatuses=[{"name": "renderer", "image": "r:1", "state": state}])


def disruption(reason: str) -> dict[str, Any]:
    return {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "in the words of Kubernetes"}


def told_to_end(pod: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": NOON, **metadata}}


def suspended(job: dict[str, Any], **labels: str) -> dict[str, Any]:
    metadata = {**job["metadata"], "labels": {**job["metadata"]["labels"], **labels}}
    return {**job, "metadata": metadata, "spec": {"suspend": True}}
