"""Why an attempt failed and whether another may help: a table of small rules, which docs/failures.md prints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from videojob.base import ellipsize
from videojob.status import LONGEST_MESSAGE, Failure, FailureClass
from videotutor_operator.core import endings
from videotutor_operator.core.endings import Describe
from videotutor_operator.core.model import Ending


class Retry(StrEnum):
    """When a failed task is tried again."""

    NEVER = "never"
    ONCE = "once"
    LIMITED = "limited"
    FREE = "free"


class Verdict(NamedTuple):
    """A failure, and whether it is retried."""

    failure: Failure
    retry: Retry


FREE_OF_CHARGE = "It costs no attempt"
"""Beginning of the advice of every failure that the task did not cause."""
EXHAUSTED = "That happened too often: remove the cause, then raise spec.retry."
"""Advice after the last free attempt."""
UNKNOWN = Failure(class_=FailureClass.INTERNAL, message="It failed; no reason was given.")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: its class, whether another try helps, when it applies (for the docs), and what the user can do.

    `describe` returns what happened, empty where the rule does not apply.
    """

    class_: FailureClass
    retry: Retry
    when: str
    describe: Describe
    advice: str


_C, _R = FailureClass, Retry
RULES: tuple[Rule, ...] = (
    Rule(
        _C.INTERNAL,
        _R.NEVER,
        "The API server refuses the Job itself.",
        endings.refusal,
        "Check spec.podTemplate; where it is empty, renderer.* of the chart.",
    ),
    Rule(
        _C.BAD_SCENE,
        _R.NEVER,
        "A scene cannot be drawn as it is.",
        endings.renderer_failure,
        "Fix it in spec.sceneOverrides.",
    ),
    Rule(
        _C.BAD_STORYBOARD,
        _R.NEVER,
        "The storyboard is invalid.",
        endings.renderer_failure,
        "Fix spec.storyboard, or change spec.prompt.",
    ),
    Rule(
        _C.PLANNER_REFUSAL,
        _R.NEVER,
        "The planner cannot make a lesson of the prompt.",
        endings.renderer_failure,
        "Change spec.prompt or spec.planner.",
    ),
    Rule(
        _C.PLANNER_UNAVAILABLE,
        _R.LIMITED,
        "The language model does not answer.",
        endings.renderer_failure,
        "Check its endpoint, then raise spec.retry.",
    ),
    Rule(
        _C.INVALID_OUTPUT,
        _R.NEVER,
        "The rendered file failed validation.",
        endings.renderer_failure,
        "Change spec.output or the scene; it may be a fault of the renderer.",
    ),
    Rule(
        _C.OUT_OF_MEMORY,
        _R.ONCE,
        "The renderer needs more memory than its limit; the second try has twice as much.",
        endings.out_of_memory,
        "Raise spec.podTemplate.resources.limits.memory.",
    ),
    Rule(
        _C.IMAGE_PULL,
        _R.NEVER,
        "The image could not be pulled within spec.activeDeadlineSeconds.",
        endings.image_not_pulled,
        "Check the image's name and the registry's credentials, then raise spec.retry.",
    ),
    Rule(
        _C.UNSCHEDULABLE,
        _R.NEVER,
        "No pod could be made or placed for a week, or its container could not be started.",
        endings.not_started,
        "Check spec.podTemplate, quotas, policies and the nodes' room, then raise spec.retry.",
    ),
    Rule(
        _C.TIMEOUT,
        _R.LIMITED,
        "The container ran for longer than spec.activeDeadlineSeconds.",
        endings.too_long,
        "Raise spec.activeDeadlineSeconds, or make the scene shorter.",
    ),
    Rule(
        _C.PREEMPTED,
        _R.FREE,
        "A pod of higher priority took its place.",
        endings.disruption(_C.PREEMPTED, "was preempted"),
        f"{FREE_OF_CHARGE}; a higher spec.podTemplate.priorityClassName prevents it.",
    ),
    Rule(
        _C.NODE_LOST,
        _R.FREE,
        "The node is gone or does not answer.",
        endings.disruption(_C.NODE_LOST, "was lost"),
        f"{FREE_OF_CHARGE} and runs again on another node.",
    ),
    Rule(
        _C.EVICTED,
        _R.LIMITED,
        "The pod used more disk than it may.",
        endings.own_disk,
        "Make the scene shorter, or its picture smaller.",
    ),
    Rule(
        _C.EVICTED,
        _R.FREE,
        "The node was drained, shut down or short of something.",
        endings.disruption(_C.EVICTED, "was evicted"),
        f"{FREE_OF_CHARGE} and runs again.",
    ),
    Rule(
        _C.INFRASTRUCTURE,
        _R.FREE,
        "The cluster ended the pod for a reason not named above.",
        endings.disruption(_C.INFRASTRUCTURE, "was disrupted"),
        f"{FREE_OF_CHARGE} and runs again.",
    ),
    Rule(
        _C.INFRASTRUCTURE,
        _R.FREE,
        "The pod was deleted before its end was observed.",
        endings.pod_deleted,
        f"{FREE_OF_CHARGE}.",
    ),
    Rule(
        _C.INFRASTRUCTURE,
        _R.FREE,
        "The node rejected the pod.",
        endings.rejection,
        f"{FREE_OF_CHARGE}.",
    ),
    Rule(
        _C.INTERNAL,
        _R.LIMITED,
        "The renderer's answer is invalid or empty: another version, another image, or damaged.",
        endings.unreadable,
        "Check that images.renderer is the image of the operator's version.",
    ),
    Rule(
        _C.INFRASTRUCTURE,
        _R.FREE,
        "The task is done, but the pod with its result is gone.",
        endings.result_lost,
        f"{FREE_OF_CHARGE}, and what is in the store is found there.",
    ),
    Rule(
        _C.STORE,
        _R.LIMITED,
        "The artifact store or the disk does not answer, or is full.",
        endings.renderer_failure,
        "Check the volume or bucket, then raise spec.retry.",
    ),
    Rule(
        _C.INTERNAL,
        _R.LIMITED,
        "Anything else: the renderer crashed.",
        endings.unknown,
        "See its log (kubectl logs).",
    ),
)

