"""The whole operator as one pure function: what is observed in, what is to be done out.

Level-triggered: nothing is remembered between two calls but the status, and every answer follows from what exists
now. Whatever was seen, in whatever order, after whatever crash, the next call leads on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from videojob.digest import plan_key
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import Failure, FailureClass, SceneStatus, VideoJobStatus
from videotutor_operator import joining, planning, rendering
from videotutor_operator.completing import completed, time_to_live
from videotutor_operator.conditions import reason_of
from videotutor_operator.model import (
    Action,
    Child,
    Decision,
    DeleteJob,
    Delivery,
    Site,
    State,
    VideoJob,
)
from videotutor_operator.progress import ready
from videotutor_operator.step import Look, Step, failed, soonest


def decide(
    job: VideoJob,
    children: tuple[Child, ...],
    now: datetime,
    site: Site = Site(),  # noqa: B008 -- a frozen value
    delivery: Delivery = Delivery(),  # noqa: B008 -- a frozen value
) -> Decision:
    """What the status should say, and what should be done after it is written."""
    if job.deleting:
        return Decision(job.status)
    look = Look.at(job, children, now, site)
    ended = job.status.observed_generation == job.generation and job.status.phase in TERMINAL
    step = _rest(look) if ended else _held(look, _work(look, _begun(look)))
    status = completed(look, step, delivery)
    actions, recheck_after = time_to_live(look, status)
    return Decision(status, (*step.actions, *actions), soonest(step.recheck_after, recheck_after))


def _begun(look: Look) -> VideoJobStatus:
    """The status to go on from; a new generation takes along what was made, but no phase and no failure."""
    status = look.job.status
    if status.observed_generation == look.job.generation:
        return status
    return status.model_copy(
        update={
            "observed_generation": look.job.generation,
            "phase": Phase.PENDING,
            "scenes": tuple(_forgiven(scene) for scene in status.scenes),
        }
    )


def _forgiven(scene: SceneStatus) -> SceneStatus:
    if scene.phase is ScenePhase.SUCCEEDED:
        return scene
    return scene.model_copy(update={"phase": ScenePhase.PENDING, "failure": None, "finished_at": None})


def _work(look: Look, status: VideoJobStatus) -> Step:
    """The stage that the video is in, as if nobody held it back."""
    if look.job.problem:
        return Step(status, Phase.FAILED, "InvalidSpec", look.job.problem)
    planned = planning.advance(look, status)
    if isinstance(planned, Step):
        return _with_sweep(look, planned, planned_now=False)
    if problem := planning.unknown_scenes(look.spec, planned):
        return failed(planned, Failure(class_=FailureClass.BAD_SCENE, message=problem))
    scenes = rendering.advance(look, planned)
    status = planned.model_copy(update={"scenes": scenes.scenes})
    if scenes.outstanding():
        step = _rendering(status, scenes)
    elif scenes.failed():
        step = _scene_failed(status, scenes.failed())
    else:
        step = joining.advance(look, status)
    return _with_sweep(look, step, planned_now=True)


def _rendering(status: VideoJobStatus, scenes: rendering.Scenes) -> Step:
    done = f"Rendering: {ready(status)}/{len(status.scenes)} scenes done"
    trouble = _trouble(scenes.failed())[1] if scenes.failed() else scenes.trouble
    message = f"{done}; {trouble}" if trouble else f"{done}."
    return Step(status, Phase.RENDERING, scenes.reason or "Rendering", message, scenes.actions, scenes.recheck_after)


def _scene_failed(status: VideoJobStatus, scenes: tuple[SceneStatus, ...]) -> Step:
    class_, message = _trouble(scenes)
    return Step(status, Phase.FAILED, class_.value, message)


def _trouble(scenes: tuple[SceneStatus, ...]) -> tuple[FailureClass, str]:
    """Why the first of the scenes that failed did, and which others did too."""
    first = scenes[0]
    failure = first.failure or Failure(class_=FailureClass.INTERNAL, message="it failed without a reason")
    others = f" Also failed: {', '.join(scene.id for scene in scenes[1:])}." if len(scenes) > 1 else ""
    return failure.class_, f"{first.id} failed: {failure.message}{others}"


def _with_sweep(look: Look, step: Step, *, planned_now: bool) -> Step:
    """The step that also removes Jobs nobody wants any more. Ended ones of unplanned scenes may still be wanted."""
    wanted = {("plan", "", plan_key(look.spec))}
    if planned_now:
        wanted |= {("scene", scene.id, scene.digest) for scene in step.status.scenes}
        wanted.add(("stitch", "", joining.key_of(step.status)))
    stale = tuple(
        DeleteJob(child.name, child.uid)
        for child in look.children
        if (child.task, child.scene, child.digest) not in wanted
        and not child.deleting
        and (planned_now or child.task == "plan" or child.state is State.ACTIVE)
    )
    return replace(step, actions=(*step.actions, *stale))


def _endings(look: Look) -> tuple[Action, ...]:
    active = (child for child in look.children if child.state is State.ACTIVE and not child.deleting)
    return tuple(DeleteJob(child.name, child.uid) for child in active)


def _held(look: Look, step: Step) -> Step:
    """The step as cancelling and suspending leave it."""
    if step.phase in TERMINAL:
        return step
    if look.spec.cancel:
        phase, message = Phase.CANCELLED, "Cancelled: spec.cancel is true."
    elif look.spec.suspend:
        phase, message = Phase.SUSPENDED, "Suspended: it goes on when spec.suspend is false."
    else:
        return step
    scenes = tuple(_stopped(scene) for scene in step.status.scenes)
    status = step.status.model_copy(update={"scenes": scenes})
    return Step(status, phase, phase.value, message, _endings(look))


def _stopped(scene: SceneStatus) -> SceneStatus:
    running = scene.phase is ScenePhase.RUNNING
    return scene.model_copy(update={"phase": ScenePhase.PENDING, "started_at": None}) if running else scene


def _rest(look: Look) -> Step:
    """Nothing more is done in this generation, but whatever still runs is ended."""
    status = look.job.status
    return Step(status, status.phase, reason_of(status), status.message, _endings(look))
