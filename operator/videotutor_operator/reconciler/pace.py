"""When a status is written: at once, later, or not, where the API server does not store the difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from videojob.base import read
from videojob.digest import digest_of
from videojob.status import VideoJobStatus
from videotutor_operator.core.changes import RESTING, Change, classify
from videotutor_operator.core.model import VideoJob
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.observed.stored import pack, unpack
from videotutor_operator.queue import backoff
from videotutor_operator.recent import Recent
from videotutor_operator.times import seconds_until

INTERVALS = {
    Change.WORDS: timedelta(minutes=1),
    Change.CAUSE: timedelta(seconds=10),
    Change.PROGRESS: timedelta(seconds=1),
}
"""Least time between two statuses that differ only in this; any other change is written at once."""
REFUSED_INTERVAL = timedelta(minutes=1)
"""Time before the next write after the API server refused a status of this VideoJob."""
LONGEST_FAILURE = 30.0
"""Seconds between two tries to write a status at most, where the API server fails; four times as long each time."""
LOST_INTERVAL = timedelta(minutes=10)
"""How long fields that the API server does not store are ignored; then they are written again."""

WRITTEN = 20_000
"""VideoJobs at most whose last write is remembered."""
NAMESPACES = 1_000
"""Namespaces at most of which is remembered what the API server does not store."""
REMEMBERED = 1_000
"""VideoJobs at most whose status is kept in memory as it was sent, since the API server stores only a part of it."""

Path = tuple[str, ...]


class Partly(NamedTuple):
    """A status that the API server stored in part: the digest of the stored one, and the sent one, packed.

    A status of a hundred scenes is 175 KB as a model, and a tenth of that as compressed JSON.
    """

    stored: str
    sent: bytes


class Lost(NamedTuple):
    """Fields of the statuses in a namespace that the API server does not store, and since when that is known."""

    fields: frozenset[Path]
    since: datetime


class Hold(NamedTuple):
    """How many status writes failed in a row, and when the next one may start."""

    failures: int
    until: datetime


class Pace:
    """Times of status writes, by the uid of the VideoJob. Lost on restart: then the next status is written at once."""

    def __init__(self) -> None:
        self._written: Recent[str, datetime] = Recent(WRITTEN)
        self._conflicts: dict[str, int] = {}
        self._held: dict[str, Hold] = {}
        self._partly: Recent[str, Partly] = Recent(REMEMBERED)
        self._lost: Recent[str, Lost] = Recent(NAMESPACES)

    def restore(self, job: VideoJob) -> VideoJob:
        """The VideoJob with the status that was sent last, where the API server stored only a part of it.

        Otherwise each pass would find, report and write the same change again.
        """
        partly = self._partly.get(job.uid)
        if partly is None or _digest(job) != partly.stored:
            return job
        return replace(job, status=read(VideoJobStatus, unpack(partly.sent)), unreadable="", raw_status=None)

    def wait(self, job: VideoJob, status: VideoJobStatus, now: datetime, *, busy: bool) -> float | None:
        """Seconds until a status is written: 0 for now, None for never. `busy`: Jobs depend on it."""
        change = classify(job.status, status)
        if change is Change.NOTHING or (change is Change.CONFIRMATION and status.phase not in RESTING):
            return None
        if self._is_lost(job, status, now):
            return None
        since, interval = self._written.get(job.uid), timedelta() if busy else INTERVALS.get(change, timedelta())
        return max(seconds_until(since + interval if since else None, now, interval), self.held_for(job, now))

    def held_for(self, job: VideoJob, now: datetime) -> float:
        """Seconds until the next status write after one that was refused or failed, however often the VideoJob changes.

        0 where none was.
        """
        held = self._held.get(job.uid)
        return seconds_until(held.until if held else None, now, REFUSED_INTERVAL)

    def record_write(
        self, job: VideoJob, sent: VideoJobStatus, stored: dict[str, Any], now: datetime
    ) -> frozenset[Path]:
        """Record a stored status. Returns the fields that were not stored, where that is new.

        They are ignored in its namespace only: a policy there may be the cause, not the CRD.
        """
        self.record_stored(job, now)
        wanted = sent.to_json_object()
        missing = frozenset(_lost_paths(wanted, stored.get("status") or {}))
        self._partly.pop(job.uid, None)
        if missing:
            self._partly[job.uid] = Partly(_digest(read_videojob(stored)), pack(wanted))
        known = self._known_lost(job.namespace, now)
        if lost := missing - known:
            self._lost[job.namespace] = Lost(known | lost, now)
        return lost

    def record_stored(self, job: VideoJob, now: datetime) -> None:
        """Record that a status was stored; no earlier failure delays the next one."""
        self._conflicts.pop(job.uid, None)
        self._held.pop(job.uid, None)
        self._written[job.uid] = now

    def record_refusal(self, job: VideoJob, now: datetime) -> None:
        """Record that the API server refused a status of this VideoJob."""
        self._held[job.uid] = Hold(0, now + REFUSED_INTERVAL)

    def record_failure(self, job: VideoJob, now: datetime) -> int:
        """Record that a status write failed and may succeed later. Returns how many did in a row."""
        failures = self._held.get(job.uid, Hold(0, now)).failures + 1
        seconds = min(4.0 ** min(failures - 1, 8), LONGEST_FAILURE)
        self._held[job.uid] = Hold(failures, now + timedelta(seconds=seconds))
        return failures

    def record_conflict(self, job: VideoJob) -> float:
        """Record a conflict. Returns after how many seconds to reconcile again unless an event arrives."""
        self._conflicts[job.uid] = self._conflicts.get(job.uid, 0) + 1
        return backoff(self._conflicts[job.uid])

    def forget(self, uid: str) -> None:
        """Remove a deleted VideoJob."""
        for memory in (self._written, self._conflicts, self._held, self._partly):
            memory.pop(uid, None)

    def _is_lost(self, job: VideoJob, after: VideoJobStatus, now: datetime) -> bool:
        """Whether a status differs from the stored one only in fields that the API server does not store."""
        lost = self._known_lost(job.namespace, now)
        if not lost:
            return False
        was, will_be = (_drop_paths(status.to_json_object(), lost) for status in (job.status, after))
        return bool(was == will_be)

    def _known_lost(self, namespace: str, now: datetime) -> frozenset[Path]:
        lost = self._lost.get(namespace)
        return lost.fields if lost and now - lost.since <= LOST_INTERVAL else frozenset()


def _digest(job: VideoJob) -> str:
    return digest_of([job.status.to_json_object(), job.raw_status])


def _lost_paths(sent: Any, stored: Any, path: Path = ()) -> Iterable[Path]:
    """Paths where the stored status differs from the sent one; entries of a list share a path."""
    if sent == stored:
        return
    if isinstance(sent, dict) and isinstance(stored, dict):
        for name, value in sent.items():
            yield from _lost_paths(value, stored.get(name), (*path, name))
    elif isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        for value, other in zip(sent, stored, strict=True):
            yield from _lost_paths(value, other, path)
    else:
        yield path


def _drop_paths(value: Any, lost: frozenset[Path], path: Path = ()) -> Any:
    if isinstance(value, dict):
        names = (name for name in value if (*path, name) not in lost)
        return {name: _drop_paths(value[name], lost, (*path, name)) for name in names}
    if isinstance(value, list):
        return [_drop_paths(entry, lost, path) for entry in value]
    return value
