"""Classify what a new status changes; `reconciler/pace.py` and the reports depend on it."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Any

from videojob.phases import TERMINAL, Phase
from videojob.status import Condition, VideoJobStatus
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.progress import ready

RESTING = TERMINAL | {Phase.SUSPENDED}
_WORD, _DIGIT = re.compile(r"\S+"), re.compile(r"\d")


class Change(IntEnum):
    """How much differs, from nothing to a change that is written at once."""

    NOTHING = 0
    """Only numbers and ids within messages differ."""
    CONFIRMATION = 1
    """Only what Convex confirmed differs; the next write includes it."""
    WORDS = 2
    """Only messages differ."""
    PROGRESS = 3
    """Only the number of finished scenes differs."""
    NEWS = 4


def classify(before: VideoJobStatus, after: VideoJobStatus) -> Change:
    """Classify the change from the stored status to a new one."""
    if before == after:
        return Change.NOTHING
    if _state(before) == _state(after):
        if _words(before) != _words(after):
            return Change.WORDS
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


def _state(status: VideoJobStatus) -> dict[str, Any]:
    """The status without messages and without what Convex has confirmed."""
    state = status.model_dump(exclude={"message": True, "report": {"acknowledged", "last_error"}})
    state["conditions"] = [_fact(condition) for condition in status.conditions if not _is_delivery(condition)]
    for scene in state["scenes"]:
        scene["failure"] = scene["failure"] and scene["failure"]["class_"]
    return state


def _fact(condition: Condition) -> tuple[object, ...]:
    pin = condition.message if condition.type == "RendererPinned" else ""
    return condition.type, condition.status, condition.reason, condition.observed_generation, pin


def _is_delivery(condition: Condition) -> bool:
    return condition.type == "Reported" and condition.reason in {"Delivered", "Pending"}


def _delivery(status: VideoJobStatus) -> tuple[object, ...]:
    return status.report.acknowledged, status.condition("Reported")


def _words(status: VideoJobStatus) -> list[str]:
    """The messages without numbers and ids (counts of nodes, request ids), which change by themselves."""
    conditions = [condition.message for condition in status.conditions if not _is_delivery(condition)]
    failures = [scene.failure.message for scene in status.scenes if scene.failure]
    texts = (status.message, status.report.last_error, *conditions, *failures)
    return [_WORD.sub(lambda word: "#" if _DIGIT.search(word[0]) else word[0], text) for text in texts]
