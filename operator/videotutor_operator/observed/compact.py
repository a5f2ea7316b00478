"""A finished VideoJob in a kilobyte: kept as compressed JSON and read again when somebody asks for it.

As models, a VideoJob of ten scenes takes some 30 KB and one of a hundred 200 KB; nearly all of those in a cluster
have ended, and nobody looks at them.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from videojob.phases import TERMINAL, Phase
from videotutor_operator.core.conditions import INVALID_SPEC
from videotutor_operator.core.model import VideoJob
from videotutor_operator.observed.observe import read_videojob

FASTEST = 1
"""Compression level: 0.1 ms for a VideoJob of ten scenes; the best one saves another fifth and takes thrice as long."""


@dataclass(frozen=True, slots=True)
class Compact:
    """A VideoJob as observed, unread. `settled`: a look at it would find nothing to do unless one of its Jobs runs."""

    uid: str
    resource_version: str
    phase: Phase
    settled: bool
    packed: bytes

    def read(self) -> VideoJob:
        """The VideoJob."""
        return read_videojob(json.loads(zlib.decompress(self.packed)))


def compact(raw: dict[str, Any]) -> Compact | None:
    """The compact form of a VideoJob that has ended; None for one that goes on."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    current = status.get("observedGeneration") == metadata.get("generation")
    if not current or status.get("phase") not in TERMINAL or "deletionTimestamp" in metadata:
        return None
    kept = {name: value for name, value in metadata.items() if name != "managedFields"}
    text = json.dumps({"metadata": kept, "spec": raw.get("spec"), "status": status}, separators=(",", ":"))
    return Compact(
        uid=metadata["uid"],
        resource_version=metadata.get("resourceVersion", ""),
        phase=Phase(status["phase"]),
        settled=_settled(raw.get("spec") or {}, status),
        packed=zlib.compress(text.encode(), FASTEST),
    )


def _settled(spec: dict[str, Any], status: dict[str, Any]) -> bool:
    """Whether there is nothing to delete later and nothing left to tell."""
    report = status.get("report") or {}
    told = "sessionId" not in spec or report.get("acknowledged", 0) >= report.get("sequence", 0)
    ready: dict[str, Any] = next((c for c in status.get("conditions") or [] if c.get("type") == "Ready"), {})
    readable = ready.get("reason") != INVALID_SPEC  # this version may read what another could not
    return told and readable and "ttlSecondsAfterFinished" not in spec
