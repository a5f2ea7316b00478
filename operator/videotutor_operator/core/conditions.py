"""The conditions of a VideoJob: the state for machines, for example `kubectl wait`."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any, Literal

from videojob.base import objects_in, plain
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import LONGEST_MESSAGE, PINNED, Condition, VideoJobStatus
from videotutor_operator.core.model import Delivery, VideoJob
from videotutor_operator.core.progress import count_of
from videotutor_operator.core.step import Snapshot
from videotutor_operator.times import stamp

INVALID_SPEC = "InvalidSpec"
"""Reason of a spec that the CRD accepts although it breaks a rule."""
NEWER = "NewerVersion"
"""Reason of a spec or a status that only a newer version can read."""
UNREAD = frozenset({INVALID_SPEC, NEWER})
"""Reasons of a spec that was not acted on; once it can be read, it counts as new."""
STATUS_REFUSED = "StatusRefused"
"""Reason of a stored status whose update the API server refused."""
READABLE = "Readable"
"""Type of the condition that is False while this version cannot read the VideoJob; absent otherwise."""


def conditions_of(
    snapshot: Snapshot, status: VideoJobStatus, reason: str, delivery: Delivery | None
) -> tuple[Condition, ...]:
    """All conditions of a status. `delivery` is None where Convex gets no reports."""
    stalled = status.phase in {Phase.FAILED, Phase.CANCELLED}
    facts = [
        _planned_fact(status, reason),
        _rendered_fact(status, reason),
        _fact("Ready", status.phase is Phase.SUCCEEDED, reason, status.message),
        _fact("Stalled", stalled, reason, status.message if stalled else "It has neither failed nor been cancelled."),
    ]
    if delivery is not None:
        facts.append(_reported_fact(status, delivery))
    if pin := _pinned_fact(snapshot, status):
        facts.append(pin)
    before = {condition.type: condition for condition in snapshot.job.status.conditions}
    return tuple(_condition(fact, before.get(fact[0]), status.observed_generation, snapshot.now) for fact in facts)


def mark_unreadable(job: VideoJob, problem: str, now: datetime) -> VideoJobStatus:
    """The status of a VideoJob whose spec only a newer version can read: unchanged, with the condition Readable.

    Where the spec was never begun, `message` says it too.
    """
    message = plain(f"{problem}. A newer operator reads it; this one leaves the VideoJob as it is.", LONGEST_MESSAGE)
    status, facts = job.status, [_fact(READABLE, False, NEWER, message)]
    if status.observed_generation != job.generation:
        facts.append(_fact("Ready", False, NEWER, message))
        status = status.model_copy(update={"message": message})
    new = {fact[0]: _condition(fact, status.condition(fact[0]), job.generation, now) for fact in facts}
    kept = (condition for condition in status.conditions if condition.type not in new)
    return status.model_copy(update={"conditions": (*kept, *new.values())})


def mark_reported(job: VideoJob, status: VideoJobStatus, delivery: Delivery, now: datetime) -> VideoJobStatus:
    """The status with its condition Reported as it is now, where it has one."""
    fact = _reported_fact(status, delivery)
    conditions = tuple(
        _condition(fact, condition, job.generation, now) if condition.type == fact[0] else condition
        for condition in status.conditions
    )
    return status.model_copy(update={"conditions": conditions})


def mark_refused(job: VideoJob, why: str, now: datetime) -> VideoJobStatus:
    """The stored status, with a message that Kubernetes refuses this operator's update.

    A terminal one keeps its condition Ready, whose reason and message a later pass reads.
    """
    message = plain(f"Kubernetes refuses the status of this operator's version: {why}", LONGEST_MESSAGE)
    if job.status.phase in TERMINAL:
        return job.status.model_copy(update={"message": message})
    ready = _condition(
        _fact("Ready", False, STATUS_REFUSED, message), job.status.condition("Ready"), job.generation, now
    )
    kept = (condition for condition in job.status.conditions if condition.type != "Ready")
    return job.status.model_copy(update={"conditions": (*kept, ready), "message": message})


def merge_conditions(raw: Any, conditions: tuple[Condition, ...]) -> list[Any]:
    """The conditions of an unreadable status, as JSON, with these in place of those of the same type.

    An unchanged one keeps its time, so that nothing is written twice.
    """
    known = {str(entry.get("type")): entry for entry in objects_in(raw)}
    new = {condition.type: condition.to_json_object() for condition in conditions}
    merged = [known[kind] if _same(known.get(kind), entry) else entry for kind, entry in new.items()]
    return [*(entry for kind, entry in known.items() if kind not in new), *merged]


def _same(one: dict[str, Any] | None, other: dict[str, Any]) -> bool:
    since = {"lastTransitionTime": ""}
    return one is not None and one | since == other | since


Fact = tuple[str, bool, str, str]
"""Type, whether it holds, reason and message."""


def _fact(kind: str, holds: bool, reason: str, message: str = "") -> Fact:  # noqa: FBT001 -- the value itself
    return kind, holds, reason, plain(message, LONGEST_MESSAGE)


def _planned_fact(status: VideoJobStatus, reason: str) -> Fact:
    if status.plan:
        scenes = count_of(len(status.scenes), "scene")
        return _fact("Planned", True, "Planned", status.plan.note or f"Planned: {scenes}.")
    return _fact("Planned", False, reason, status.message)


def _rendered_fact(status: VideoJobStatus, reason: str) -> Fact:
    done = bool(status.scenes) and all(scene.phase is ScenePhase.SUCCEEDED for scene in status.scenes)
    if status.plan and done:
        return _fact("ScenesRendered", True, "Rendered", f"{status.scenes_ready} scenes are rendered.")
    waiting = "The scenes are not known yet." if status.phase is Phase.PLANNING else status.message
    return _fact("ScenesRendered", False, reason, waiting)


def _pinned_fact(snapshot: Snapshot, status: VideoJobStatus) -> Fact | None:
    """The renderer that the video is made with, from the first pass to the last.

    A condition, not a field: the operator of 092fef3 plans a video again whose status has an unknown field.
    """
    stored, renderer = snapshot.job.status, snapshot.renderer
    ended_unpinned = stored.renderer is None and stored.phase in TERMINAL and status.phase in TERMINAL
    if ended_unpinned or not renderer.image:
        return None
    return _fact(PINNED, True, f"Version{renderer.version}", renderer.image)


def _reported_fact(status: VideoJobStatus, delivery: Delivery) -> Fact:
    report = status.report
    if report.acknowledged >= report.sequence:
        return _fact("Reported", True, "Delivered", "Convex has the current state.")
    if delivery.error:
        return _fact("Reported", False, delivery.reason or "Retrying", delivery.error)
    return _fact("Reported", False, "Pending", "The current state is on its way to Convex.")


def is_unknown(status: VideoJobStatus) -> bool:
    """Whether Convex answers with "unknown session"."""
    reported = status.condition("Reported")
    return reported is not None and reported.reason == "UnknownSession"


_content = attrgetter("status", "reason", "message", "observed_generation")


def _condition(fact: Fact, before: Condition | None, generation: int, now: datetime) -> Condition:
    kind, holds, reason, message = fact
    status: Literal["True", "False"] = "True" if holds else "False"
    if before and _content(before) == (status, reason, message, generation):
        return before
    since = before.last_transition_time if before and before.status == status else stamp(now)
    return Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_transition_time=since,
        observed_generation=generation,
    )


def reason_of(status: VideoJobStatus) -> str:
    """The reason of the Ready condition, which persists between passes."""
    ready = status.condition("Ready")
    return ready.reason if ready else status.phase.value
