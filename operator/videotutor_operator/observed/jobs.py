"""Read a Job and its pods as one attempt with a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from videojob import names
from videojob.digest import LEGACY_VERSION
from videojob.results import FailureResult, StitchResult
from videojob.status import Failure, Renderer, is_version
from videotutor_operator.core.model import AWAITING_POD, QUEUED, TERMINATING, Child, Ending, State, Wait
from videotutor_operator.observed.observe import LONGEST_WORD, owner_uid, read_text, videojob_of
from videotutor_operator.observed.pods import Pod
from videotutor_operator.times import parse

GIVEN_UP = timedelta(seconds=60)
"""How long after its grace period a pod may still be ending: a live kubelet needs seconds, a dead one never reports."""
SETTLING = timedelta(seconds=5)
"""How long a Job's end may be observed before its pod's: there are two watches."""
LINGERING = timedelta(seconds=10)
"""How long injected containers may outlive the renderer's before their Job is ended."""
LONGEST_IMAGE = 1024
"""Characters of an image that a Job may have; a registry, a path, a tag and a digest have 700 at most."""
OF_A_POD = frozenset({"BackoffLimitExceeded", "PodFailurePolicy"})
"""Reasons of a failed Job that had a pod: where none was observed, it was deleted, with what it had to say."""
PODLESS = Wait(AWAITING_POD, "Kubernetes has made no pod for its Job yet")


@dataclass(frozen=True, slots=True)
class Job:
    """A Job as observed. `began_at`: when its controller started it, else its creation."""

    namespace: str
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
    renderer: Renderer | None = None
    created_at: datetime | None = None
    complete: bool = False
    failed: bool = False
    reason: str = ""
    pods_failed: int = 0
    began_at: datetime | None = None
    ended_at: datetime | None = None
    nudged_at: datetime | None = None
    recorded: Failure | None = None
    deleted_at: datetime | None = None
    suspended: bool = False
    queue: str = ""

    @property
    def deleting(self) -> bool:
        """Whether its deletion was requested."""
        return self.deleted_at is not None


def read_job(raw: dict[str, Any]) -> Job:
    """A Job from the API server's JSON."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    labels, notes = metadata.get("labels") or {}, metadata.get("annotations") or {}
    holding = {c["type"]: c for c in status.get("conditions") or [] if c.get("status") == "True"}
    end = holding.get("Failed") or holding.get("FailureTarget") or holding.get("Complete") or {}
    return Job(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=owner_uid(metadata),
        videojob=videojob_of(metadata),
        resource_version=metadata.get("resourceVersion", ""),
        task=labels.get(names.LABEL_TASK, ""),
        scene=labels.get(names.LABEL_SCENE, ""),
        digest=labels.get(names.LABEL_DIGEST, ""),
        attempt=_number(labels.get(names.LABEL_ATTEMPT)),
        generation=_number(notes.get(names.ANNOTATION_GENERATION)),
        template=read_text(notes, names.ANNOTATION_TEMPLATE, LONGEST_WORD),
        renderer=_renderer(spec, notes),
        created_at=parse(metadata.get("creationTimestamp")),
        complete="Complete" in holding,
        failed="Failed" in holding or "FailureTarget" in holding,
        reason=read_text(end, "reason", LONGEST_WORD),
        pods_failed=status.get("failed") or 0,
        began_at=parse(status.get("startTime") or metadata.get("creationTimestamp")),
        ended_at=parse(end.get("lastTransitionTime")),
        nudged_at=parse(notes.get(names.ANNOTATION_NUDGE)),
        recorded=_recorded_failure(notes),
        deleted_at=parse(metadata.get("deletionTimestamp")),
        suspended=bool(spec.get("suspend")),
        queue=labels.get(names.LABEL_QUEUE, ""),
    )


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) <= len(str(names.MAX_ATTEMPT)) else 0


def _renderer(spec: dict[str, Any], notes: dict[str, str]) -> Renderer | None:
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or []
    image = next((str(c.get("image") or "") for c in containers if c.get("name") == names.CONTAINER), "")
    version = notes.get(names.ANNOTATION_RENDERER, LEGACY_VERSION)
    if not 0 < len(image) <= LONGEST_IMAGE:
        return None
    return Renderer(image, version if is_version(version) else LEGACY_VERSION)


def _recorded_failure(notes: dict[str, str]) -> Failure | None:
    class_, message = notes.get(names.ANNOTATION_FAILURE), notes.get(names.ANNOTATION_MESSAGE)
    return Failure.model_validate({"class": class_, "message": message or "The attempt failed."}) if class_ else None


def child_of(job: Job, pods: Sequence[Pod]) -> Child:
    """The attempt of a Job and its pods.

    A container that succeeded counts at once, not when its pod has succeeded, a second or two later, nor when its Job
    is complete, another second later. A failure counts once the pod's own is observed, which has the details.

    What was ended from outside does not count: the Job replaces disrupted pods (evicted, preempted, node lost) and
    those of its suspension. Where it does not (a person deleted the pod), the Job fails.
    """
    pods = [_of_task(pod, job.task) for pod in sorted(pods, key=lambda pod: pod.created_at)]
    answered = [pod for pod in pods if pod.has_result]
    broken = [pod for pod in pods if pod.has_failed and not _ended_from_outside(pod)]
    child = _active(job, pods)
    if answered:
        ended_at = answered[0].ended_at or job.ended_at
        lingers = _lingers_until(answered[0])
        return replace(
            child, state=State.SUCCEEDED, result=answered[0].result, ended_at=ended_at, lingers_until=lingers
        )
    if broken:
        last, ending = broken[-1], _ending(job, broken[-1])
        return replace(
            child, state=State.FAILED, ending=ending, ended_at=last.ended_at, lingers_until=_lingers_until(last)
        )
    if job.complete or job.failed:
        settles_at = job.ended_at + SETTLING if job.ended_at else None
        ending = _ending(job, pods[-1] if pods else None)
        return replace(child, state=State.FAILED, ending=ending, ended_at=job.ended_at, settles_at=settles_at)
    return child


def _of_task(pod: Pod, task: str) -> Pod:
    """The pod without a result that is another task's, or that names a file of another namespace."""
    if not pod.has_result or pod.result is None:
        return pod
    if pod.result.task != task:
        return replace(pod, result=None, unreadable=f"it is the answer of a {pod.result.task} task")
    if isinstance(pod.result, StitchResult) and not pod.result.path.startswith(f"{pod.namespace}/"):
        return replace(pod, result=None, unreadable="its path is in the folder of another namespace")
    return pod


