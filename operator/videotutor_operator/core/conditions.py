"""The conditions of a VideoJob: the truth for machines, `kubectl wait` among them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from videojob.phases import Phase, ScenePhase
from videojob.status import LONGEST_MESSAGE, Condition, VideoJobStatus
from videotutor_operator.core.model import Delivery, VideoJob
from videotutor_operator.core.progress import counted
from videotutor_operator.times import stamp


def conditions_of(
    job: VideoJob, status: VideoJobStatus, reason: str, delivery: Delivery | None, now: datetime
) -> tuple[Condition, ...]:
    """All conditions of a status. `delivery` is None where nobody is told."""
    stalled = status.phase in {Phase.FAILED, Phase.CANCELLED}
    facts = [
        _planned(status, reason),
        _rendered(status, reason),
        _fact("Ready", status.phase is Phase.SUCCEEDED, reason, status.message),
        _fact("Stalled", stalled, reason, status.message if stalled else "Nothing needs to be mended."),
    ]
    if delivery is not None:
        facts.append(_reported(status, delivery))
    before = {condition.type: condition for condition in job.status.conditions}
    return tuple(_dated(fact, before.get(fact[0]), status.observed_generation, now) for fact in facts)


Fact = tuple[str, bool, str, str]
"""Type, whether it holds, reason and message."""


def _fact(kind: str, holds: bool, reason: str, message: str = "") -> Fact:  # noqa: FBT001 -- the value itself
    return kind, holds, reason, message[:LONGEST_MESSAGE]


def _planned(status: VideoJobStatus, reason: str) -> Fact:
    if status.plan:
        scenes = counted(len(status.scenes), "scene")
        return _fact("Planned", True, "Planned", status.plan.note or f"Planned: {scenes}.")
    return _fact("Planned", False, reason, status.message)


def _rendered(status: VideoJobStatus, reason: str) -> Fact:
    done = bool(status.scenes) and all(scene.phase is ScenePhase.SUCCEEDED for scene in status.scenes)
    if status.plan and done:
        return _fact("ScenesRendered", True, "Rendered", f"{status.scenes_ready} scenes are rendered.")
    waiting = "The scenes are not known yet." if status.phase is Phase.PLANNING else status.message
    return _fact("ScenesRendered", False, reason, waiting)


def _reported(status: VideoJobStatus, delivery: Delivery) -> Fact:
    report = status.report
    if report.acknowledged >= report.sequence:
        return _fact("Reported", True, "Delivered", "Convex knows the current state.")
    if delivery.error:
        return _fact("Reported", False, delivery.reason or "Retrying", delivery.error)
    return _fact("Reported", False, "Pending", "The current state is on its way to Convex.")


def is_unknown(status: VideoJobStatus) -> bool:
    """Whether Convex answers that it does not know the session."""
    return any(c.type == "Reported" and c.reason == "UnknownSession" for c in status.conditions)


def _dated(fact: Fact, before: Condition | None, generation: int, now: datetime) -> Condition:
    kind, holds, reason, message = fact
    status: Literal["True", "False"] = "True" if holds else "False"
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
    """The reason that the Ready condition gives, which outlives the pass that found it."""
    ready = next((condition for condition in status.conditions if condition.type == "Ready"), None)
    return ready.reason if ready else status.phase.value
