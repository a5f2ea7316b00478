"""How far a video is, and when it will be done: numbers for people."""

from __future__ import annotations

from datetime import datetime, timedelta
from heapq import heapify, heapreplace

from videojob.phases import Phase, ScenePhase
from videojob.status import SceneStatus, VideoJobStatus
from videotutor_operator.core.scenes import RUNS, update
from videotutor_operator.times import parse, stamp

PLANNING = 5
"""Percent during planning."""
PLANNED = 10
"""Percent when the scenes are known."""
RENDERED = 90
"""Percent when every scene is rendered."""
LONGEST_SCENE = 86_400.0
"""Seconds that a scene takes at most, for estimates: times in a status may be wrong."""
JOIN_SECONDS = 10
"""Estimated time of stitching, including its pod's start."""
STARTING = timedelta(seconds=10)
"""How long a pod may take to start; one that takes longer waits for room."""
OVERTIME = 4
"""A scene that has run for longer than the mean is expected to take a quarter of it more: where several began together,
the first one to end is the mean, and the others are nearly done."""


def percent(status: VideoJobStatus) -> int:
    """Percent done, from what is finished; never less within a generation."""
    if status.phase is Phase.SUCCEEDED:
        return 100
    if not status.plan or not status.scenes:
        return PLANNING
    return PLANNED + (RENDERED - PLANNED) * ready(status) // len(status.scenes)


def count_of(number: int, thing: str) -> str:
    """A number of things, for example 1 scene or 2 scenes."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def ready(status: VideoJobStatus) -> int:
    """How many scenes are finished."""
    return sum(scene.phase is ScenePhase.SUCCEEDED for scene in status.scenes)


def scenes_ready(status: VideoJobStatus) -> str:
    """Finished scenes / total, for the column of `kubectl get`; empty before the plan."""
    return f"{ready(status)}/{len(status.scenes)}" if status.scenes and status.plan else ""


def estimate(status: VideoJobStatus, parallelism: int, now: datetime) -> VideoJobStatus:
    """The status with the estimated completion of its running scenes and the video, once a scene is measured."""
    mean = _mean_seconds(status.scenes)
    if mean is None or status.phase not in {Phase.RENDERING, Phase.STITCHING}:
        scenes = tuple(update(scene, estimated_completion=None) for scene in status.scenes)
        return status.model_copy(update={"scenes": scenes, "estimated_completion": None})
    begun = [scene for scene in status.scenes if scene.phase is ScenePhase.RUNNING]
    held = [scene.id for scene in begun if _waits_for_room(scene, now)]
    ends = {scene.id: _end(scene, mean, now) for scene in begun if scene.id not in held}
    free = 0 if held and ends else max(parallelism - len(ends), len(held))
    places = [*ends.values(), *[now] * free]
    ends |= zip(held, _take_places(places, len(held), mean), strict=True)
    _take_places(places, sum(scene.phase is ScenePhase.PENDING for scene in status.scenes), mean)
    last = max(places, default=now) + timedelta(seconds=JOIN_SECONDS)
    scenes = tuple(update(scene, estimated_completion=_optional_stamp(ends.get(scene.id))) for scene in status.scenes)
    failing = any(scene.phase is ScenePhase.FAILED for scene in scenes)
    return status.model_copy(update={"scenes": scenes, "estimated_completion": None if failing else stamp(last)})


def _waits_for_room(scene: SceneStatus, now: datetime) -> bool:
    """Whether a scene has a Job whose pod has not started although there was time for it."""
    return scene.progress < RUNS and now - (parse(scene.started_at) or now) > STARTING


def _take_places(places: list[datetime], waiting: int, mean: timedelta) -> list[datetime]:
    """The ends of so many scenes, each of which takes the place that is free first; `places` are free from then on."""
    heapify(places)
    ends = []
    for _ in range(waiting if places else 0):
        ends.append(places[0] + mean)
        heapreplace(places, ends[-1])
    return ends


def _end(scene: SceneStatus, mean: timedelta, now: datetime) -> datetime:
    return max((parse(scene.started_at) or now) + mean, now + mean / OVERTIME)


def _optional_stamp(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def _mean_seconds(scenes: tuple[SceneStatus, ...]) -> timedelta | None:
    """Mean render time of a scene, from the start of its successful attempt; without reused ones."""
    measured = [seconds for scene in scenes if (seconds := _seconds(scene)) is not None]
    return timedelta(seconds=sum(measured) / len(measured)) if measured else None


def _seconds(scene: SceneStatus) -> float | None:
    if scene.phase is not ScenePhase.SUCCEEDED or scene.reused:
        return None
    start, end = parse(scene.started_at), parse(scene.finished_at)
    return min(max((end - start).total_seconds(), 1.0), LONGEST_SCENE) if start and end else None
