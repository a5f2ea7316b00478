"""Kubernetes events, for `kubectl describe videojob` and `kubectl events`: what changed between two statuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from videojob import API_GROUP, API_VERSION, KIND
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import FailureClass, SceneStatus, VideoJobStatus
from videotutor_operator.core.changes import cause_of
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.model import QUEUED, VideoJob
from videotutor_operator.times import stamp_micro

REPORTER = "videotutor.dev/operator"
LONGEST_NOTE = 1024
"""Limit of an event's note in Kubernetes, in bytes."""
STOPPED = frozenset({Phase.SUSPENDED, Phase.CANCELLED})
"""Phases that a user requested: a scene stopped by them did not fail."""
SILENT = frozenset({Phase.PENDING, Phase.PLANNING, Phase.STITCHING})
"""Phases without an event. Each is short, and an event costs the API server as much as a status does: in a burst of
videos, events for these would be a seventh of all writes."""


@dataclass(frozen=True, slots=True)
class KubernetesEvent:
    """Content of one event. `reason`: one word for machines: a phase, a class of failure or a reason of waiting."""

    reason: str
    note: str
    warning: bool = True


def events_between(before: VideoJobStatus, after: VideoJobStatus) -> tuple[KubernetesEvent, ...]:
    """The events between two statuses: phases, failed attempts, disruptions, unusual waits.

    An undisturbed video has two: Rendering and Succeeded.
    """
    phase = (_phase(after),) if _is_news(before, after) else ()
    return (*phase, *_failures(before, after), *_trouble(before, after))


def _is_news(before: VideoJobStatus, after: VideoJobStatus) -> bool:
    """Whether the phase changed to one with an event; a new generation that ends where it began is a change too."""
    again = before.observed_generation != after.observed_generation and after.phase is Phase.SUCCEEDED
    return after.phase not in SILENT and (before.phase != after.phase or again)


def _phase(after: VideoJobStatus) -> KubernetesEvent:
    failed = after.phase is Phase.FAILED
    return KubernetesEvent(reason_of(after) if failed else after.phase.value, after.message, warning=failed)


def _failures(before: VideoJobStatus, after: VideoJobStatus) -> tuple[KubernetesEvent, ...]:
    """One event for each class of failure, with the ids of the scenes: a hundred may fail at once."""
    known = {scene.id: scene for scene in before.scenes}
    hit: dict[FailureClass, list[tuple[SceneStatus, int]]] = {}
    for scene in after.scenes:
        failure = scene.failure
        if failure and after.phase not in STOPPED and _failed_since(known.get(scene.id), scene):
            hit.setdefault(failure.class_, []).append((scene, _failed_attempt(known.get(scene.id), scene)))
    found = (KubernetesEvent(class_.value, _about(scenes)) for class_, scenes in hit.items())
    return tuple(item for item in found if after.phase is not Phase.FAILED or item.reason != reason_of(after))


def _failed_since(before: SceneStatus | None, after: SceneStatus) -> bool:
    """Whether an attempt failed or was disrupted; a repeated failure with the same message changes the phase."""
    if before is None or before.failure != after.failure:
        return True
    return before.phase is ScenePhase.RUNNING and after.phase in {ScenePhase.PENDING, ScenePhase.FAILED}


def _failed_attempt(before: SceneStatus | None, after: SceneStatus) -> int:
    """The attempt that failed, or was disrupted: the next one may have begun already."""
    return after.failed if after.failed > (before.failed if before else 0) else after.attempts


def _about(scenes: list[tuple[SceneStatus, int]]) -> str:
    (first, attempt), *rest = scenes
    message = first.failure.message if first.failure else ""
    others = f" Also {', '.join(scene.id for scene, _ in rest)}." if rest else ""
    return f"{first.id}, attempt {attempt}: {message}{others}"


def _trouble(before: VideoJobStatus, after: VideoJobStatus) -> tuple[KubernetesEvent, ...]:
    reason = trouble(after)
    if not reason or (reason == trouble(before) and cause_of(after) == cause_of(before)):
        return ()
    return (KubernetesEvent(reason, after.message, warning=reason != QUEUED),)


def trouble(status: VideoJobStatus) -> str:
    """Why an unfinished video waits: the reason of its condition Ready, unless that is a phase; empty otherwise."""
    reason = reason_of(status)
    return "" if status.phase in TERMINAL or reason in {status.phase.value, *Phase} else reason


def event_manifest(job: VideoJob, item: KubernetesEvent, instance: str, now: datetime) -> dict[str, Any]:
    """An event of the API group events.k8s.io about a VideoJob.

    Its name sorts by time: `kubectl describe` shows events of this group in the order of their names.
    """
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {
            "name": f"{job.name}.{int(now.timestamp() * 1e6):014x}{uuid4().hex[:6]}",
            "namespace": job.namespace,
        },
        "eventTime": stamp_micro(now),
        "reportingController": REPORTER,
        "reportingInstance": instance[:128],
        "action": "Reconcile",
        "reason": item.reason,
        "type": "Warning" if item.warning else "Normal",
        "note": item.note.encode()[:LONGEST_NOTE].decode(errors="ignore"),
        "regarding": {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "name": job.name,
            "namespace": job.namespace,
            "uid": job.uid,
        },
    }
