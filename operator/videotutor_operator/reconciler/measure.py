"""Metrics from stored statuses: durations of videos and stages, failed attempts, reused scenes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import Condition, FailureClass, VideoJobStatus
from videotutor_operator import metrics
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.model import Child, VideoJob
from videotutor_operator.recent import Recent
from videotutor_operator.times import parse

REMEMBERED = 10_000
"""Jobs whose wait was measured, at most."""


class QueueWaits:
    """Measures how long each Job waits until its container runs, once."""

    def __init__(self) -> None:
        self._measured: Recent[str, None] = Recent(REMEMBERED)

    def observe(self, children: Sequence[Child]) -> None:
        """Measure the attempts of a pass."""
        for child in children:
            if child.running and child.started_at and child.queued_at and child.uid not in self._measured:
                metrics.QUEUE_WAIT.observe(max((child.started_at - child.queued_at).total_seconds(), 0.0))
                self._measured[child.uid] = None


def count(job: VideoJob, after: VideoJobStatus, now: datetime) -> None:
    """Count the changes in a status that was stored; `job` has the previous one."""
    before = job.status
    _count_scenes(before, after)
    _count_singles(before, after)
    _observe_stages(before, after, now)
    if after.phase in TERMINAL and (before.phase is not after.phase or before.finished_at != after.finished_at):
        namespace = metrics.namespace_label(job.namespace)
        metrics.VIDEOJOBS_FINISHED.labels(namespace, after.phase, reason_of(after)).inc()
        started = parse(after.started_at)
        if after.phase is Phase.SUCCEEDED and started:
            metrics.VIDEO_DURATION.labels(namespace).observe((now - started).total_seconds())


def _count_scenes(before: VideoJobStatus, after: VideoJobStatus) -> None:
    known = {(scene.id, scene.digest): scene for scene in before.scenes}
    for scene in after.scenes:
        was = known.get((scene.id, scene.digest))
        if was and scene.failed > was.failed and scene.failure:
            metrics.ATTEMPTS.labels("scene", scene.failure.class_).inc()
        if scene.phase is ScenePhase.SUCCEEDED and (was is None or was.phase is not ScenePhase.SUCCEEDED):
            metrics.ATTEMPTS.labels("scene", "Succeeded").inc()
            metrics.SCENES_REUSED.inc(int(scene.reused))


def _count_singles(before: VideoJobStatus, after: VideoJobStatus) -> None:
    if after.attempts.plan and _holds(after.condition("Planned")) and not _holds(before.condition("Planned")):
        metrics.ATTEMPTS.labels("plan", "Succeeded").inc()
    if after.attempts.stitch and after.video and after.video != before.video:
        metrics.ATTEMPTS.labels("stitch", "Succeeded").inc()
    for task in ("plan", "stitch"):
        then, now = getattr(before.attempts, task), getattr(after.attempts, task)
        if now and now.failed > (then.failed if then and then.key == now.key else 0):
            reason = reason_of(after)
            metrics.ATTEMPTS.labels(task, reason if reason in [*FailureClass] else "Unknown").inc()


STAGES = (("plan", None, "Planned"), ("render", "Planned", "ScenesRendered"), ("stitch", "ScenesRendered", "Ready"))
"""Each stage, the condition that begins it (None: the start of work) and the one that ends it."""


def _observe_stages(before: VideoJobStatus, after: VideoJobStatus, now: datetime) -> None:
    for stage, begins, ends in STAGES:
        if not _holds(after.condition(ends)) or _holds(before.condition(ends)):
            continue
        start = after.condition(begins) if begins else None
        # An edit of a finished video may leave the condition of an earlier stage as it was
        moments = (parse(after.started_at), parse(start.last_transition_time) if start else None)
        if began := max((moment for moment in moments if moment), default=None):
            metrics.STAGE_DURATION.labels(stage).observe(max((now - began).total_seconds(), 0.0))


def _holds(condition: Condition | None) -> bool:
    return condition is not None and condition.status == "True"
