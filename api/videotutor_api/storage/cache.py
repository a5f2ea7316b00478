"""The VideoJobs in memory: small summaries of all, and what else responses need, compressed and bounded.

Lists, views, playlists and files are served from here, so that viewers cost the Kubernetes API nothing.
"""

from __future__ import annotations

import time
import zlib
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from videojob.status import VideoJobStatus
from videotutor_api.storage.collection import is_videojob
from videotutor_api.storage.videojob import KEPT, VideoJob, read_videojob

MAX_DETAIL_BYTES = 64 * 2**20
"""Compressed details in memory. Further VideoJobs have summaries only and are read from Kubernetes when requested."""

MAX_UNPACKED = 32
"""VideoJobs whose details are kept unpacked: those that are being watched. One of 100 scenes has some 300 kB."""

TOMBSTONE_SECONDS = 600.0
"""How long a deleted name is remembered: longer than a signed request is valid (`signatures.TOLERANCE_SECONDS`), so
that a repeated one does not make the video again."""

MAX_TOMBSTONES = 10_000

SHORT = ("projectId", "sessionId", "cancel", "retry")
"""Fields of the spec that summaries have."""


Owner = tuple[str | None, str | None]
"""Project and session of a VideoJob."""


@dataclass(frozen=True)
class Entry:
    """A VideoJob in the cache. `summary`: without scenes, conditions and prompt; `details`: packed, or None."""

    summary: VideoJob
    details: bytes | None


class Tombstone(NamedTuple):
    """A deleted VideoJob. `at`: by the cache's clock; `version`: of the deletion; `owner`: None where it is unknown."""

    at: float
    version: int
    owner: Owner | None


class VideoJobCache:
    """VideoJobs of one namespace by name. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clear()

    def _clear(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._names: list[str] = []
        self._detail_bytes = 0
        self._unpacked: OrderedDict[tuple[str, str], VideoJob] = OrderedDict()
        self._tombstones: OrderedDict[str, Tombstone] = OrderedDict()
        self._newest = 0

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, found: Any) -> VideoJob | None:
        """Take in a VideoJob unless a newer version is here; None for an object that is none."""
        if not is_videojob(found):
            return None
        job = read_videojob(found)
        known, gone = self._entries.get(job.name), self._tombstones.get(job.name)
        if known and number_of(known.summary.version) >= number_of(job.version) > 0:
            return job
        if gone and gone.version >= number_of(job.version) > 0:
            return job  # read before it was deleted
        self._remove(job.name)
        details = _pack(job)
        fits = self._detail_bytes + len(details) <= MAX_DETAIL_BYTES
        self._detail_bytes += len(details) if fits else 0
        self._entries[job.name] = Entry(_summary_of(job), details if fits else None)
        insort(self._names, job.name)
        self._tombstones.pop(job.name, None)
        self._newest = max(self._newest, number_of(job.version))
        return job

    def delete(self, name: str, version: str) -> None:
        """Remove a VideoJob that was deleted at this version, unless a newer one is here; remember that it existed."""
        known = self._entries.get(name)
        if known and number_of(known.summary.version) > number_of(version):
            return
        former = self._tombstones.pop(name, None)
        owner = _owner_of(known.summary) if known else former.owner if former else None
        self._remove(name)
        self._tombstones[name] = Tombstone(self._clock(), number_of(version), owner)
        if len(self._tombstones) > MAX_TOMBSTONES:
            self._tombstones.popitem(last=False)

    def keep_only(self, names: set[str], version: str) -> None:
        """Remove what a complete list of this version did not have; what was created since then stays."""
        for name in self._entries.keys() - names:
            self.delete(name, version)

    def forget_newer(self, version: str) -> None:
        """Forget everything where a list is older than what is here, as after a restore of etcd."""
        if number_of(version) < self._newest:
            self._clear()

    def was_deleted(self, name: str, owner: Owner | None = None) -> bool:
        """Whether this name was deleted within the last `TOMBSTONE_SECONDS`, and was `owner`'s where one is given."""
        gone = self._tombstones.get(name)
        if gone is None or self._clock() - gone.at >= TOMBSTONE_SECONDS:
            return False
        return owner is None or gone.owner in {None, owner}

    def summary(self, name: str) -> VideoJob | None:
        """The summary of one VideoJob."""
        entry = self._entries.get(name)
        return entry.summary if entry else None

    def get(self, name: str) -> VideoJob | None:
        """One VideoJob with the details that responses need; None where it, or they, are not here."""
        entry = self._entries.get(name)
        if entry is None or entry.details is None:
            return None
        key = (name, entry.summary.version)
        job = self._unpacked.get(key) or _unpack(entry.summary, entry.details)
        self._unpacked[key] = job
        self._unpacked.move_to_end(key)
        if len(self._unpacked) > MAX_UNPACKED:
            self._unpacked.popitem(last=False)
        return job

    def summaries(self, after: str = "") -> Iterator[VideoJob]:
        """The summaries in the order of their names, those behind `after`."""
        for name in self._names[bisect_right(self._names, after) :]:
            yield self._entries[name].summary

    def _remove(self, name: str) -> None:
        entry = self._entries.pop(name, None)
        if entry:
            self._detail_bytes -= len(entry.details or b"")
            del self._names[bisect_right(self._names, name) - 1]
            self._unpacked.pop((name, entry.summary.version), None)


def number_of(version: str) -> int:
    """A resourceVersion as a number (KEP-5504); 0 for one that is none, which is then always replaced."""
    return int(version) if version.isdecimal() else 0


def _owner_of(job: VideoJob) -> Owner:
    return job.spec.get("projectId"), job.spec.get("sessionId")


def _summary_of(job: VideoJob) -> VideoJob:
    spec = {field: job.spec[field] for field in SHORT if field in job.spec}
    status = job.status.model_copy(update={"scenes": (), "conditions": ()})
    return replace(job, spec=spec, status=status, annotations={})


def _pack(job: VideoJob) -> bytes:
    spec = {field: job.spec[field] for field in KEPT if field in job.spec}
    return zlib.compress(to_json({"spec": spec, "status": job.status.to_json_object()}), 1)


def _unpack(summary: VideoJob, details: bytes) -> VideoJob:
    unpacked = from_json(zlib.decompress(details))
    return replace(summary, spec=unpacked["spec"], status=VideoJobStatus.model_validate(unpacked["status"]))
