"""The status of one scene, from one pass to the next."""

from __future__ import annotations

from typing import assert_never

from videojob.base import ellipsize
from videojob.phases import ScenePhase
from videojob.results import SceneResult
from videojob.status import Failure, FailureClass, SceneStatus
from videotutor_operator.core.failures import UNKNOWN
from videotutor_operator.core.task import Progress
from videotutor_operator.times import stamp

MADE, RUNS, DONE = 10, 30, 100
"""Percent of one scene when its Job is made, when its container runs, and when it is done."""
LONGEST_FAILURE = 290
"""Characters kept of a scene's failure, of both its ends: a hundred must fit into a status of 64 KiB."""
LONGEST_TITLE = 80
"""Characters kept of a scene's title; the storyboard in the store has it in full."""


def update(scene: SceneStatus, **fields: object) -> SceneStatus:
    """The scene with some fields set; the same object where nothing changes, as on most passes."""
    for name, value in fields.items():
        if getattr(scene, name) != value:
            return scene.model_copy(update=fields)
    return scene


def retarget(scene: SceneStatus, digest: str) -> SceneStatus:
    """The scene with its current digest; one whose digest changed starts again."""
    if digest == scene.digest:
        return scene
    return SceneStatus(id=scene.id, title=scene.title, content=scene.content, digest=digest)


def follow(scene: SceneStatus, progress: Progress | None, now: str) -> SceneStatus:
    """The scene with its progress and texts of bounded length; None: it ended before. `now`: RFC 3339."""
    if progress is None:
        return _shorten(scene)
    match progress.phase:
        case ScenePhase.PENDING:
            return _shorten(mark_pending(scene, progress.failure, progress.failed))
        case ScenePhase.RUNNING:
            return _shorten(_run(scene, progress, now))
        case ScenePhase.SUCCEEDED:
            return _shorten(_succeed(scene, progress, now))
        case ScenePhase.FAILED:
            return _shorten(_fail(scene, progress.failure or UNKNOWN, progress.attempt, now))
        case _:
            assert_never(progress.phase)


def _run(scene: SceneStatus, progress: Progress, now: str) -> SceneStatus:
    started_at = scene.started_at if progress.attempt <= scene.attempts else None
    return update(
        scene,
        phase=ScenePhase.RUNNING,
        progress=max(scene.progress, MADE),
        attempts=max(progress.attempt, scene.attempts),
        failed=max(progress.failed, scene.failed),
        started_at=started_at or now,
        failure=progress.failure or scene.failure,
        finished_at=None,
    )


def mark_pending(scene: SceneStatus, failure: Failure | None = None, failed: int = 0) -> SceneStatus:
    """The scene waiting for its first attempt, or for the one after attempt `failed`."""
    return update(
        scene,
        phase=ScenePhase.PENDING,
        progress=0,
        failed=max(failed, scene.failed),
        started_at=None,
        failure=failure or scene.failure,
    )


def stop(scene: SceneStatus) -> SceneStatus:
    """The scene without its running attempt, which does not count as failed."""
    return mark_pending(scene) if scene.phase is ScenePhase.RUNNING else scene


def forgive(scene: SceneStatus) -> SceneStatus:
    """The scene after an edit: its attempts count from 0 unless it succeeded."""
    if scene.phase is ScenePhase.SUCCEEDED:
        return scene
    return update(scene, phase=ScenePhase.PENDING, forgiven=scene.attempts, failure=None, finished_at=None)


def _succeed(scene: SceneStatus, progress: Progress, now: str) -> SceneStatus:
    result = progress.result
    if not isinstance(result, SceneResult):
        message = f"The scene task answered with the result of a {result.task if result else 'missing'} task."
        return _fail(scene, Failure(class_=FailureClass.INTERNAL, message=message), progress.attempt, now)
    return scene.model_copy(
        update={
            "phase": ScenePhase.SUCCEEDED,
            "title": result.title or scene.title,
            "progress": DONE,
            "attempts": max(progress.attempt, scene.attempts),
            "reused": result.reused,
            "duration_seconds": result.duration_seconds,
            "failure": None,
            "finished_at": min(stamp(progress.ended_at), now) if progress.ended_at else now,
        }
    )


def _fail(scene: SceneStatus, failure: Failure, attempt: int, now: str) -> SceneStatus:
    """The scene failed for good, in this generation."""
    attempts = max(attempt, scene.attempts)
    return update(scene, phase=ScenePhase.FAILED, failure=failure, attempts=attempts, failed=attempts, finished_at=now)


def _shorten(scene: SceneStatus) -> SceneStatus:
    """The scene with texts of bounded length."""
    if len(scene.title) > LONGEST_TITLE:
        scene = scene.model_copy(update={"title": scene.title[:LONGEST_TITLE]})
    failure = scene.failure
    if failure and len(failure.message) > LONGEST_FAILURE:
        shorter = failure.model_copy(update={"message": ellipsize(failure.message, LONGEST_FAILURE)})
        scene = scene.model_copy(update={"failure": shorter})
    return scene


def milestone(scene: SceneStatus, *, runs: bool) -> int:
    """Percent of the scene, from what is observed; `runs`: whether its container runs."""
    match scene.phase:
        case ScenePhase.SUCCEEDED:
            return DONE
        case ScenePhase.RUNNING:
            return max(scene.progress, RUNS if runs else MADE)
        case ScenePhase.PENDING:
            return 0
        case ScenePhase.FAILED:
            return scene.progress
        case _:
            assert_never(scene.phase)
