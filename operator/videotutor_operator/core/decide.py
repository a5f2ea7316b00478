"""The whole operator as one pure function: what is observed in, what is to be done out.

Level-triggered: nothing is remembered between two calls but the status, and every answer follows from what exists
now. Whatever was seen, in whatever order, after whatever crash, the next call leads on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from videojob.digest import video_key, work_key
from videojob.phases import TERMINAL, Phase
from videojob.status import Failure, FailureClass, SceneStatus, VideoJobStatus
from videotutor_operator.core import joining, planning, rendering
from videotutor_operator.core.completing import completed, time_to_live
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.model import (
    QUEUED,
    Action,
    Child,
    Decision,
    DeleteJob,
    Delivery,
    SetDeadline,
    Site,
    State,
    VideoJob,
)
from videotutor_operator.core.progress import ready
from videotutor_operator.core.scenes import forgiven, stopped
from videotutor_operator.core.step import Look, Step, failed, soonest


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
    begun = _begun(look)
    step = _rest(look, begun) if begun.phase in TERMINAL else _held(look, _work(look, begun))
    status = completed(look, step, delivery)
    actions, recheck_after = time_to_live(look, status)
    return Decision(status, (*step.actions, *actions), soonest(step.recheck_after, recheck_after))


def _begun(look: Look) -> VideoJobStatus:
    """The status to go on from; a new generation takes along what was made, but no phase and no failure.

    One that asks for no other work leaves what has ended as it is. What of a spec with a problem is the same as before
    cannot be told.
    """
    status, generation = look.job.status, look.job.generation
    if status.observed_generation == generation:
        return status
    work = "" if look.job.problem else work_key(look.spec)
    if work and work == status.work and status.phase in TERMINAL:
        return status.model_copy(update={"observed_generation": generation})
    plan = status.plan if status.plan and status.plan.key == look.plan_key else None
    return status.model_copy(
        update={
            "observed_generation": generation,
            "work": work,
            "phase": Phase.PENDING,
            "plan": plan,
            "attempts": status.attempts.forgiven(),
            "scenes": tuple(forgiven(scene if plan else stopped(scene)) for scene in status.scenes),
        }
    )


def _work(look: Look, status: VideoJobStatus) -> Step:
    """The stage that the video is in, as if nobody held it back."""
    if look.job.problem:
        return Step(status, Phase.FAILED, "InvalidSpec", look.job.problem)
    planned = planning.advance(look, status)
    if isinstance(planned, Step):
        return _with_sweep(look, planned)
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
    return _with_sweep(look, step)


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


def _with_sweep(look: Look, step: Step) -> Step:
    """The step that also removes Jobs nobody wants any more. Ended ones of unplanned scenes may still be wanted."""
    plan = step.status.plan
    wanted = {("plan", "", plan.key if plan else look.plan_key)}
    if plan:
        wanted |= {("scene", scene.id, scene.digest) for scene in step.status.scenes}
        wanted.add(("stitch", "", video_key(step.status)))
    there = [child for child in look.children if not child.deleting]
    kept = [child for child in there if (child.task, child.scene, child.digest) in wanted]
    stale = tuple(
        DeleteJob(child.name, child.uid)
        for child in there
        if (child.task, child.scene, child.digest) not in wanted
        and (plan or child.task == "plan" or child.state is State.ACTIVE)
    )
    return replace(step, actions=(*step.actions, *stale, *_deadlines(look, kept)))


def _deadlines(look: Look, kept: list[Child]) -> tuple[Action, ...]:
    """What an edit of the deadline means for the Jobs that are under way; one in a queue is its queue's."""
    seconds = look.spec.active_deadline_seconds
    return tuple(
        SetDeadline(child.name, child.uid, seconds)
        for child in kept
        if child.state is State.ACTIVE and child.uid and child.deadline != seconds and child.waiting_reason != QUEUED
    )


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
    scenes = tuple(stopped(scene) for scene in step.status.scenes)
    status = step.status.model_copy(update={"scenes": scenes})
    return Step(status, phase, phase.value, message, _endings(look))


def _rest(look: Look, status: VideoJobStatus) -> Step:
    """Nothing more is done in this generation, but whatever still runs is ended."""
    return Step(status, status.phase, reason_of(status), status.message, _endings(look))
