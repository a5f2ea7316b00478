"""Jobs that the API server did not accept, for the status. Lost on restart: then they are created again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from videojob.base import ellipsize
from videotutor_operator.core.model import Child, State, VideoJob, Wait
from videotutor_operator.errors import ClusterError, Unanswered
from videotutor_operator.observed.jobs import child_of, read_job, refused_child
from videotutor_operator.observed.pods import LONGEST_WAITING
from videotutor_operator.observed.removed import Attempt
from videotutor_operator.reconciler.waits import wait_for_job

FIRST_SECONDS, LONGEST_SECONDS = 1.0, 10.0
"""Seconds before a Job that was not accepted is created again, doubled each time."""
UNKNOWN_SECONDS = 90.0
"""How long an unobserved Job that may exist counts as active: longer than any watch is behind."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A Job that was not created: its attempt, the number of tries, and whether one of them got no response."""

    generation: int
    child: Child
    tries: int = 1
    unanswered: bool = False


class Refusals:
    """The refused Jobs of all VideoJobs, by the uid of the VideoJob and the attempt.

    Not by the Job's name, which changes with each removed Job of an attempt.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._of: dict[str, dict[Attempt, Refusal]] = {}
        self._unknown: dict[tuple[str, Attempt], tuple[str, datetime]] = {}
        """Jobs that may exist: their namespace, and until when that is assumed."""

    def record_permanent(self, job: VideoJob, manifest: dict[str, Any], why: str) -> None:
        """Record a Job that would be refused again, as a failed attempt of this generation."""
        child = refused_child(job.generation, read_job(_as_stored(manifest)), ellipsize(why, LONGEST_WAITING))
        self._unknown.pop((job.uid, child.identity), None)
        self._remember(job, Refusal(job.generation, child))

    def record_temporary(self, job: VideoJob, manifest: dict[str, Any], error: ClusterError) -> Wait:
        """Record a Job that is refused for now, as an attempt that waits. Returns for what."""
        now, unmade = self._clock(), _attempt(manifest)
        before = self._of.get(job.uid, {}).get(unmade.identity)
        tries = before.tries + 1 if before else 1
        wait = wait_for_job(error)
        seconds = max(min(FIRST_SECONDS * 2 ** min(tries - 1, 10), LONGEST_SECONDS), error.retry_after or 0.0)
        child = replace(unmade, wait=wait, podless_since=None, retry_at=now + timedelta(seconds=seconds))
        unanswered = before is not None and before.unanswered
        if isinstance(error, Unanswered) and not unanswered:  # once: later tries without a response keep no place
            until = now + timedelta(seconds=UNKNOWN_SECONDS)
            self._unknown[job.uid, child.identity] = (job.namespace, until)
            unanswered = True
        self._remember(job, Refusal(job.generation, child, tries, unanswered))
        return wait

    def _remember(self, job: VideoJob, refusal: Refusal) -> None:
        self._of.setdefault(job.uid, {})[refusal.child.identity] = refusal

    def discard(self, job: VideoJob, manifest: dict[str, Any]) -> None:
        """Remove a Job that was created."""
        identity = _attempt(manifest).identity
        self._unknown.pop((job.uid, identity), None)
        self._of.get(job.uid, {}).pop(identity, None)

    def children(self, job: VideoJob, observed: Collection[Attempt]) -> tuple[Child, ...]:
        """The refused attempts of a VideoJob's current generation; those of an earlier one are dropped.

        `observed`: attempts that have a Job: it exists in spite of a lost response, or of a quota that it has used up.
        """
        mine = self._of.pop(job.uid, {})
        for attempt in observed:
            self._unknown.pop((job.uid, attempt), None)
            if attempt in mine and mine[attempt].child.state is State.ACTIVE:
                del mine[attempt]
        current = {attempt: refusal for attempt, refusal in mine.items() if refusal.generation == job.generation}
        if current:
            self._of[job.uid] = current
        unknown = self._prune()
        return tuple(
            replace(refusal.child, may_exist=(job.uid, attempt) in unknown) for attempt, refusal in current.items()
        )

    def was_unanswered(self, job: VideoJob, attempt: Attempt) -> bool:
        """Whether a creation of the Job of an attempt got no response."""
        refusal = self._of.get(job.uid, {}).get(attempt)
        return refusal is not None and refusal.unanswered

    def unknown_jobs(self) -> Counter[str]:
        """Number of Jobs that may exist without a response, by namespace."""
        return Counter(namespace for namespace, _ in self._prune().values()) if self._unknown else Counter()

    def _prune(self) -> dict[tuple[str, Attempt], tuple[str, datetime]]:
        """Drop Jobs that were not observed in time. Returns the others, which may exist."""
        now = self._clock()
        for key, (_, until) in tuple(self._unknown.items()):
            if not 0 < (until - now).total_seconds() <= UNKNOWN_SECONDS:  # further ahead: the clock was set back
                del self._unknown[key]
        return self._unknown

    def seconds_unknown(self) -> float | None:
        """Seconds until the first Job that may exist counts as one that does not; None where there is none."""
        moments = [until for _, until in self._unknown.values()]
        return max((min(moments) - self._clock()).total_seconds(), 0.0) if moments else None

    def forget(self, uid: str) -> None:
        """Remove a deleted VideoJob."""
        self._of.pop(uid, None)


def _attempt(manifest: dict[str, Any]) -> Child:
    """The attempt of a Job that was not created."""
    return child_of(read_job(_as_stored(manifest)), ())


def _as_stored(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest as the API server would return it."""
    return {**manifest, "metadata": {**manifest["metadata"], "uid": ""}}
