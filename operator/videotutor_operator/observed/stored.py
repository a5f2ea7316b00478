"""A VideoJob as the cache keeps it: compressed JSON, read again for each pass that needs it.

As models, a VideoJob of ten scenes takes some 30 KB and a storyboard of 1 MB more than 20 MB: their memory
must not depend on what users write. Nearly all VideoJobs in a cluster have ended, and no pass needs them.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json, to_json

from videojob import names
from videojob.base import objects_in
from videojob.phases import TERMINAL, Phase, ScenePhase
from videojob.status import read_report
from videotutor_operator.core.conditions import UNREAD
from videotutor_operator.core.model import VideoJob
from videotutor_operator.observed.observe import read_videojob

FASTEST = 1
"""Compression level: 0.1 ms for a VideoJob of ten scenes; the best one saves a fifth more in three times the time."""
READ_BYTES = 2 * 2**20
"""Bytes of JSON of VideoJobs also kept as models, which take some twenty times as much."""
READ_METADATA = (
    *("namespace", "name", "uid", "generation", "resourceVersion"),
    *("creationTimestamp", "deletionTimestamp"),
)
"""Fields of the metadata that are kept, beside the labels of a queue; annotations may be 256 KiB."""
PLANNED = "(planned)"
"""Prompt of a VideoJob that is read without its storyboard: its plan is enough."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A VideoJob as observed. `ended`: it is in a terminal phase, and was not edited or deleted since.

    `settled`: a pass over it would find nothing to do unless one of its Jobs runs. `size`: bytes of its JSON.
    """

    uid: str
    resource_version: str
    phase: str
    ended: bool
    settled: bool
    size: int
    packed: bytes

    def read(self) -> VideoJob:
        """The VideoJob; without its storyboard where no pass needs it."""
        return read_videojob(unpack(self.packed))

    def without_storyboard(self) -> Stored:
        """A deleted VideoJob without its storyboard: only its end is reported."""
        raw = unpack(self.packed)
        return store({**raw, "spec": _without_storyboard(raw["spec"])}) if "storyboard" in raw["spec"] else self


def store(raw: dict[str, Any]) -> Stored:
    """Compress a VideoJob from the API server's JSON."""
    metadata, spec, status = raw["metadata"], raw.get("spec") or {}, raw.get("status") or {}
    current = _reason(status) not in UNREAD and status.get("observedGeneration") == metadata.get("generation")
    phase = str(status.get("phase") or Phase.PENDING)
    terminal = phase in TERMINAL and not (phase == Phase.SUCCEEDED and _lacks_video(status))
    ended = current and terminal and "deletionTimestamp" not in metadata
    planned = status.get("plan") and status.get("scenes")
    if current and "storyboard" in spec and (planned or terminal or phase == Phase.SUSPENDED):
        spec = _without_storyboard(spec)
    kept = {name: metadata[name] for name in READ_METADATA if name in metadata}
    kept["labels"] = {name: value for name, value in (metadata.get("labels") or {}).items() if name in names.PASSED_ON}
    text = to_json({"metadata": kept, "spec": spec, "status": status})
    return Stored(
        uid=metadata["uid"],
        resource_version=metadata.get("resourceVersion", ""),
        phase=phase if phase in set(Phase) else Phase.PENDING,
        ended=ended,
        settled=ended and _is_settled(spec, status),
        size=len(text),
        packed=zlib.compress(text, FASTEST),
    )


def _lacks_video(status: dict[str, Any]) -> bool:
    """As `decide._is_false_success`, from JSON."""
    undone = (scene for scene in objects_in(status.get("scenes")) if scene.get("phase") != ScenePhase.SUCCEEDED)
    return not status.get("video") or any(undone)


def _without_storyboard(spec: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in spec.items() if name != "storyboard"}, "prompt": PLANNED}


def pack(value: dict[str, Any]) -> bytes:
    """A JSON object, compressed."""
    return zlib.compress(to_json(value), FASTEST)


def unpack(packed: bytes) -> dict[str, Any]:
    """The JSON object that `pack` compressed."""
    value: dict[str, Any] = from_json(zlib.decompress(packed))
    return value


def _reason(status: dict[str, Any]) -> str:
    known = objects_in(status.get("conditions"))
    return next((str(c.get("reason")) for c in known if c.get("type") == "Ready"), "")


def _is_settled(spec: dict[str, Any], status: dict[str, Any]) -> bool:
    """Whether there is nothing to delete later and nothing left to report."""
    report = read_report(status)
    reported = "sessionId" not in spec or report.acknowledged >= report.sequence
    return reported and "ttlSecondsAfterFinished" not in spec


class Reader:
    """Reads stored VideoJobs, and caches the latest models in bounded memory."""

    def __init__(self) -> None:
        self._models: OrderedDict[str, tuple[Stored, VideoJob]] = OrderedDict()
        self._bytes = 0

    def read(self, stored: Stored) -> VideoJob:
        """The VideoJob; the same value until it changes or is evicted."""
        known = self._models.pop(stored.uid, None)
        if known:
            self._bytes -= known[0].size
        job = known[1] if known and known[0] is stored else stored.read()
        self._models[stored.uid] = stored, job
        self._bytes += stored.size
        while self._bytes > READ_BYTES:
            self._bytes -= self._models.popitem(last=False)[1][0].size
        return job

    def forget(self, uid: str) -> None:
        """Evict a VideoJob."""
        if known := self._models.pop(uid, None):
            self._bytes -= known[0].size
