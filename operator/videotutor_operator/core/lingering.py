"""Jobs whose work is done while an injected container keeps their pod running: they are ended, to free its place."""

from __future__ import annotations

from datetime import datetime

from videojob.phases import TERMINAL, ScenePhase
from videojob.status import VideoJobStatus
from videotutor_operator.core.conditions import UNREAD, reason_of
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import Action, Child, DeleteJob, EndJob, State
from videotutor_operator.core.step import Snapshot, soonest
from videotutor_operator.core.task import LONGEST_AHEAD
from videotutor_operator.times import seconds_until


def is_overdue(child: Child, now: datetime) -> bool:
    """Whether the Job of an attempt has to end, once the status has its result."""
    return child.lingers_until is not None and not seconds_until(child.lingers_until, now, LONGEST_AHEAD)


def lingering_jobs(snapshot: Snapshot) -> tuple[tuple[Action, ...], float | None]:
    """The actions that end them, and the seconds until more are due; none before the status has their result."""
    stored = snapshot.job.status
    lingering = [child for child in snapshot.children if child.lingers_until and not child.deleting]
    waits = (seconds_until(child.lingers_until, snapshot.now, LONGEST_AHEAD) for child in lingering)
    due = (child for child in lingering if is_overdue(child, snapshot.now))
    ended = stored.phase in TERMINAL and reason_of(stored) not in UNREAD  # no result is recorded after the end
    actions = tuple(_end(child) for child in due if not child.recorded and (ended or _is_recorded(child, stored)))
    return actions, soonest(*(seconds for seconds in waits if seconds))


def _end(child: Child) -> Action:
    if child.state is State.SUCCEEDED:
        return DeleteJob(child.name, child.uid)
    return EndJob(child.name, child.uid, judge(child.ending).failure)


def _is_recorded(child: Child, status: VideoJobStatus) -> bool:
    """Whether a status has the result of an attempt."""
    scene = next((scene for scene in status.scenes if (scene.id, scene.digest) == (child.scene, child.digest)), None)
    if child.state is State.FAILED:
        counts = {"plan": status.attempts.plan, "stitch": status.attempts.stitch}.get(child.task)
        failed = scene.failed if scene else counts.failed if counts and counts.key == child.digest else 0
        return failed >= child.attempt
    match child.task:
        case "plan":
            return status.plan is not None and status.plan.key == child.digest
        case "stitch":
            return status.video is not None and status.video.key == child.digest
        case _:
            return scene is not None and scene.phase is ScenePhase.SUCCEEDED
