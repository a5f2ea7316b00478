"""From a Job and its pods to one attempt with a known state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from videojob import names
from videojob.results import AnyResult, FailureResult
from videotutor_operator.model import Child, Ending, State
from videotutor_operator.observe import GENERATION, TEMPLATE, owner_uid, videojob_of
from videotutor_operator.pods import Pod
from videotutor_operator.times import parse

SETTLING = timedelta(seconds=5)
"""How long a Job's end may be seen before its pod's: they come by two watches."""


@dataclass(frozen=True, slots=True)
class Job:
    """A Job as observed."""

    name: str
    uid: str
    owner_uid: str
    videojob: str
    resource_version: str
    task: str
    scene: str
    digest: str
    attempt: int
    generation: int
    template: str
    complete: bool = False
    failed: bool = False
    reason: str = ""
    ended_at: datetime | None = None
    deleting: bool = False


def read_job(raw: dict[str, Any]) -> Job:
    """A Job from the API server's JSON."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    labels, notes = metadata.get("labels") or {}, metadata.get("annotations") or {}
    holding = {c["type"]: c for c in status.get("conditions") or [] if c.get("status") == "True"}
    end = holding.get("Failed") or holding.get("FailureTarget") or holding.get("Complete") or {}
    return Job(
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=owner_uid(metadata),
        videojob=videojob_of(metadata),
        resource_version=metadata.get("resourceVersion", ""),
        task=labels.get(names.LABEL_TASK, ""),
        scene=labels.get(names.LABEL_SCENE, ""),
        digest=labels.get(names.LABEL_DIGEST, ""),
        attempt=_number(labels.get(names.LABEL_ATTEMPT)),
        generation=_number(notes.get(GENERATION)),
        template=notes.get(TEMPLATE, ""),
        complete="Complete" in holding,
        failed="Failed" in holding or "FailureTarget" in holding,
        reason=end.get("reason", ""),
        ended_at=parse(end.get("lastTransitionTime")),
        deleting="deletionTimestamp" in metadata,
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def child_of(job: Job, pods: Sequence[Pod]) -> Child:
    """The attempt that a Job and its pods are.

    A pod's end counts, not its Job's, which the Job controller notices a second later. Pods that were disrupted
    (evicted, preempted, node lost) do not count: the Job makes another one.
    """
    counting = [pod for pod in pods if not pod.disrupted]
    answered = [pod for pod in counting if pod.phase == "Succeeded" and _good(pod.result)]
    broken = [pod for pod in counting if pod.phase == "Failed"]
    alive = [pod for pod in pods if not pod.gone and not pod.ended]
    child = _active(job, alive)
    if answered:
        ended_at = answered[0].ended_at or job.ended_at
        return replace(child, state=State.SUCCEEDED, result=answered[0].result, ended_at=ended_at)
    if broken:
        return replace(child, state=State.FAILED, ending=_ending(job, broken[-1]), ended_at=broken[-1].ended_at)
    if job.complete or job.failed:
        settles_at = job.ended_at + SETTLING if job.ended_at else None
        ending = _ending(job, pods[-1] if pods else None)
        return replace(child, state=State.FAILED, ending=ending, ended_at=job.ended_at, settles_at=settles_at)
    return child


def _good(result: AnyResult | None) -> bool:
    return result is not None and not isinstance(result, FailureResult)


def _active(job: Job, alive: Sequence[Pod]) -> Child:
    return Child(
        name=job.name,
        uid=job.uid,
        task=job.task,
        digest=job.digest,
        attempt=job.attempt,
        scene=job.scene,
        generation=job.generation,
        template=job.template,
        running=any(pod.phase == "Running" for pod in alive),
        waiting=next((pod.waiting for pod in alive if pod.waiting), ""),
        deleting=job.deleting,
    )


def _ending(job: Job, pod: Pod | None) -> Ending:
    if pod is None:
        return Ending(job_reason=job.reason, completed=job.complete)
    return Ending(
        job_reason=job.reason,
        pod_reason=pod.reason,
        pod_message=pod.message,
        pod_deleted=pod.deleting and job.reason != "DeadlineExceeded",
        container_reason=pod.container_reason,
        exit_code=pod.exit_code,
        result=pod.result if isinstance(pod.result, FailureResult) else None,
        completed=job.complete,
        waiting=pod.waiting,
    )


def refused_child(videojob_generation: int, job: Job, refusal: str) -> Child:
    """An attempt whose Job the API server would not take."""
    active = _active(job, ())
    return replace(active, generation=videojob_generation, state=State.FAILED, ending=Ending(refusal=refusal))
