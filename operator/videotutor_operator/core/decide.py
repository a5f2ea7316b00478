"""The decision as one pure function: observed state in, desired status and actions out.

Level-triggered: only the status is carried from one call to the next, and every decision follows from what
exists now. From any observed state, in any order, after any crash, the next call makes progress.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from videojob.digest import video_key, work_key
from videojob.phases import TERMINAL, Phase
from videojob.status import Failure, FailureClass, PlanStatus, SceneStatus, VideoJobStatus
from videotutor_operator.core import planning, rendering, stitching
from videotutor_operator.core.allowance import refusal_of
from videotutor_operator.core.completing import derive, note_delivery, time_to_live
from videotutor_operator.core.conditions import INVALID_SPEC, UNREAD, mark_unreadable, reason_of
from videotutor_operator.core.failures import UNKNOWN
from videotutor_operator.core.lingering import lingering_jobs
from videotutor_operator.core.model import Action, Child, Decision, DeleteJob, Delivery, NudgeJob, Site, State, VideoJob
from videotutor_operator.core.progress import ready
from videotutor_operator.core.scenes import forgive, stop
from videotutor_operator.core.step import Snapshot, Step, fail, soonest
from videotutor_operator.core.task import NUDGE_INTERVAL
from videotutor_operator.times import seconds_until

LONG_AGO = datetime.min.replace(tzinfo=UTC)


def decide(
    job: VideoJob,
    children: tuple[Child, ...],
    now: datetime,
    site: Site = Site(),  # noqa: B008 -- a frozen value
    delivery: Delivery = Delivery(),  # noqa: B008 -- a frozen value
) -> Decision:
    """The desired status, and the actions that follow once it is written.

    `now` is UTC. A VideoJob that is being deleted keeps its status, and its running Jobs end.
    """
    snapshot = Snapshot.at(job, children, now, site)
    if job.deleting:
        return Decision(job.status, _end_active(snapshot))
    if job.unreadable:
        return Decision(job.status, _end_active(snapshot) if snapshot.is_held else ())
    if job.problem and job.problem.newer:
        return Decision(
            mark_unreadable(job, job.problem.message, now), _end_active(snapshot) if snapshot.is_held else ()
        )
    if job.problem and _was_read(job):
        return Decision(note_delivery(job, delivery, now))
    if job.problem:
        step = _reject(snapshot, job.problem.message)
    else:
        snapshot, begun = _begin(snapshot)
        if _is_false_success(begun):
            begun = begun.model_copy(update={"phase": Phase.PENDING})
        rests = begun.phase in TERMINAL or _is_suspended_unplanned(snapshot, begun)
        step = _rest(snapshot, begun) if rests else _admit(snapshot, begun)
    status = derive(snapshot, step, delivery)
    actions, expires_after = time_to_live(snapshot, status)
    lingering, lingers_for = lingering_jobs(snapshot)
    return Decision(
        status,
        (*_with_one_nudge(step.actions, children, now), *lingering, *actions),
        soonest(step.requeue_after, expires_after, lingers_for),
        step.denied,
    )


def _is_false_success(status: VideoJobStatus) -> bool:
    """Whether a status claims a success without its video: something else wrote the phase, and the work continues."""
    done = status.video is not None and ready(status) == len(status.scenes)
    return status.phase is Phase.SUCCEEDED and not done


def _with_one_nudge(actions: tuple[Action, ...], children: tuple[Child, ...], now: datetime) -> tuple[Action, ...]:
    """The actions with one nudge, of the Job that had none for the longest; without one while the last had no effect.

    Once a Job gets its pod, its siblings follow.
    """
    nudges = [action for action in actions if isinstance(action, NudgeJob)]
    if not nudges:
        return actions
    nudged = {child.uid: child.nudged_at for child in children if child.podless_since and child.nudged_at}
    latest = max(nudged.values(), default=None)
    waits = latest is not None and seconds_until(latest + NUDGE_INTERVAL, now, NUDGE_INTERVAL) > 0
    chosen = None if waits else min(nudges, key=lambda nudge: nudged.get(nudge.uid, LONG_AGO))
    return tuple(action for action in actions if not isinstance(action, NudgeJob) or action is chosen)


def _was_read(job: VideoJob) -> bool:
    """Whether a video ended with a spec that an earlier version accepted; a new rule does not fail it."""
    status = job.status
    same = status.observed_generation == job.generation
    return same and status.phase in TERMINAL and reason_of(status) not in UNREAD


def _reject(snapshot: Snapshot, problem: str) -> Step:
    """The step for a spec that breaks a rule: nothing starts, and nothing ends unless it suspends or cancels."""
    actions = _end_active(snapshot) if snapshot.is_held else ()
    status = snapshot.job.status.model_copy(update={"observed_generation": snapshot.job.generation})
    return Step(status, Phase.FAILED, INVALID_SPEC, problem, actions)


def _begin(snapshot: Snapshot) -> tuple[Snapshot, VideoJobStatus]:
    """The status to continue from; a new generation keeps results, but drops phase and failures.

    One that requests the same work leaves everything as it is. A spec that could not be read counts as new once
    it can be. A video keeps its renderer (`_keeps_renderer`).
    """
    status, generation = snapshot.job.status, snapshot.job.generation
    unread = reason_of(status) in UNREAD
    if status.observed_generation == generation and not unread:
        return snapshot, status
    work = work_key(snapshot.spec)
    if work == status.work and not unread:
        return snapshot, status.model_copy(update={"observed_generation": generation})
    plan = status.plan if status.plan and status.plan.key == snapshot.plan_key else None
    if not _keeps_renderer(snapshot, status, plan):
        snapshot = replace(snapshot, renderer=snapshot.site.renderer)
    begun = status.model_copy(
        update={
            "observed_generation": generation,
            "work": work,
            "phase": Phase.PENDING,
            "plan": plan,
            "attempts": status.attempts.forgive(),
            "scenes": tuple(forgive(scene if plan else stop(scene)) for scene in status.scenes),
        }
    )
    return snapshot, begun


def _keeps_renderer(snapshot: Snapshot, status: VideoJobStatus, plan: PlanStatus | None) -> bool:
    """Whether a video keeps the renderer of its plan after an edit.

    Not where it is planned again, nor where it failed since the image of that renderer could not be pulled.
    """
    if status.phase is Phase.FAILED and reason_of(status) == FailureClass.IMAGE_PULL:
        return False
    counts = status.attempts.plan
    return plan is not None or (status.phase not in TERMINAL and counts is not None and counts.key == snapshot.plan_key)


def _admit(snapshot: Snapshot, status: VideoJobStatus) -> Step:
    """Advance the current stage, unless the administrator does not allow the `podTemplate`."""
    if refusal := refusal_of(snapshot.spec.pod_template, snapshot.site.allowance):
        return _reject(snapshot, refusal)
    return _hold(snapshot, _work(snapshot, status))


def _work(snapshot: Snapshot, status: VideoJobStatus) -> Step:
    """Advance the current stage, ignoring suspension and cancellation."""
    planned = planning.advance(snapshot, status)
    if isinstance(planned, Step):
        return _with_sweep(snapshot, planned)
    rendered = rendering.advance(snapshot, planned)
    status = planned.model_copy(update={"scenes": rendered.scenes})
    failure = _failure(rendered.failed_scenes(), planning.unknown_scenes(snapshot.spec, status))
    if failure and (snapshot.spec.fail_fast or not rendered.outstanding()):
        stopping = tuple(stop(scene) for scene in status.scenes)
        return fail(status.model_copy(update={"scenes": stopping}), failure)  # the next pass ends what still runs
    outstanding = rendered.outstanding()
    step = _rendering_step(status, rendered, failure) if outstanding else stitching.advance(snapshot, status)
    return _with_sweep(snapshot, step)


def _rendering_step(status: VideoJobStatus, rendered: rendering.Rendering, failure: Failure | None) -> Step:
    done = f"Rendering: {ready(status)}/{len(status.scenes)} scenes done"
    trouble = failure.message if failure else rendered.trouble
    return Step(
        status,
        Phase.RENDERING,
        rendered.reason or (failure.class_.value if failure and not rendered.failed_scenes() else "Rendering"),
        f"{done}; {trouble}" if trouble else f"{done}.",
        rendered.actions,
        rendered.requeue_after,
        rendered.denied,
    )


def _failure(failed: tuple[SceneStatus, ...], unknown: str) -> Failure | None:
    """Why the video will fail: its first failed scene, with the ids of the others, or an edit of an `unknown` scene."""
    if not failed:
        return Failure(class_=FailureClass.BAD_SCENE, message=unknown) if unknown else None
    failure = failed[0].failure or UNKNOWN
    others = f" Also failed: {', '.join(scene.id for scene in failed[1:])}." if len(failed) > 1 else ""
    return Failure(class_=failure.class_, message=f"{failed[0].id} failed: {failure.message}{others}")


def _with_sweep(snapshot: Snapshot, step: Step) -> Step:
    """The step that also removes Jobs that are not needed; ended ones of unplanned scenes may be needed."""
    plan = step.status.plan
    wanted = {("plan", "", plan.key if plan else snapshot.plan_key)}
    if plan:
        wanted |= {("scene", scene.id, scene.digest) for scene in step.status.scenes}
        wanted.add(("stitch", "", video_key(step.status, snapshot.renderer.version)))
    stale = tuple(
        DeleteJob(child.name, child.uid)
        for child in snapshot.children
        if not child.deleting
        and (child.task, child.scene, child.digest) not in wanted
        and (plan or child.task == "plan" or child.state is State.ACTIVE)
    )
    return replace(step, actions=(*step.actions, *stale))


def _end_active(snapshot: Snapshot) -> tuple[Action, ...]:
    active = (child for child in snapshot.children if child.state is State.ACTIVE and not child.deleting)
    return tuple(DeleteJob(child.name, child.uid) for child in active)


def _is_suspended_unplanned(snapshot: Snapshot, status: VideoJobStatus) -> bool:
    """Whether it is suspended before planning: then its storyboard, which may be long, is not read."""
    return (
        status.phase is Phase.SUSPENDED and status.plan is None and snapshot.spec.suspend and not snapshot.spec.cancel
    )


def _hold(snapshot: Snapshot, step: Step) -> Step:
    """The step after cancelling or suspending."""
    if step.phase in TERMINAL:
        return step
    if snapshot.spec.cancel:
        phase, message = Phase.CANCELLED, "Cancelled: spec.cancel is true."
    elif snapshot.spec.suspend:
        phase, message = Phase.SUSPENDED, "Suspended: it continues when spec.suspend is false."
    else:
        return step
    scenes = tuple(stop(scene) for scene in step.status.scenes)
    status = step.status.model_copy(update={"scenes": scenes})
    return Step(status, phase, phase.value, message, _end_active(snapshot))


def _rest(snapshot: Snapshot, status: VideoJobStatus) -> Step:
    """The step of a terminal phase: nothing starts, and running Jobs are ended."""
    condition = status.condition("Ready")  # the message of the status may be about a refused one
    message = condition.message if condition and status.phase in TERMINAL else status.message
    return Step(status, status.phase, reason_of(status), message, _end_active(snapshot))
