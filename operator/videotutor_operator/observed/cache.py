"""The observed state of the cluster, from watches, lists and responses to own writes; a pass reads only this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from videotutor_operator.core.model import Child, State, VideoJob, key_of
from videotutor_operator.observed.deleted import DeletedVideoJobs
from videotutor_operator.observed.jobs import PODLESS, Job, child_of, read_job
from videotutor_operator.observed.pods import Pod, read_pod
from videotutor_operator.observed.removed import Attempt, Removed, RemovedJobs
from videotutor_operator.observed.stored import Reader, Stored, store
from videotutor_operator.recent import Recent

TOMBSTONES = 10_000
"""How many uids of deleted objects are kept, to ignore late responses and events."""

PODS_KEPT = 20
"""Deleted pods kept for one Job, at most; a Job that is disrupted repeatedly has many."""

AWAITED_SECONDS = 1.0
"""Seconds until a pass over a change in how a pod is awaited: several follow within a second. Only a place that a queue
took back is free that much later."""

_AWAITING = frozenset({"wait", "waiting_since", "podless_since", "unstarted_since", "pod_uid", "nudged_at"})
_progress_of = attrgetter(*(field.name for field in fields(Child) if field.name not in _AWAITING))


class Due(NamedTuple):
    """The key of a VideoJob to reconcile, and after how many seconds at the latest."""

    key: str
    after: float = 0.0


class Waiting(NamedTuple):
    """An active Job without a pod, or a pod that has a node and does not start, since a time.

    `videojob`: the key of its VideoJob.
    """

    namespace: str
    uid: str
    videojob: str
    since: datetime


class Cache:
    """Objects by uid. State never goes back: an object older than the known one is ignored.

    `put_*` and `drop_*` return which VideoJob to reconcile, or None where a pass would find nothing to do: the object
    is older than the known one, a Job or pod changed only in fields that no pass reads, the VideoJob is settled.
    """

    def __init__(self) -> None:
        self._videojobs: dict[str, Stored] = {}
        self._reader = Reader()
        self._awaiting_report = DeletedVideoJobs()
        self._namespaces: dict[str, str] = {}
        self._jobs: dict[str, dict[str, Job]] = {}
        self._children: dict[str, Child] = {}
        self._owner_of: dict[str, str] = {}
        self._pods: dict[str, dict[str, Pod]] = {}
        self._tombstones: Recent[str, None] = Recent(TOMBSTONES)
        self._removed = RemovedJobs()
        self._expected: Recent[str, None] = Recent(TOMBSTONES)
        self._active: Counter[str] = Counter()
        self._counted: set[str] = set()

    def put_videojob(self, raw: dict[str, Any]) -> Due | None:
        """Store a VideoJob."""
        metadata = raw["metadata"]
        key = key_of(metadata["namespace"], metadata["name"])
        known = self._videojobs.get(key)
        if metadata["uid"] in self._tombstones or not _newer(metadata, known):
            return None
        if known and known.uid != metadata["uid"]:
            self._forget_videojob(key, known.uid)
        self._videojobs[key] = store(raw)
        self._namespaces[metadata["uid"]] = metadata["namespace"]
        if known is None or known.uid != metadata["uid"]:
            for job in self._jobs.get(metadata["uid"], {}).values():  # observed before it
                self._read_again(job)
        return None if self.is_settled(key) else Due(key)

    def put_job(self, raw: dict[str, Any]) -> Due | None:
        """Store a Job."""
        seen = read_job(raw)
        family = self._owner_of.get(seen.uid, seen.owner_uid)
        known = self._jobs.get(family, {}).get(seen.uid)
        if seen.uid in self._tombstones or not _newer(raw["metadata"], known):
            return None
        moved = known if known and family != seen.owner_uid else None  # orphaned, or adopted
        if moved:
            self._jobs[family].pop(seen.uid)
            if not self._jobs[family]:
                del self._jobs[family]
        self._jobs.setdefault(seen.owner_uid, {})[seen.uid] = seen
        self._owner_of[seen.uid] = seen.owner_uid
        due = self._read_again(seen)
        return Due(seen.videojob if seen.owner_uid else moved.videojob) if moved else due

    def put_pod(self, raw: dict[str, Any]) -> Due | None:
        """Store a pod."""
        seen = read_pod(raw)
        known = self._pods.get(seen.job_uid, {}).get(seen.uid)
        if seen.uid in self._tombstones or seen.job_uid in self._tombstones or not _newer(raw["metadata"], known):
            return None
        return self._replace_pod(seen.merge(known))

    def _replace_pod(self, pod: Pod) -> Due | None:
        family = self._pods.setdefault(pod.job_uid, {})
        family[pod.uid] = pod
        if len(family) > PODS_KEPT:
            oldest = (uid for uid, known in family.items() if known.gone and not known.has_result)
            family.pop(next(oldest, ""), None)
        job = self._jobs.get(self._owner_of.get(pod.job_uid, ""), {}).get(pod.job_uid)
        return self._read_again(job) if job else None

    def _pods_of(self, job: Job) -> tuple[Pod, ...]:
        """The pods of a Job; a pod of another namespace may name it as its owner."""
        return tuple(pod for pod in self._pods.get(job.uid, {}).values() if pod.namespace == job.namespace)

    def _read_again(self, job: Job) -> Due | None:
        """Read a Job and its pods together again."""
        child = child_of(job, self._pods_of(job))
        before = self._children.get(job.uid)
        self._children[job.uid] = child
        held_by_finalizer = child.deleting and not child.pod_uid
        takes_place = child.state is State.ACTIVE and not job.suspended and not held_by_finalizer
        self._count(job, active=takes_place and self._is_ours(job))
        if not _is_open(child):
            self._removed.note_end(job.owner_uid, child.identity)
        if child == before:
            return None
        awaits = before is not None and _progress_of(child) == _progress_of(before)
        return Due(job.videojob, AWAITED_SECONDS if awaits else 0.0)

    def _is_ours(self, job: Job) -> bool:
        """Whether a Job has an owner that is, or was, a VideoJob: any Job may have our label."""
        return self._exists(job.videojob, job.owner_uid) or job.owner_uid in self._tombstones

    def _count(self, job: Job, *, active: bool) -> None:
        """Keep count of the active Jobs of each namespace."""
        if active is (job.uid in self._counted):
            return
        self._active[job.namespace] += 1 if active else -1
        if active:
            self._counted.add(job.uid)
            return
        self._counted.discard(job.uid)
        if not self._active[job.namespace]:
            del self._active[job.namespace]

    def active_jobs(self) -> Counter[str]:
        """Number of Jobs that take a place, by namespace: those that have not ended and are not queued."""
        return self._active

    def stuck_jobs(self, before: datetime) -> Counter[str]:
        """Number of Jobs that take a place and wait for a pod, or a node, since before a time, by namespace."""
        since = ((job, child.podless_since or child.waiting_since) for job, child in self._active_children())
        return Counter(job.namespace for job, moment in since if moment and moment < before)

    def is_new(self, uid: str) -> bool:
        """Whether a Job is active, and no pod of it and no reason to wait is observed."""
        child = self._children.get(uid)
        if child is None or child.state is not State.ACTIVE:
            return False
        return not child.pod_uid and child.wait in {None, PODLESS}

    def jobs_without_pods(self) -> tuple[Waiting, ...]:
        """The active Jobs that have no pod."""
        return tuple(
            Waiting(job.namespace, job.uid, job.videojob, child.podless_since)
            for job, child in self._active_children()
            if child.podless_since
        )

    def unstarted_pods(self) -> tuple[Waiting, ...]:
        """The pods that have a node and do not start."""
        return tuple(
            Waiting(job.namespace, child.pod_uid, job.videojob, child.unstarted_since)
            for job, child in self._active_children()
            if child.unstarted_since
        )

    def _active_children(self) -> Iterator[tuple[Job, Child]]:
        """The Jobs that take a place."""
        return ((self._jobs[self._owner_of[uid]][uid], self._children[uid]) for uid in self._counted)

    def drop_videojob(self, raw: dict[str, Any]) -> Due:
        """Remove a deleted VideoJob; a new one of the same key may exist already."""
        metadata = raw["metadata"]
        key = key_of(metadata["namespace"], metadata["name"])
        known = self._videojobs.get(key)
        if known and known.uid == metadata["uid"] and _newer(metadata, known):
            self._videojobs[key] = store(raw)  # a status whose response has not arrived has the number of its report
        self._forget_videojob(key, metadata["uid"])
        return Due(key)

    def _forget_videojob(self, key: str, uid: str) -> None:
        self._add_tombstone(uid)
        self._removed.forget(uid)
        self._namespaces.pop(uid, None)
        known = self._videojobs.get(key)
        self._reader.forget(uid)
        if known and known.uid == uid:
            self._awaiting_report.add(key, self._videojobs.pop(key).without_storyboard())

    def drop_job(self, raw: dict[str, Any]) -> Due:
        """Remove a deleted Job and its pods."""
        seen = read_job(raw)
        self.forget_job(seen.uid)
        return Due(seen.videojob)

    def expect_deletion(self, uid: str) -> None:
        """Note that the operator is about to delete a Job; where the response is lost, its removal is its own."""
        self._expected[uid] = None

    def forget_job(self, uid: str) -> None:
        """Hide a Job that is deleted, or about to be, from passes; others removed it unless that was expected."""
        self._add_tombstone(uid)
        self._pods.pop(uid, None)
        child = self._children.pop(uid, None)
        owner = self._owner_of.pop(uid, "")
        siblings = self._jobs.get(owner, {})
        job = siblings.pop(uid, None)
        if job:
            self._count(job, active=False)
        if not siblings:
            self._jobs.pop(owner, None)
        if not (job and child and self._exists(job.videojob, owner)):
            return
        is_open = _is_open(child)
        if is_open or not self._videojobs[job.videojob].ended:  # else its time to live has ended, long after its use
            by_others = is_open and uid not in self._expected
            self._removed.add(owner, child.identity, job.name, by_others=by_others)

    def is_gone(self, uid: str) -> bool:
        """Whether an object was deleted or lost its label; events about it are ignored."""
        return uid in self._tombstones

    def _exists(self, key: str, uid: str) -> bool:
        known = self._videojobs.get(key)
        return known is not None and known.uid == uid

    def removed(self, uid: str) -> Mapping[Attempt, Removed]:
        """The attempts of an unfinished VideoJob whose Jobs were removed; lost on restart."""
        return self._removed.of(uid)

    def drop_pod(self, raw: dict[str, Any]) -> Due | None:
        """Mark a pod as deleted; its last state is kept for as long as its Job exists."""
        seen = read_pod(raw)
        known = self._pods.get(seen.job_uid, {}).get(seen.uid)
        last = seen.merge(known) if known is None or _newer(raw["metadata"], known) else known
        return None if seen.job_uid in self._tombstones else self._mark_deleted(last)

    def _add_tombstone(self, uid: str) -> None:
        self._tombstones[uid] = None

    def videojob(self, key: str) -> VideoJob | None:
        """The VideoJob of a key, if there is one."""
        known = self._videojobs.get(key)
        return self._reader.read(known) if known else None

    def size(self, key: str) -> int:
        """Bytes of a VideoJob's JSON, 0 where there is none."""
        known = self._videojobs.get(key)
        return known.size if known else 0

    def pop_deleted(self, key: str) -> tuple[VideoJob, ...]:
        """Remove and return the deleted VideoJobs that had this key, as last seen, the oldest first. Takes O(1)."""
        return self._awaiting_report.take(key)

    def stand_by(self) -> None:
        """Keep few deleted VideoJobs: another process reports their end."""
        self._awaiting_report.stand_by()

    def take_over(self) -> tuple[str, ...]:
        """Keep every deleted VideoJob from now on. Returns the keys to reconcile."""
        self._removed.take_over()
        unsettled = [key for key in self._videojobs if not self.is_settled(key)]
        return tuple(dict.fromkeys((*self._awaiting_report.take_over(), *unsettled)))

    def is_ended(self, key: str) -> bool:
        """Whether a VideoJob has ended, no container of it runs, and no deleted one of its name is to be reported."""
        known = self._videojobs.get(key)
        if key in self._awaiting_report:
            return False
        if known is None or not known.ended:
            return False
        return not any(child.state is State.ACTIVE or child.lingers_until for child in self.children(known.uid))

    def is_settled(self, key: str) -> bool:
        """Whether passes over a VideoJob have nothing to do, now or later: it ended and is reported."""
        known = self._videojobs.get(key)
        return known is not None and known.settled and self.is_ended(key)

    def keys(self, namespace: str | None = None) -> tuple[str, ...]:
        """Return the keys of the VideoJobs of a namespace, or of all (None)."""
        return tuple(key for key in self._videojobs if _is_in(namespace, key))

    def phases(self) -> Counter[str]:
        """How many VideoJobs are in each phase."""
        return Counter(known.phase for known in self._videojobs.values())

    def children(self, uid: str) -> tuple[Child, ...]:
        """Every attempt that a VideoJob owns; a Job of another namespace may name it as its owner."""
        home = self._namespaces.get(uid)
        jobs = self._jobs.get(uid, {}).values()
        return tuple(self._children[job.uid] for job in jobs if home is None or job.namespace == home)

    def keep_only(self, there: Iterable[str], *, known_before: frozenset[str]) -> set[str]:
        """Drop objects that were known before a list was requested and are not in it (`there`, by uid).

        An interrupted watch never reports what was deleted meanwhile. Returns the keys of the VideoJobs concerned.
        """
        gone = known_before - frozenset(there)
        ghosts = {key: job.uid for key, job in self._videojobs.items() if job.uid in gone}
        dead = {job.uid: job.videojob for family in self._jobs.values() for job in family.values() if job.uid in gone}
        lost = [pod for family in self._pods.values() for pod in family.values() if pod.uid in gone]
        woken = {due.key for pod in lost if not pod.gone and (due := self._mark_deleted(pod))}
        for key, uid in ghosts.items():
            self._forget_videojob(key, uid)
        for uid in dead:
            self.forget_job(uid)
        for pod in lost:
            if pod.job_uid not in self._owner_of:
                self._forget_pod(pod)  # the Job may exist: its watch may be behind that of pods
        return {*ghosts, *dead.values(), *woken}

    def _forget_pod(self, pod: Pod) -> None:
        family = self._pods.get(pod.job_uid, {})
        family.pop(pod.uid, None)
        if not family:
            self._pods.pop(pod.job_uid, None)

    def _mark_deleted(self, pod: Pod) -> Due | None:
        """Mark a pod as deleted; its last state stays."""
        self._add_tombstone(pod.uid)
        return self._replace_pod(replace(pod, gone=True))

    def versions(self, plural: str, namespace: str | None) -> dict[str, str]:
        """Return the resource versions of the objects of one kind by uid, of a namespace or of all (None)."""
        found: Iterable[tuple[str, Stored | Job | Pod]]
        match plural:
            case "jobs":
                found = ((job.videojob, job) for family in self._jobs.values() for job in family.values())
            case "pods":
                found = ((f"{pod.namespace}/", pod) for family in self._pods.values() for pod in family.values())
            case _:
                found = self._videojobs.items()
        return {known.uid: known.resource_version for key, known in found if _is_in(namespace, key)}


def _is_in(namespace: str | None, key: str) -> bool:
    return namespace is None or key.startswith(f"{namespace}/")


def _is_open(child: Child) -> bool:
    """Whether the end of an attempt is not observed yet: it runs, or only its Job has ended."""
    return child.state is State.ACTIVE or child.settles_at is not None


def _newer(metadata: dict[str, Any], known: Stored | Job | Pod | None) -> bool:
    """Whether an observation is newer than the known one. Versions of one kind of object count upwards (KEP-5504)."""
    return known is None or int(metadata.get("resourceVersion") or 0) > int(known.resource_version or 0)