def _ended_from_outside(pod: Pod) -> bool:
    return not pod.failed_before and (bool(pod.disruption) or (pod.deleting and pod.result is None))


def _lingers_until(pod: Pod) -> datetime | None:
    return pod.ended_at + LINGERING if pod.lingering and pod.ended_at and not pod.gone else None


def _active(job: Job, pods: Sequence[Pod]) -> Child:
    alive = [pod for pod in pods if not pod.gone and not pod.ended]
    disrupted = [pod for pod in pods if pod.disruption]
    wait, since = _wait(job, alive)
    podless_since = _podless_since(job, pods)
    return Child(
        name=job.name,
        uid=job.uid,
        task=job.task,
        digest=job.digest,
        attempt=job.attempt,
        scene=job.scene,
        generation=job.generation,
        template=job.template,
        renderer=job.renderer,
        queued_at=job.created_at,
        running=any(pod.running for pod in alive),
        started_at=next((pod.started_at for pod in alive if pod.started_at), None),
        wait=PODLESS if podless_since else wait,
        waiting_since=since,
        podless_since=podless_since,
        unstarted_since=None if wait or not alive else alive[-1].unstarted_since,
        pod_uid=alive[-1].uid if alive else "",
        disruption=_ending(job, disrupted[-1]) if disrupted else None,
        lost_at=_lost_at(alive),
        nudged_at=job.nudged_at,
        recorded=job.recorded,
        deleting=job.deleting,
    )


def _wait(job: Job, alive: Sequence[Pod]) -> tuple[Wait | None, datetime | None]:
    """Why an attempt waits, and since when, where a short wait is usual."""
    if job.deleting:
        return Wait(TERMINATING, "its Job is being deleted, and a finalizer keeps it"), job.deleted_at
    if job.suspended:
        queue = f"the queue {job.queue} has not admitted it yet" if job.queue else "its Job is suspended"
        return Wait(QUEUED, queue), None
    found = ((pod.wait, pod.waiting_since) for pod in alive if pod.wait)
    return next(found, (None, None))


def _podless_since(job: Job, pods: Sequence[Pod]) -> datetime | None:
    """Since when a Job that should have a pod has none. One that is ending still counts, an evicted one does not."""
    if job.deleting or job.suspended or job.complete or job.failed:
        return None
    if any(not pod.gone and not (pod.ended and _ended_from_outside(pod)) for pod in pods):
        return None
    ends = [pod.ended_at for pod in pods if pod.ended_at]
    return max((moment for moment in (job.began_at, *ends) if moment), default=None)


def _lost_at(alive: Sequence[Pod]) -> datetime | None:
    """When to give up pods that do not end: the Job controller waits for them without limit (podFailurePolicy)."""
    ends = [pod.ends_by for pod in alive if pod.ends_by]
    return max(ends) + GIVEN_UP if ends and len(ends) == len(alive) else None


def _ending(job: Job, pod: Pod | None) -> Ending:
    if pod is None:
        return Ending(
            job_reason=job.reason,
            pod_deleted=job.reason in OF_A_POD,
            completed=job.complete,
            recorded=job.recorded,
            ran=job.pods_failed > 0,
        )
    lost = pod.deleting or (pod.gone and not pod.ended)
    return Ending(
        job_reason=job.reason,
        pod_reason=pod.reason,
        pod_message=pod.message,
        pod_deleted=lost and not pod.failed_before and job.reason != "DeadlineExceeded",
        container_reason=pod.container_reason,
        exit_code=pod.exit_code,
        result=pod.result if isinstance(pod.result, FailureResult) else None,
        unreadable=pod.unreadable,
        completed=job.complete,
        recorded=job.recorded,
        ran=pod.ran,
        wait=pod.wait,
        disruption="" if pod.failed_before else pod.disruption,
        pod=pod.name,
        node=pod.node,
    )


def refused_child(videojob_generation: int, job: Job, refusal: str) -> Child:
    """The failed attempt of a Job that the API server refuses."""
    active = _active(job, ())
    return replace(active, generation=videojob_generation, state=State.FAILED, ending=Ending(refusal=refusal))
