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
from typing import Any

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


@dataclass(frozen=True)
class Entry:
    """A VideoJob in the cache. `summary`: without scenes, conditions and prompt; `details`: packed, or None."""

    summary: VideoJob
    details: bytes | None


class VideoJobCache:
    """VideoJobs of one namespace by name. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: dict[str, Entry] = {}
        self._names: list[str] = []
        self._detail_bytes = 0
        self._unpacked: OrderedDict[tuple[str, str], VideoJob] = OrderedDict()
        self._tombstones: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def put(self, found: Any) -> VideoJob | None:
        """Take in a VideoJob unless a newer version is here; None for an object that is none."""
        if not is_videojob(found):
            return None
        job = read_videojob(found)
        known = self._entries.get(job.name)
        if known and known.summary.uid == job.uid and int(known.summary.version) >= int(job.version):
            return job
        self._remove(job.name)
        details = _pack(job)
        if self._detail_bytes + len(details) <= MAX_DETAIL_BYTES:
            self._detail_bytes += len(details)
            self._entries[job.name] = Entry(_summary_of(job), details)
        else:
            self._entries[job.name] = Entry(_summary_of(job), None)
        insort(self._names, job.name)
        self._tombstones.pop(job.name, None)
        return job

    def delete(self, name: str, version: str) -> None:
        """Remove a VideoJob that was deleted at this version, unless a newer one is here; remember that it existed."""
        known = self._entries.get(name)
        if known and int(known.summary.version) > int(version):
            return
        self._remove(name)
        self._tombstones[name] = self._clock()
        self._tombstones.move_to_end(name)
        if len(self._tombstones) > MAX_TOMBSTONES:
            self._tombstones.popitem(last=False)

    def keep_only(self, names: set[str], version: str) -> None:
        """Remove what a complete list of this version did not have; what was created since then stays."""
        for name in self._entries.keys() - names:
            self.delete(name, version)

    def was_deleted(self, name: str) -> bool:
        """Whether this name was deleted within the last `TOMBSTONE_SECONDS`."""
        deleted = self._tombstones.get(name)
        return deleted is not None and self._clock() - deleted < TOMBSTONE_SECONDS

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
