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
"""How soon to try again where a Job of the same name is somebody else's, or is being removed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Job that was not made, as the attempt that it counts as."""

    generation: int
    child: Child


class Refusals:
    """The refused Jobs of all VideoJobs, by the uid of the VideoJob and the name of the Job."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, Refusal]] = {}

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


def _unmade(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as if it were an object of the API server."""
    return {**manifest, "metadata": {**manifest["metadata"], "uid": ""}}
