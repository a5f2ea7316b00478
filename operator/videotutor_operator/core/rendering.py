"""The second stage: one Job for each scene whose digest has not been rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, assert_never

from videojob.digest import scene_digests
from videojob.phases import ScenePhase
from videojob.spec import VideoJobSpec
from videojob.status import Failure, SceneStatus, VideoJobStatus
from videojob.tasks import SceneTask
from videotutor_operator.core import scenes
from videotutor_operator.core.attempts import Course, Done, Due, Over, Replace, Running
from videotutor_operator.core.model import Action, CreateJob, DeleteJob
from videotutor_operator.core.step import Look, soonest
from videotutor_operator.times import stamp

ENDED = frozenset({ScenePhase.SUCCEEDED, ScenePhase.FAILED})
"""Phases of a scene that nothing more is to be done for, in this generation."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """Every scene after this pass, and what to do for them.

    `trouble`: what holds one of them up, and `reason` the same in one word, where it is an unusual wait.
    """

    scenes: tuple[SceneStatus, ...]
    actions: tuple[Action, ...] = ()
    recheck_after: float | None = None
    trouble: str = ""
    reason: str = ""

    def outstanding(self) -> int:
        """How many scenes have not ended."""
        return sum(scene.phase not in ENDED for scene in self.scenes)

    def failed(self) -> tuple[SceneStatus, ...]:
        """The scenes that failed for good."""
        return tuple(scene for scene in self.scenes if scene.phase is ScenePhase.FAILED)


def retargeted(spec: VideoJobSpec, status: VideoJobStatus) -> tuple[SceneStatus, ...]:
    """The scenes with the digests that the spec asks for now."""
    language = status.plan.language if status.plan else None
    digests = scene_digests(spec, language, {scene.id: scene.content for scene in status.scenes})
    return tuple(scenes.retargeted(scene, digests[scene.id]) for scene in status.scenes)


def advance(look: Look, status: VideoJobStatus) -> Scenes:
    """Every scene one step on, as many at once as `spec.parallelism` allows."""
    present = retargeted(look.spec, status)
    courses = {scene.id: look.follow_scene(scene) for scene in present if scene.phase not in ENDED}
    taken = [scene.digest for scene in present if isinstance(courses.get(scene.id), Running | Replace)]
    places = _Places(0 if look.hold else look.spec.parallelism, taken)
    moves = [_move(look, status, scene, courses.get(scene.id), places) for scene in present]
    held_up = min((move for move in moves if move.trouble), key=lambda move: not move.reason, default=None)
    return Scenes(
        scenes=tuple(scenes.brief(move.scene) for move in moves),
        actions=tuple(move.action for move in moves if move.action),
        recheck_after=soonest(*(move.recheck_after for move in moves)),
        trouble=f"{held_up.scene.id} {held_up.trouble}" if held_up else "",
        reason=held_up.reason if held_up else "",
    )


class _Places:
    """Who may start: so many at once, and of equal scenes one at a time, since the others then find it rendered."""

    def __init__(self, most: int, taken: list[str]) -> None:
        self._most = most
        self._taken = taken

    def take(self, digest: str) -> bool:
        """Whether a scene with this digest may start now."""
        free = len(self._taken) < self._most and digest not in self._taken
        if free:
            self._taken.append(digest)
        return free


class _Move(NamedTuple):
    scene: SceneStatus
    action: Action | None = None
    recheck_after: float | None = None
    trouble: str = ""
    reason: str = ""


def _move(look: Look, status: VideoJobStatus, scene: SceneStatus, course: Course | None, places: _Places) -> _Move:
    match course:
        case None:
            return _Move(scene)
        case Done(result, attempt, ended_at):
            return _Move(scenes.finished(scene, result, attempt, stamp(ended_at or look.now)))
        case Over(failure, attempt):
            return _Move(scenes.failed(scene, failure, attempt, stamp(look.now)))
        case Running(attempt, waiting, reason, after, disruption):
            running = scenes.running(scene, attempt, disruption, stamp(look.now))
            trouble = _waits(waiting) or (_again(disruption) if disruption and not course.runs else "")
            return _Move(running, recheck_after=after, trouble=trouble, reason=reason)
        case Replace(child, why, reason):
            return _Move(scenes.pending(scene), DeleteJob(child.name, child.uid), trouble=f"is {why}", reason=reason)
        case Due():
            return _due(look, status, scene, course, places)
        case _:
            assert_never(course)


def _due(look: Look, status: VideoJobStatus, scene: SceneStatus, due: Due, places: _Places) -> _Move:
    trouble = _again(due.failure) if due.failure else _waits(due.waiting)
    waiting = scenes.pending(scene, due.failure, due.failed)
    if due.after > 0:
        return _Move(waiting, recheck_after=due.after, trouble=trouble, reason=due.waiting_reason)
    if not places.take(scene.digest):
        return _Move(waiting, trouble=trouble, reason=due.waiting_reason)
    started = scenes.running(scene, due.attempt, due.failure, stamp(look.now))
    create = CreateJob(scene_task(look, status, scene), scene.digest, due.attempt, due.more_memory)
    return _Move(started, create, trouble=_waits(due.waiting), reason=due.waiting_reason)


def _again(failure: Failure) -> str:
    return f"is tried again after {failure.class_}: {failure.message}"


def _waits(why: str) -> str:
    return f"waits: {why}" if why else ""


def scene_task(look: Look, status: VideoJobStatus, scene: SceneStatus) -> SceneTask:
    """What a scene's container is told."""
    storyboard = status.plan.storyboard if status.plan else ""
    return SceneTask.of(look.spec, look.job.namespace, storyboard, scene.id, scene.digest)
