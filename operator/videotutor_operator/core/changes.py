"""Classify what a new status changes; `reconciler/pace.py` and the reports depend on it."""

from __future__ import annotations

import re
from enum import IntEnum
from operator import attrgetter

from videojob.phases import TERMINAL, Phase
from videojob.status import Condition, VideoJobStatus
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.model import DENIED, NO_POD, NOT_STARTED, QUOTA
from videotutor_operator.core.progress import ready
from videotutor_operator.core.scenes import update
from videotutor_operator.core.task import TRIED_AGAIN

MANY_CAUSES = frozenset({QUOTA, DENIED, NO_POD, NOT_STARTED})
"""Reasons of waiting whose message names the cause to remove."""
_plain_fields = attrgetter(*(VideoJobStatus.model_fields.keys() - {"message", "conditions", "scenes", "report"}))
RESTING = TERMINAL | {Phase.SUSPENDED}
_CHANGING = re.compile(
    r"\bused: .*?(?=, limited:|$)"  # of a quota
    r"|(?<![\w.:/=-])\d[\d.:/,]*(?:ms|s|m|h)?(?![\w-])"  # numbers, addresses, times
    r"|\b(?=[a-z-]*\d)[0-9a-f]{4,}(?:-[0-9a-f]{2,})*\b"  # ids
    r"|-(?=[a-z]*\d)[a-z0-9]{5,6}(?![\w-])"  # the end of a pod's name
)
"""Parts of messages that change by themselves. What a user sets does not: names of classes, quantities, limits of
quotas."""


class Change(IntEnum):
    """How much differs, from nothing to a change that is written at once."""

    NOTHING = 0
    """Only numbers and ids within messages differ."""
    CONFIRMATION = 1
    """Only what Convex confirmed differs; the next write includes it."""
    WORDS = 2
    """Only messages differ."""
    CAUSE = 3
    """Only messages differ, including the cause of a missing pod, or whether something is tried again."""
    PROGRESS = 4
    """Only the number of finished scenes differs."""
    NEWS = 5


def classify(before: VideoJobStatus, after: VideoJobStatus) -> Change:
    """Classify the change from the stored status to a new one."""
    if before == after:
        return Change.NOTHING
    if _state(before) == _state(after):
        if _words(before) != _words(after):
            same = cause_of(before) == cause_of(after) and _is_tried_again(before) == _is_tried_again(after)
            return Change.WORDS if same else Change.CAUSE
        return Change.CONFIRMATION if _delivery(before) != _delivery(after) else Change.NOTHING
    if ready(after) > ready(before) and _stage(before) == _stage(after):
        return Change.PROGRESS
    return Change.NEWS


def is_news(before: VideoJobStatus, after: VideoJobStatus, reason: str) -> bool:
    """Whether Convex gets a report on the new status, whose Ready condition will have this reason.

    Estimated completion and per-scene progress do not trigger a report; the next one includes them.
    """
    return _reported_fields(before, reason_of(before)) != _reported_fields(after, reason)


def _reported_fields(status: VideoJobStatus, reason: str) -> tuple[object, ...]:
    video = status.video if status.phase is Phase.SUCCEEDED else None
    scenes = status.scenes if status.scenes_ready else ()  # otherwise they belong to an older plan
    shown = tuple(
        (s.id, s.title, s.phase, s.duration_seconds, s.reused, s.failure and s.failure.class_) for s in scenes
    )
    return status.observed_generation, status.phase, status.progress, status.planner, reason, video, shown


def _stage(status: VideoJobStatus) -> tuple[object, ...]:
    failures = tuple(scene.failure and scene.failure.class_ for scene in status.scenes)
    return status.observed_generation, status.phase, reason_of(status), failures


def _state(status: VideoJobStatus) -> tuple[object, ...]:
    """The status without messages and without what Convex has confirmed."""
    conditions = [_fact(condition) for condition in status.conditions if not _is_delivery(condition)]
    failures = [scene.failure and scene.failure.class_ for scene in status.scenes]
    scenes = [update(scene, failure=None) for scene in status.scenes]
    report = status.report.model_dump(exclude={"acknowledged", "last_error"})
    return _plain_fields(status), conditions, failures, scenes, report


def _fact(condition: Condition) -> tuple[object, ...]:
    pin = condition.message if condition.type == "RendererPinned" else ""
    return condition.type, condition.status, condition.reason, condition.observed_generation, pin


def _is_delivery(condition: Condition) -> bool:
    return condition.type == "Reported" and condition.reason in {"Delivered", "Pending"}


def _delivery(status: VideoJobStatus) -> tuple[object, ...]:
    return status.report.acknowledged, status.condition("Reported")


def _words(status: VideoJobStatus) -> list[str]:
    """The messages without what changes by itself."""
    conditions = [condition.message for condition in status.conditions if not _is_delivery(condition)]
    failures = [scene.failure.message for scene in status.scenes if scene.failure]
    texts = (status.message, status.report.last_error, *conditions, *failures)
    return [settled_words(text) for text in texts]


def cause_of(status: VideoJobStatus) -> str:
    """Why a video has no pod, where its reason has many causes, without what changes by itself; empty otherwise."""
    waits = status.message.partition(" waits: ")[2].partition("; ")[0]
    return settled_words(waits) if reason_of(status) in MANY_CAUSES else ""


def _is_tried_again(status: VideoJobStatus) -> bool:
    return TRIED_AGAIN in status.message


def settled_words(text: str) -> str:
    """A message without numbers and ids (counts of nodes, request ids), which change by themselves."""
    return _CHANGING.sub("#", text)
