"""From a Job and its pods to one attempt with a known state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from videojob import names
from videojob.results import FailureResult
from videotutor_operator.core.model import QUEUED, Child, Ending, State
from videotutor_operator.observed.observe import DEADLINE, GENERATION, TEMPLATE, owner_uid, videojob_of
from videotutor_operator.observed.pods import Pod
from videotutor_operator.times import parse

GIVEN_UP = timedelta(seconds=60)
"""How long after its grace a pod may go on ending: a kubelet that lives needs seconds, a dead one never answers."""
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
    deadline: int = 0
    complete: bool = False
    failed: bool = False
    reason: str = ""
    ended_at: datetime | None = None
    deleting: bool = False
    suspended: bool = False
    queue: str = ""


def read_job(raw: dict[str, Any]) -> Job:
    """A Job from the API server's JSON."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
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
        deadline=_number(notes.get(DEADLINE)),
        complete="Complete" in holding,
        failed="Failed" in holding or "FailureTarget" in holding,
        reason=end.get("reason", ""),
        ended_at=parse(end.get("lastTransitionTime")),
        deleting="deletionTimestamp" in metadata,
        suspended=bool(spec.get("suspend")),
        queue=labels.get(names.LABEL_QUEUE, ""),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def child_of(job: Job, pods: Sequence[Pod]) -> Child:
    """The attempt that a Job and its pods are.

    A container that ended well counts at once, and not when its pod has succeeded, a second or two later, nor when its
    Job is complete, yet a second later. A failure counts when the pod's is told, with all that is known of it.

    What was ended from outside does not count: disrupted pods (evicted, preempted, node lost) and those of a suspended
    Job are replaced by their Job. Where it will not (a person deleted the pod), the Job says so itself, by failing.
    """
    pods = sorted(pods, key=lambda pod: pod.created_at)
    answered = [pod for pod in pods if pod.answered]
    broken = [pod for pod in pods if pod.phase == "Failed" and not _ended_from_outside(pod)]
    child = _active(job, pods)
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


def _ended_from_outside(pod: Pod) -> bool:
    return bool(pod.disruption) or (pod.deleting and pod.result is None)


def _active(job: Job, pods: Sequence[Pod]) -> Child:
    alive = [pod for pod in pods if not pod.gone and not pod.ended]
    disrupted = [pod for pod in pods if pod.disruption]
    waiting_reason, waiting, waiting_since = _waiting(job, alive)
    return Child(
        name=job.name,
        uid=job.uid,
        task=job.task,
        digest=job.digest,
        attempt=job.attempt,
        scene=job.scene,
        generation=job.generation,
        template=job.template,
        deadline=job.deadline,
        running=any(pod.phase == "Running" for pod in alive),
        waiting=waiting,
        waiting_reason=waiting_reason,
        waiting_since=waiting_since,
        disruption=_ending(job, disrupted[-1]) if disrupted else None,
        lost_at=_lost_at(alive),
        deleting=job.deleting,
    )


def _waiting(job: Job, alive: Sequence[Pod]) -> tuple[str, str, datetime | None]:
    """What holds an attempt up, in one word and in one line, both empty when nothing does, and since when."""
    if job.suspended:
        return QUEUED, f"the queue {job.queue} has not admitted it yet" if job.queue else "its Job is suspended", None
    found = ((pod.waiting_reason, pod.waiting, pod.waiting_since) for pod in alive if pod.waiting)
    return next(found, ("", "", None))


def _lost_at(alive: Sequence[Pod]) -> datetime | None:
    """When to give up what is alive in name only: the Job controller waits for its end for good (podFailurePolicy)."""
    ends = [pod.ends_by for pod in alive if pod.ends_by]
    return max(ends) + GIVEN_UP if ends and len(ends) == len(alive) else None


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
        waiting_reason=pod.waiting_reason,
        disruption=pod.disruption,
        pod=pod.name,
        node=pod.node,
    )


def refused_child(videojob_generation: int, job: Job, refusal: str) -> Child:
    """An attempt whose Job the API server would not take."""
    active = _active(job, ())
    return replace(active, generation=videojob_generation, state=State.FAILED, ending=Ending(refusal=refusal))