RETRY_OF = {rule.class_: rule.retry for rule in RULES}
ADVICE_OF = {rule.class_: rule.advice for rule in RULES}
"""Retry and advice of a class that the renderer itself reports: those of its last row."""


def _was_killed_for_memory(ending: Ending) -> bool:
    """Whether the kernel killed a process of the renderer, which only sees that it ended."""
    internal = ending.result is not None and ending.result.error.class_ is FailureClass.INTERNAL
    return internal and bool(endings.out_of_memory(ending))


def judge(ending: Ending) -> Verdict:
    """The renderer's own verdict, the failure that the operator recorded on the Job, or the first rule that applies."""
    if ending.result is not None and not _was_killed_for_memory(ending):
        error = ending.result.error
        if error.class_ is FailureClass.OUT_OF_MEMORY:  # the renderer cannot name the field of its limit
            error = Failure(class_=error.class_, message=f"{error.message} {ADVICE_OF[error.class_]}")
        return Verdict(error, RETRY_OF[error.class_])
    if ending.recorded is not None:
        return Verdict(ending.recorded, RETRY_OF[ending.recorded.class_])
    rule, what = next((rule, what) for rule in RULES if (what := rule.describe(ending)))  # the last one always applies
    return Verdict(Failure(class_=rule.class_, message=ellipsize(f"{what} {rule.advice}", LONGEST_MESSAGE)), rule.retry)


def without_attempts(failure: Failure) -> Failure:
    """The failure of the last free attempt: nothing is tried again, as its own advice would say."""
    what = failure.message.partition(FREE_OF_CHARGE)[0].rstrip()
    return Failure(class_=failure.class_, message=ellipsize(f"{what} {EXHAUSTED}", LONGEST_MESSAGE))
