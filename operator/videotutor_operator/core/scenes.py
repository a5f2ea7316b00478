"""What becomes of one scene: every change of its status has a function here. Where nothing changes, it stays itself."""

from __future__ import annotations

from typing import assert_never

from videojob.phases import ScenePhase
from videojob.results import AnyResult, SceneResult
from videojob.status import Failure, FailureClass, SceneStatus

MADE, RUNS, DONE = 10, 30, 100
"""Percent of one scene when its Job is made, when its container runs, and when it is done."""
LONGEST_FAILURE = 300
"""Characters kept of why a scene failed: a hundred of them must fit into a status of 64 KiB."""
LONGEST_TITLE = 80
"""Characters kept of a scene's title, likewise; the storyboard in the store has it whole."""


def changed(scene: SceneStatus, **update: object) -> SceneStatus:
    """The scene with some fields set; the same one where they are so already, as for most scenes on most looks."""
    for name, value in update.items():
        if getattr(scene, name) != value:
            return scene.model_copy(update=update)
    return scene


def retargeted(scene: SceneStatus, digest: str) -> SceneStatus:
    """The scene with the digest that is asked for now; one whose digest changed starts anew."""
    if digest == scene.digest:
        return scene
    return SceneStatus(id=scene.id, title=scene.title, content=scene.content, digest=digest)


def running(scene: SceneStatus, attempt: int, failure: Failure | None, now: str) -> SceneStatus:
    """An attempt is under way; `failure` is why the one before ended, or the pod before."""
    started_at = scene.started_at if attempt <= scene.attempts else None
    return changed(
        scene,
        phase=ScenePhase.RUNNING,
        progress=max(scene.progress, MADE),
        attempts=max(attempt, scene.attempts),
        failed=max(attempt - 1, scene.failed),
        started_at=started_at or now,
        failure=failure or scene.failure,
        finished_at=None,
    )


def pending(scene: SceneStatus, failure: Failure | None = None, failed: int = 0) -> SceneStatus:
    """It waits for its first attempt, or for another one after the attempt `failed` did."""
    return changed(
        scene,
        phase=ScenePhase.PENDING,
        progress=0,
        failed=max(failed, scene.failed),
        started_at=None,
        failure=failure or scene.failure,
    )


def stopped(scene: SceneStatus) -> SceneStatus:
    """Its attempt, if it runs, is ended without being its fault."""
    return pending(scene) if scene.phase is ScenePhase.RUNNING else scene


def forgiven(scene: SceneStatus) -> SceneStatus:
    """After an edit, which grants a fresh start to what has not succeeded."""
    if scene.phase is ScenePhase.SUCCEEDED:
        return scene
    return changed(scene, phase=ScenePhase.PENDING, forgiven=scene.attempts, failure=None, finished_at=None)


def finished(scene: SceneStatus, result: AnyResult, attempt: int, at: str) -> SceneStatus:
    """It is in the store."""
    if not isinstance(result, SceneResult):
        message = f"The scene task answered with the result of a {result.task} task."
        return failed(scene, Failure(class_=FailureClass.INTERNAL, message=message), attempt, at)
    return scene.model_copy(
        update={
            "phase": ScenePhase.SUCCEEDED,
            "title": result.title or scene.title,
            "progress": DONE,
            "attempts": max(attempt, scene.attempts),
            "reused": result.reused,
            "duration_seconds": result.duration_seconds,
            "failure": None,
            "finished_at": at,
        }
    )


def failed(scene: SceneStatus, failure: Failure, attempt: int, at: str) -> SceneStatus:
    """It failed for good, in this generation."""
    attempts = max(attempt, scene.attempts)
    return changed(scene, phase=ScenePhase.FAILED, failure=failure, attempts=attempts, failed=attempts, finished_at=at)


def brief(scene: SceneStatus) -> SceneStatus:
    """The scene with words of bounded length."""
    if len(scene.title) > LONGEST_TITLE:
        scene = scene.model_copy(update={"title": scene.title[:LONGEST_TITLE]})
    failure = scene.failure
    if failure and len(failure.message) > LONGEST_FAILURE:
        shorter = failure.model_copy(update={"message": failure.message[:LONGEST_FAILURE]})
        scene = scene.model_copy(update={"failure": shorter})
    return scene


def milestone(scene: SceneStatus, *, runs: bool) -> int:
    """Percent of the scene, from what is really seen of it; `runs`: its container does."""
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
