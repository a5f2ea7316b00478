"""Jobs that the API server would not take, remembered so that the status can say so. Lost on restart: tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from videotutor_operator.jobs import child_of, read_job, refused_child
from videotutor_operator.model import Child, VideoJob

FORBIDDEN_SECONDS = 15.0
"""How long a quota or a policy that forbids a Job is respected before it is tried again."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Job that was not made. `until`: when it is tried again (seconds, monotonic); None: never as it is."""

    videojob_uid: str
    generation: int
    child: Child
    until: float | None


class Refusals:
    """The refused Jobs of all VideoJobs, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Refusal] = {}

    def for_good(self, job: VideoJob, manifest: dict[str, Any], why: str) -> None:
        """The same Job would be refused again: it counts as a failed attempt of this generation."""
        child = refused_child(job.generation, read_job(_unmade(manifest)), why)
        self._by_name[child.name] = Refusal(job.uid, job.generation, child, None)

    def for_now(self, job: VideoJob, manifest: dict[str, Any], why: str, now: float) -> None:
        """It is forbidden at the moment: it counts as an attempt that waits."""
        waiting = replace(
            child_of(read_job(_unmade(manifest)), ()),
            running=True,
            waiting=f"Kubernetes forbids the Job: {why}"[:300],
        )
        self._by_name[waiting.name] = Refusal(job.uid, job.generation, waiting, now + FORBIDDEN_SECONDS)

    def children(self, job: VideoJob, now: float) -> tuple[Child, ...]:
        """The refused attempts of a VideoJob's current generation; what is out of date is forgotten."""
        mine = {name: refusal for name, refusal in self._by_name.items() if refusal.videojob_uid == job.uid}
        for name, refusal in mine.items():
            if refusal.generation != job.generation or (refusal.until is not None and refusal.until <= now):
                del self._by_name[name]
        return tuple(refusal.child for name, refusal in mine.items() if name in self._by_name)

    def forget(self, uid: str) -> None:
        """A VideoJob is gone."""
        for name in [name for name, refusal in self._by_name.items() if refusal.videojob_uid == uid]:
            del self._by_name[name]


def _unmade(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as if it were an object of the API server."""
    return {**manifest, "metadata": {**manifest["metadata"], "uid": ""}}
