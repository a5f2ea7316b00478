"""The whole operator as one pure function: what is observed in, what is to be done out.

Level-triggered: nothing is remembered between two calls but the status, and every answer follows from what exists
now. Whatever was seen, in whatever order, after whatever crash, the next call leads on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from videojob.digest import plan_key
from videojob.events import event_of
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import Failure, FailureClass, ReportStatus, SceneStatus, VideoJobStatus
from videotutor_operator import joining, planning, rendering
from videotutor_operator.conditions import conditions_of, reason_of
from videotutor_operator.model import (
    Action,
    Child,
    Decision,
    DeleteJob,
    DeleteVideoJob,
    Delivery,
    Site,
    State,
    VideoJob,
)
from videotutor_operator.progress import estimate, percent, ready, scenes_ready
from videotutor_operator.step import Look, Step, failed, soonest
from videotutor_operator.times import parse, stamp

LONGEST_MESSAGE = 1000
"""Characters kept of the status message; the CRD allows 1024."""
REPORT_GRACE = timedelta(hours=1)
"""How long a VideoJob outlives its time to live for the sake of a report that has not arrived."""


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
    status = _completed(look, step, delivery)
    actions, recheck_after = _time_to_live(look, status)
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
    message = f"{done}; {scenes.trouble}" if scenes.trouble else f"{done}."
    return Step(status, Phase.RENDERING, "Rendering", message, scenes.actions, scenes.recheck_after)


def _scene_failed(status: VideoJobStatus, scenes: tuple[SceneStatus, ...]) -> Step:
    first = scenes[0]
    failure = first.failure or Failure(class_=FailureClass.INTERNAL, message="it failed without a reason")
    others = f" Also failed: {', '.join(scene.id for scene in scenes[1:])}." if len(scenes) > 1 else ""
    return Step(status, Phase.FAILED, failure.class_.value, f"{first.id} failed: {failure.message}{others}")


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
    return Step(step.status, step.phase, step.reason, step.message, (*step.actions, *stale), step.recheck_after)


def _endings(look: Look) -> tuple[Action, ...]:
    active = (child for child in look.children if child.state is State.ACTIVE and not child.deleting)
    return tuple(DeleteJob(child.name, child.uid) for child in active)


def _held(look: Look, step: Step) -> Step:
    """The step as cancelling and suspending leave it."""
    if look.spec.cancel:
        phase, message = Phase.CANCELLED, "Cancelled: spec.cancel is true."
    elif look.spec.suspend and step.phase not in TERMINAL:
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


def _completed(look: Look, step: Step, delivery: Delivery) -> VideoJobStatus:
    """The status with everything that follows from the rest of it."""
    told = look.site.reports and look.spec.session_id is not None
    status = step.status.model_copy(update={"phase": step.phase, "message": step.message[:LONGEST_MESSAGE]})
    status = status.model_copy(
        update={
            "progress": percent(status),
            "scenes_ready": scenes_ready(status),
            "estimated_completion": estimate(status, look.spec.parallelism),
            "started_at": _started_at(look, status),
            "finished_at": _finished_at(look, status),
        }
    )
    status = status.model_copy(update={"report": _report(look, status, delivery)})
    conditions = conditions_of(look.job, status, step.reason, delivery if told else None, look.now)
    return status.model_copy(update={"conditions": conditions})


def _started_at(look: Look, status: VideoJobStatus) -> str:
    again = look.job.status.phase in TERMINAL and status.phase not in TERMINAL
    return stamp(look.now) if again or not status.started_at else status.started_at


def _finished_at(look: Look, status: VideoJobStatus) -> str | None:
    before = look.job.status
    if status.phase not in TERMINAL:
        return None
    unchanged = before.phase is status.phase and before.video == status.video
    return before.finished_at if unchanged and before.finished_at else stamp(look.now)


def _report(look: Look, status: VideoJobStatus, delivery: Delivery) -> ReportStatus:
    """The outbox: a new number when anything changed that Convex is told."""
    job, report = look.job, look.job.status.report
    before = event_of(job.name, job.uid, job.spec, job.status, at="")
    after = event_of(job.name, job.uid, job.spec, status.model_copy(update={"report": report}), at="")
    changed = before.model_copy(update={"event_id": ""}) != after.model_copy(update={"event_id": ""})
    return ReportStatus(
        sequence=report.sequence + changed,
        acknowledged=max(report.acknowledged, delivery.acknowledged),
        last_error=delivery.error[:500],
    )


def _time_to_live(look: Look, status: VideoJobStatus) -> tuple[tuple[Action, ...], float | None]:
    """The end of a finished VideoJob, or the seconds until then."""
    finished, ttl = parse(status.finished_at), look.spec.ttl_seconds_after_finished
    if finished is None or ttl is None or look.job.problem:
        return (), None
    due = finished + timedelta(seconds=ttl)
    told = look.site.reports and look.spec.session_id is not None
    if told and status.report.acknowledged < status.report.sequence:
        due += REPORT_GRACE
    remaining = (due - look.now).total_seconds()
    return ((DeleteVideoJob(),), None) if remaining <= 0 else ((), remaining)
