"""What is known of the cluster: filled from watches, lists and the answers to own writes; a pass reads only this."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from videotutor_operator.jobs import Job, child_of, read_job
from videotutor_operator.model import Child, VideoJob
from videotutor_operator.observe import read_videojob
from videotutor_operator.pods import Pod, read_pod

TOMBSTONES = 10_000
"""How many deleted uids are remembered, against answers and events that arrive late."""


class _Versioned(Protocol):
    @property
    def resource_version(self) -> str: ...


def newer(seen: _Versioned | None, known: _Versioned | None) -> bool:
    """Whether an observation is newer than the known one. Versions of one kind of object count upwards (KEP-5504)."""
    if seen is None or known is None:
        return known is None
    return int(seen.resource_version or 0) > int(known.resource_version or 0)


class Cache:
    """Objects by uid. Nothing here goes back in time: what is older than the known state is dropped."""

    def __init__(self) -> None:
        self._videojobs: dict[str, VideoJob] = {}
        self._jobs: dict[str, dict[str, Job]] = {}
        self._owner_of: dict[str, str] = {}
        self._pods: dict[str, dict[str, Pod]] = {}
        self._deleted: deque[str] = deque(maxlen=TOMBSTONES)
        self._deleted_uids: set[str] = set()

    def put_videojob(self, raw: dict[str, Any]) -> str:
        """Take in a VideoJob; the answer is its key."""
        seen = read_videojob(raw)
        known = self._videojobs.get(seen.key)
        if seen.uid not in self._deleted_uids and newer(seen, known):
            self._videojobs[seen.key] = seen
        return seen.key

    def put_job(self, raw: dict[str, Any]) -> str:
        """Take in a Job; the answer is the key of its VideoJob."""
        seen = read_job(raw)
        known = self._jobs.get(seen.owner_uid, {}).get(seen.uid)
        if seen.uid not in self._deleted_uids and newer(seen, known):
            self._jobs.setdefault(seen.owner_uid, {})[seen.uid] = seen
            self._owner_of[seen.uid] = seen.owner_uid
        return seen.videojob

    def put_pod(self, raw: dict[str, Any]) -> str:
        """Take in a pod; the answer is the key of its VideoJob."""
        seen = read_pod(raw)
        known = self._pods.get(seen.job_uid, {}).get(seen.uid)
        if self._deleted_uids.isdisjoint({seen.uid, seen.job_uid}) and newer(seen, known):
            self._pods.setdefault(seen.job_uid, {})[seen.uid] = seen
        return seen.videojob

    def drop_videojob(self, key: str, uid: str) -> None:
        """A VideoJob is gone; a new one of the same key may exist already."""
        self._bury(uid)
        known = self._videojobs.get(key)
        if known and known.uid == uid:
            del self._videojobs[key]

    def drop_job(self, uid: str) -> None:
        """A Job is gone, and what its pods said is no longer of interest."""
        self._bury(uid)
        self._pods.pop(uid, None)
        owner = self._owner_of.pop(uid, "")
        siblings = self._jobs.get(owner, {})
        siblings.pop(uid, None)
        if not siblings:
            self._jobs.pop(owner, None)

    def drop_pod(self, raw: dict[str, Any]) -> str:
        """A pod is gone; what it said last is kept for as long as its Job exists."""
        key = self.put_pod(raw)
        last = read_pod(raw)
        self._bury(last.uid)
        siblings = self._pods.get(last.job_uid, {})
        if last.uid in siblings:
            siblings[last.uid] = replace(siblings[last.uid], gone=True)
        return key

    def _bury(self, uid: str) -> None:
        if len(self._deleted) == TOMBSTONES:
            self._deleted_uids.discard(self._deleted[0])
        self._deleted.append(uid)
        self._deleted_uids.add(uid)

    def videojob(self, key: str) -> VideoJob | None:
        """The VideoJob of a key, if there is one."""
        return self._videojobs.get(key)

    def keys(self) -> tuple[str, ...]:
        """The keys of all VideoJobs."""
        return tuple(self._videojobs)

    def children(self, uid: str) -> tuple[Child, ...]:
        """Every attempt that a VideoJob owns."""
        jobs = self._jobs.get(uid, {}).values()
        return tuple(child_of(job, tuple(self._pods.get(job.uid, {}).values())) for job in jobs)

    def keep_only(self, there: Iterable[str], *, known_before: frozenset[str]) -> set[str]:
        """Drop what a list did not show (by uid) though it was known before the list was asked for.

        A watch that was interrupted never says what was deleted meanwhile. The answer: the VideoJobs concerned.
        """
        gone = known_before - frozenset(there)
        ghosts = [job for job in self._videojobs.values() if job.uid in gone]
        dead = [job for family in self._jobs.values() for job in family.values() if job.uid in gone]
        for ghost in ghosts:
            self.drop_videojob(ghost.key, ghost.uid)
        for uid in [job.uid for job in dead] + [uid for uid in self._pods if uid in gone]:
            self.drop_job(uid)
        return {ghost.key for ghost in ghosts} | {job.videojob for job in dead}

    def uids(self) -> frozenset[str]:
        """The uids of all VideoJobs and Jobs, those included that only pods speak of."""
        return frozenset(job.uid for job in self._videojobs.values()) | frozenset((*self._owner_of, *self._pods))
