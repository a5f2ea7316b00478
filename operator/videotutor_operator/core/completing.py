"""Derived fields of a status, and the time to live of a VideoJob."""

from __future__ import annotations

from datetime import datetime, timedelta

from videojob.base import plain
from videojob.phases import TERMINAL
from videojob.status import LONGEST_MESSAGE, ReportStatus, VideoJobStatus
from videotutor_operator.core.changes import is_news
from videotutor_operator.core.conditions import conditions_of, is_unknown, mark_reported
from videotutor_operator.core.model import Action, DeleteVideoJob, Delivery, State, VideoJob
from videotutor_operator.core.progress import estimate, percent, scenes_ready
from videotutor_operator.core.scenes import milestone, update
from videotutor_operator.core.step import Snapshot, Step
from videotutor_operator.times import parse, stamp

OUTAGE_GRACE = timedelta(days=7)
"""How long a VideoJob outlives its time to live while Convex does not answer, so that its final report is not lost."""
UNKNOWN_GRACE = timedelta(hours=1)
"""The same while Convex answers "unknown session", mostly because the session was removed."""


def derive(snapshot: Snapshot, step: Step, delivery: Delivery) -> VideoJobStatus:
    """The status with its derived fields."""
    before, message = snapshot.job.status, plain(step.message, LONGEST_MESSAGE) or step.reason
    status = step.status.model_copy(update={"phase": step.phase, "message": message})
    status = status.model_copy(
        update={
            "progress": percent(status),
            "scenes_ready": scenes_ready(status),
            "started_at": _started_at(snapshot, status),
            "finished_at": _finished_at(snapshot, status),
        }
    )
    news = is_news(before, status, step.reason)
    if news:  # else the time of a pass alone would change the status
        status = estimate(_with_progress(snapshot, status), snapshot.spec.parallelism, snapshot.now)
    status = status.model_copy(update={"report": _report(before.report, delivery, news=news)})
    reported = delivery if snapshot.site.reports_on(snapshot.spec) else None
    conditions = conditions_of(snapshot, status, step.reason, reported)
    return status.model_copy(update={"conditions": conditions})


def note_delivery(job: VideoJob, delivery: Delivery, now: datetime) -> VideoJobStatus:
    """The stored status with what Convex confirmed since; the rest of it stays."""
    report = _report(job.status.report, delivery, news=False)
    return mark_reported(job, job.status.model_copy(update={"report": report}), delivery, now)


def _started_at(snapshot: Snapshot, status: VideoJobStatus) -> str:
    again = snapshot.job.status.phase in TERMINAL and status.phase not in TERMINAL
    return stamp(snapshot.now) if again or not status.started_at else status.started_at


def _finished_at(snapshot: Snapshot, status: VideoJobStatus) -> str | None:
    before = snapshot.job.status
    if status.phase not in TERMINAL:
        return None
    unchanged = before.phase is status.phase and before.video == status.video
    return before.finished_at if unchanged and before.finished_at else stamp(snapshot.now)


def _with_progress(snapshot: Snapshot, status: VideoJobStatus) -> VideoJobStatus:
    """The status with each scene's progress. Only with another change: a container's start alone is not written."""
    running = {child.scene for child in snapshot.children if child.running and child.state is State.ACTIVE}
    scenes = tuple(update(scene, progress=milestone(scene, runs=scene.id in running)) for scene in status.scenes)
    return status.model_copy(update={"scenes": scenes})


def _report(report: ReportStatus, delivery: Delivery, *, news: bool) -> ReportStatus:
    """The outbox, with the next sequence number where a report is due."""
    return ReportStatus(
        sequence=report.sequence + news,
        acknowledged=max(report.acknowledged, delivery.acknowledged),
        last_error=delivery.error[:500],
    )


def time_to_live(snapshot: Snapshot, status: VideoJobStatus) -> tuple[tuple[Action, ...], float | None]:
    """The deletion of a finished VideoJob, or the seconds until then."""
    finished, ttl = parse(status.finished_at), snapshot.spec.ttl_seconds_after_finished
    if finished is None or ttl is None or snapshot.job.problem:
        return (), None
    due = finished + timedelta(seconds=ttl)
    if snapshot.site.reports_on(snapshot.spec) and status.report.acknowledged < status.report.sequence:
        due += UNKNOWN_GRACE if is_unknown(status) else OUTAGE_GRACE
    remaining = (due - snapshot.now).total_seconds()
    return ((DeleteVideoJob(),), None) if remaining <= 0 else ((), remaining)
