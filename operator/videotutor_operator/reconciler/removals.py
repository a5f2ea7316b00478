"""Jobs that others remove again and again: each is made again after a longer wait, and the status says so."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from videojob.names import MANAGED_BY
from videotutor_operator.core.model import Child, VideoJob, Wait
from videotutor_operator.observed.removed import Attempt, Removed

REMOVED = "Removed"
"""Reason of waiting where something deletes the Jobs of an attempt, or their label."""
FREE = 1
"""Removals of one attempt's Jobs without a wait: a person may delete a Job to start it again."""
FIRST_SECONDS, LONGEST_SECONDS = 2.0, 60.0
"""Wait after the next removal, doubled each time, and the longest wait."""


class Removals:
    """When each removal was first observed here, by the uid of the VideoJob and the attempt."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[Attempt, tuple[int, datetime]]] = {}

    def children(
        self, job: VideoJob, removed: Mapping[Attempt, Removed], present: Collection[Attempt], now: datetime
    ) -> tuple[Child, ...]:
        """The attempts without a Job, whose Jobs others removed, as attempts that wait."""
        before = self._seen.pop(job.uid, {})
        counts = {attempt: found.by_others for attempt, found in removed.items() if found.by_others > FREE}
        if not counts:
            return ()
        seen = self._seen[job.uid] = {
            attempt: known if (known := before.get(attempt)) and known[0] == count else (count, now)
            for attempt, count in counts.items()
        }
        return tuple(_waiting(attempt, *seen[attempt]) for attempt in counts if attempt not in present)

    def forget(self, uid: str) -> None:
        """Remove a deleted VideoJob."""
        self._seen.pop(uid, None)


def _waiting(attempt: Attempt, count: int, since: datetime) -> Child:
    task, scene, digest, number = attempt
    seconds = min(FIRST_SECONDS * 2.0 ** min(count - FREE - 1, 10), LONGEST_SECONDS)
    message = (
        f"its Job was removed {count} times before it ended: find out what deletes Jobs or their label {MANAGED_BY}"
    )
    return Child(
        name="",
        uid="",
        task=task,
        scene=scene,
        digest=digest,
        attempt=number,
        wait=Wait(REMOVED, message),
        retry_at=since + timedelta(seconds=seconds),
    )
