"""Jobs that the API server would not take, remembered so that the status can say so. Lost on restart: tried again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from videotutor_operator.jobs import child_of, read_job, refused_child
from videotutor_operator.model import Child, VideoJob

FORBIDDEN_SECONDS = 15.0
"""How long a quota or a policy that forbids a Job is respected before it is tried again."""
NAME_TAKEN_SECONDS = 1.0
"""How soon to try again while the garbage of a deleted VideoJob of the same name is still being collected."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Job that was not made, as the attempt that it counts as."""

    videojob_uid: str
    generation: int
    child: Child


class Refusals:
    """The refused Jobs of all VideoJobs, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Refusal] = {}

    def for_good(self, job: VideoJob, manifest: dict[str, Any], why: str) -> None:
        """The same Job would be refused again: it counts as a failed attempt of this generation."""
        child = refused_child(job.generation, read_job(_unmade(manifest)), why)
        self._by_name[child.name] = Refusal(job.uid, job.generation, child)

    def until(self, job: VideoJob, manifest: dict[str, Any], why: str, retry_at: datetime) -> None:
        """It is not possible at the moment: it counts as an attempt that waits."""
        child = replace(child_of(read_job(_unmade(manifest)), ()), waiting=why[:300], retry_at=retry_at)
        self._by_name[child.name] = Refusal(job.uid, job.generation, child)

    def made(self, name: str) -> None:
        """A Job of that name was made in the end."""
        self._by_name.pop(name, None)

    def children(self, job: VideoJob) -> tuple[Child, ...]:
        """The refused attempts of a VideoJob's current generation; those of an earlier one are forgotten."""
        mine = {name: refusal for name, refusal in self._by_name.items() if refusal.videojob_uid == job.uid}
        for name, refusal in mine.items():
            if refusal.generation != job.generation:
                del self._by_name[name]
        return tuple(refusal.child for name, refusal in mine.items() if name in self._by_name)

    def forget(self, uid: str) -> None:
        """A VideoJob is gone."""
        for name in [name for name, refusal in self._by_name.items() if refusal.videojob_uid == uid]:
            del self._by_name[name]


def _unmade(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as if it were an object of the API server."""
    return {**manifest, "metadata": {**manifest["metadata"], "uid": ""}}
