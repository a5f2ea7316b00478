"""How often the progress of one VideoJob is worth a write: scenes that end together are told together."""

from __future__ import annotations

from datetime import datetime, timedelta

from videojob.phases import TERMINAL
from videojob.status import VideoJobStatus
from videotutor_operator.core.conditions import reason_of
from videotutor_operator.core.model import Decision, VideoJob
from videotutor_operator.core.progress import ready

INTERVAL = timedelta(seconds=1)
"""Between two statuses of a VideoJob at least, where the later one only says that more scenes are done."""


class Pace:
    """When each VideoJob's status was written last. Lost on restart: then the next one is written at once."""

    def __init__(self) -> None:
        self._written: dict[str, datetime] = {}

    def wait(self, job: VideoJob, decision: Decision, now: datetime) -> float:
        """Seconds for which a status can wait; none where something else than progress would be late."""
        last, before, after = self._written.get(job.uid), job.status, decision.status
        progress = ready(after) > ready(before) and _stage(after) == _stage(before)
        if last is None or decision.actions or not progress:
            return 0.0
        return min(max((last + INTERVAL - now).total_seconds(), 0.0), INTERVAL.total_seconds())

    def wrote(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        """This status was written."""
        if status.phase in TERMINAL:
            self.forget(job.uid)
        else:
            self._written[job.uid] = now

    def forget(self, uid: str) -> None:
        """The VideoJob is gone."""
        self._written.pop(uid, None)


def _stage(status: VideoJobStatus) -> tuple[object, ...]:
    """What is told at once."""
    failures = tuple(scene.failure for scene in status.scenes)
    return status.observed_generation, status.phase, reason_of(status), failures
