"""Everything in a status that follows from the rest of it, and the end of a VideoJob's life."""

from __future__ import annotations

from datetime import timedelta

from videojob.events import worth_telling
from videojob.phases import TERMINAL
from videojob.status import LONGEST_MESSAGE, ReportStatus, VideoJobStatus
from videotutor_operator.core.conditions import conditions_of, is_unknown
from videotutor_operator.core.model import Action, DeleteVideoJob, Delivery, State
from videotutor_operator.core.progress import estimated, percent, scenes_ready
from videotutor_operator.core.scenes import changed, milestone
from videotutor_operator.core.step import Look, Step
from videotutor_operator.times import parse, stamp

OUTAGE_GRACE = timedelta(days=7)
"""How long a VideoJob outlives its time to live while Convex does not answer: an outage of days loses no ending."""
UNKNOWN_GRACE = timedelta(hours=1)
"""How long it does while Convex answers that it does not know the session: mostly because that was removed."""


def completed(look: Look, step: Step, delivery: Delivery) -> VideoJobStatus:
    """The status with everything that follows from the rest of it."""
    before, message = look.job.status, step.message[:LONGEST_MESSAGE] or step.reason
    status = step.status.model_copy(update={"phase": step.phase, "message": message})
    status = status.model_copy(
        update={
            "progress": percent(status),
            "scenes_ready": scenes_ready(status),
            "started_at": _started_at(look, status),
            "finished_at": _finished_at(look, status),
        }
    )
    news = worth_telling(before, status)
    if news:
        status = estimated(_measured(look, status), look.spec.parallelism)
    status = status.model_copy(update={"report": _report(before.report, delivery, news=news)})
    told = delivery if look.site.tells(look.spec) else None
    conditions = conditions_of(look.job, status, step.reason, told, look.now)
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


def _measured(look: Look, status: VideoJobStatus) -> VideoJobStatus:
    """The status with each scene's progress. Only where there is news: a container's start is worth no write."""
    running = {child.scene for child in look.children if child.running and child.state is State.ACTIVE}
    scenes = tuple(changed(scene, progress=milestone(scene, runs=scene.id in running)) for scene in status.scenes)
    return status.model_copy(update={"scenes": scenes})


def _report(report: ReportStatus, delivery: Delivery, *, news: bool) -> ReportStatus:
    """The outbox: a new number when anything changed that Convex is told."""
    return ReportStatus(
        sequence=report.sequence + news,
        acknowledged=max(report.acknowledged, delivery.acknowledged),
        last_error=delivery.error[:500],
    )


def time_to_live(look: Look, status: VideoJobStatus) -> tuple[tuple[Action, ...], float | None]:
    """The end of a finished VideoJob, or the seconds until then."""
    finished, ttl = parse(status.finished_at), look.spec.ttl_seconds_after_finished
    if finished is None or ttl is None or look.job.problem:
        return (), None
    due = finished + timedelta(seconds=ttl)
    if look.site.tells(look.spec) and status.report.acknowledged < status.report.sequence:
        due += UNKNOWN_GRACE if is_unknown(status) else OUTAGE_GRACE
    remaining = (due - look.now).total_seconds()
    return ((DeleteVideoJob(),), None) if remaining <= 0 else ((), remaining)
