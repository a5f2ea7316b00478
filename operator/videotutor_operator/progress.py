"""How far a video is, and when it will be done: numbers for people."""

from __future__ import annotations

import math
from datetime import timedelta

from videojob.phases import Phase, ScenePhase
from videojob.status import SceneStatus, VideoJobStatus
from videotutor_operator.times import parse, stamp

PLANNING = 5
"""Percent while the plan is made."""
PLANNED = 10
"""Percent when the scenes are known."""
RENDERED = 90
"""Percent when every scene is rendered."""
JOIN_SECONDS = 10
"""Guess of what the join takes, including its pod's start."""


def percent(status: VideoJobStatus, *, planned: bool) -> int:
    """Percent done, from what is finished; never less within a generation."""
    if status.phase is Phase.SUCCEEDED:
        return 100
    if not planned or not status.scenes:
        return PLANNING
    return PLANNED + (RENDERED - PLANNED) * ready(status) // len(status.scenes)


def counted(number: int, thing: str) -> str:
    """A number of things, for example 1 scene or 2 scenes."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def ready(status: VideoJobStatus) -> int:
    """How many scenes are finished."""
    return sum(scene.phase is ScenePhase.SUCCEEDED for scene in status.scenes)


def scenes_ready(status: VideoJobStatus, *, planned: bool) -> str:
    """Finished scenes of all, for the column of `kubectl get`; empty while they are not known."""
    return f"{ready(status)}/{len(status.scenes)}" if status.scenes and planned else ""


def estimate(status: VideoJobStatus, parallelism: int) -> str | None:
    """When the video will be done, from the scenes measured so far; None until one is.

    It depends on the status alone, not on the clock, so that it changes only when a scene ends.
    """
    if status.phase is not Phase.RENDERING:
        return None
    measured = [seconds for scene in status.scenes if (seconds := _seconds(scene)) is not None]
    ends = [end for scene in status.scenes if (end := parse(scene.finished_at))]
    if not measured or not ends:
        return None
    rounds = math.ceil((len(status.scenes) - ready(status)) / parallelism)
    remaining = rounds * sum(measured) / len(measured) + JOIN_SECONDS
    return stamp(max(ends) + timedelta(seconds=remaining))


def _seconds(scene: SceneStatus) -> float | None:
    start, end = parse(scene.started_at), parse(scene.finished_at)
    if scene.phase is not ScenePhase.SUCCEEDED or scene.reused or not start or not end:
        return None
    return max((end - start).total_seconds(), 1.0)
