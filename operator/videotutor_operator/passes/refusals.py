"""Jobs that the API server would not take, remembered so that the status can say so. Lost on restart: tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from videotutor_operator.core.model import Child, VideoJob
from videotutor_operator.observed.jobs import child_of, read_job, refused_child
from videotutor_operator.observed.pods import LONGEST_WAITING

FORBIDDEN_SECONDS = 15.0
"""How long a quota or a policy that forbids a Job is respected before it is tried again."""
QUOTA = "Quota"
"""What such a Job waits for, in one word."""
NAME_TAKEN_SECONDS = 1.0
"""How soon to try again while the garbage of a deleted VideoJob of the same name is still being collected."""
REMOVED_SECONDS = 3.0
"""How long the name of a removed Job rests: its controller keeps books by name, and was seen to make no pod for half a
minute and more for a Job made anew before those of the old one were closed (Kubernetes 1.36)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Job that was not made, as the attempt that it counts as."""

    generation: int
    child: Child


class Refusals:
    """The refused Jobs of all VideoJobs, by the uid of the VideoJob and the name of the Job."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Refusal]] = {}
        self._removed: dict[str, dict[str, datetime]] = {}

    def removed(self, job: VideoJob, name: str, now: datetime) -> None:
        """A Job was removed here."""
        self._removed.setdefault(job.uid, {})[name] = now

    def rests_for(self, job: VideoJob, name: str, now: datetime) -> float:
        """Seconds for which no Job should be made under this name."""
        mine = self._removed.get(job.uid, {})
        if name not in mine:
            return 0.0
        seconds = REMOVED_SECONDS - (now - mine[name]).total_seconds()
        if seconds <= 0:
            del mine[name]
        return max(seconds, 0.0)

    def for_good(self, job: VideoJob, manifest: dict[str, Any], why: str) -> None:
        """The same Job would be refused again: it counts as a failed attempt of this generation."""
        child = refused_child(job.generation, read_job(_unmade(manifest)), why)
        self._remember(job, child)

    def until(self, job: VideoJob, manifest: dict[str, Any], why: str, retry_at: datetime, reason: str = "") -> None:
        """It is not possible at the moment: it counts as an attempt that waits; `reason` says why in one word."""
        unmade = child_of(read_job(_unmade(manifest)), ())
        child = replace(unmade, waiting=why[:LONGEST_WAITING], waiting_reason=reason, retry_at=retry_at)
        self._remember(job, child)

    def _remember(self, job: VideoJob, child: Child) -> None:
        self._of.setdefault(job.uid, {})[child.name] = Refusal(job.generation, child)

    def made(self, job: VideoJob, manifest: dict[str, Any]) -> None:
        """The Job was made in the end."""
        self._of.get(job.uid, {}).pop(manifest["metadata"]["name"], None)

    def children(self, job: VideoJob) -> tuple[Child, ...]:
        """The refused attempts of a VideoJob's current generation; those of an earlier one are forgotten."""
        mine = self._of.pop(job.uid, {})
        current = {name: refusal for name, refusal in mine.items() if refusal.generation == job.generation}
        if current:
            self._of[job.uid] = current
        return tuple(refusal.child for refusal in current.values())

    def forget(self, uid: str) -> None:
        """A VideoJob is gone."""
        self._of.pop(uid, None)
        self._removed.pop(uid, None)


def _unmade(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as if it were an object of the API server."""
    return {**manifest, "metadata": {**manifest["metadata"], "uid": ""}}
