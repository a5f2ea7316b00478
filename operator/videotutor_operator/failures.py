"""Why an attempt failed and whether another may help: an ordered table of small rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from videojob.status import LONGEST_MESSAGE, Failure, FailureClass
from videotutor_operator.model import Ending


class Retry(StrEnum):
    """When a failed task is tried again."""

    NEVER = "never"
    ONCE = "once"
    LIMITED = "limited"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A failure, and whether it is worth another try."""

    failure: Failure
    retry: Retry


_RETRY_OF_REPORTED = {
    FailureClass.BAD_SCENE: Retry.NEVER,
    FailureClass.BAD_STORYBOARD: Retry.NEVER,
    FailureClass.PLANNER_REFUSAL: Retry.NEVER,
    FailureClass.INVALID_OUTPUT: Retry.NEVER,
    FailureClass.OUT_OF_MEMORY: Retry.ONCE,
    FailureClass.TIMEOUT: Retry.LIMITED,
    FailureClass.INFRASTRUCTURE: Retry.FREE,
    FailureClass.STORE: Retry.LIMITED,
    FailureClass.INTERNAL: Retry.LIMITED,
}


def _verdict(class_: FailureClass, message: str, retry: Retry) -> Verdict:
    return Verdict(Failure(class_=class_, message=message[:LONGEST_MESSAGE]), retry)


def _refused(ending: Ending) -> Verdict | None:
    """The API server would not take the Job: the same Job would be refused again."""
    if not ending.refusal:
        return None
    message = f"Kubernetes refused the Job; check spec.podTemplate: {ending.refusal}"
    return _verdict(FailureClass.INTERNAL, message, Retry.NEVER)


def _reported(ending: Ending) -> Verdict | None:
    """The renderer itself said what is wrong."""
    if ending.result is None:
        return None
    error = ending.result.error
    return _verdict(error.class_, error.message, _RETRY_OF_REPORTED[error.class_])


def _out_of_memory(ending: Ending) -> Verdict | None:
    if ending.container_reason != "OOMKilled":
        return None
    message = "The renderer ran out of memory; raise spec.podTemplate.resources.limits.memory."
    return _verdict(FailureClass.OUT_OF_MEMORY, message, Retry.ONCE)


def _too_long(ending: Ending) -> Verdict | None:
    if "DeadlineExceeded" not in (ending.job_reason, ending.pod_reason):
        return None
    why = f"; it was waiting: {ending.waiting}" if ending.waiting else ""
    return _verdict(FailureClass.TIMEOUT, f"Not done within spec.activeDeadlineSeconds{why}.", Retry.LIMITED)


def _pod_deleted(ending: Ending) -> Verdict | None:
    """Someone deleted the pod: not the task's fault."""
    if not ending.pod_deleted or ending.completed:
        return None
    return _verdict(FailureClass.INFRASTRUCTURE, "The pod was deleted while it ran.", Retry.FREE)


def _node_refused(ending: Ending) -> Verdict | None:
    """Evicted for its own disk use, or turned away by the node; other evictions never fail a Job (podFailurePolicy)."""
    if not ending.pod_reason or ending.pod_reason == "DeadlineExceeded":
        return None
    message = f"{ending.pod_reason}: {ending.pod_message or 'the node gave no reason'}"
    return _verdict(FailureClass.INFRASTRUCTURE, message, Retry.LIMITED)


def _result_lost(ending: Ending) -> Verdict | None:
    """It succeeded, but the pod is gone and its answer with it. The store has the work, so the next try is quick."""
    if not ending.completed:
        return None
    return _verdict(FailureClass.INFRASTRUCTURE, "The task's result was lost with its pod.", Retry.FREE)


RULES: tuple[Callable[[Ending], Verdict | None], ...] = (
    _refused,
    _reported,
    _out_of_memory,
    _too_long,
    _pod_deleted,
    _node_refused,
    _result_lost,
)


def judge(ending: Ending) -> Verdict:
    """The verdict of the first rule that applies; what no rule knows is retried a limited number of times."""
    for rule in RULES:
        if verdict := rule(ending):
            return verdict
    code = "no exit code" if ending.exit_code is None else f"exit code {ending.exit_code}"
    reason = ending.container_reason or ending.job_reason or "no reason given"
    return _verdict(FailureClass.INTERNAL, f"The renderer ended without an answer ({code}, {reason}).", Retry.LIMITED)
