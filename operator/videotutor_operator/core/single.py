"""A stage of one task: plan or stitch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, NamedTuple

from videojob.phases import Phase, ScenePhase
from videojob.status import TaskAttempts, VideoJobStatus
from videojob.tasks import PlanTask, StitchTask
from videotutor_operator.core.model import CreateJob
from videotutor_operator.core.step import NO_ROOM, Slots, Snapshot, Step
from videotutor_operator.core.task import Progress, Start


class Stage(NamedTuple):
    """Progress of a stage of one task, and the status with the counts of its attempts."""

    status: VideoJobStatus
    progress: Progress
    denied: int

    def step(self, phase: Phase, doing: str) -> Step:
        """The step of an unfinished stage; its message says what it is `doing`, and why it waits."""
        progress = self.progress
        words = progress.words()
        message = f"{doing}; it {words}" if words else f"{doing}."
        reason = progress.reason() or phase.value
        return Step(self.status, phase, reason, message, progress.actions, progress.requeue_after, self.denied)


class Work(NamedTuple):
    """The one task of a stage: `key` is the digest of the input of its container, `task` builds it."""

    name: Literal["plan", "stitch"]
    key: str
    task: Callable[[], PlanTask | StitchTask]


def advance(snapshot: Snapshot, status: VideoJobStatus, work: Work) -> Stage:
    """Advance the stage."""
    known = status.attempts.plan if work.name == "plan" else status.attempts.stitch
    counts = known if known and known.key == work.key else TaskAttempts(key=work.key, attempts=0)
    progress, slots = snapshot.single(work.name, counts), Slots(0 if snapshot.is_held else 1, snapshot.site.room)
    if progress.start:
        progress = _start(snapshot, progress, progress.start, work, slots)
    made, failed = max(progress.attempt, counts.attempts), max(progress.failed, counts.failed)
    if (made, failed) != (counts.attempts, counts.failed) or counts is not known:
        counts = counts.model_copy(update={"attempts": made, "failed": failed})
        status = status.model_copy(update={"attempts": status.attempts.model_copy(update={work.name: counts})})
    return Stage(status, progress, slots.denied)


def _start(snapshot: Snapshot, progress: Progress, start: Start, work: Work, slots: Slots) -> Progress:
    if slots.take(work.key, has_place=start.has_place):
        create = CreateJob(work.task(), work.key, start.attempt, start.more_memory, snapshot.renderer.image)
        return replace(progress, phase=ScenePhase.RUNNING, attempt=start.attempt, actions=(create,))
    return replace(progress, wait=NO_ROOM) if slots.denied else progress
