"""Every phase of a VideoJob and every edge between them, in one table.

The diagram in `docs/phases.md` and `convex/phases.ts` are generated from it (`make generate`).
"""

from __future__ import annotations

from enum import StrEnum


class Phase(StrEnum):
    """Phase of a VideoJob, for people; conditions are for machines."""

    PENDING = "Pending"
    PLANNING = "Planning"
    RENDERING = "Rendering"
    STITCHING = "Stitching"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    SUSPENDED = "Suspended"


class ScenePhase(StrEnum):
    """Phase of one scene."""

    PENDING = "Pending"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


TERMINAL = frozenset({Phase.SUCCEEDED, Phase.FAILED, Phase.CANCELLED})
"""Sticky within a generation: only a change of the spec leads out of them."""

_ANY_TIME = frozenset({Phase.FAILED, Phase.CANCELLED, Phase.SUSPENDED})

NEXT: dict[Phase, frozenset[Phase]] = {
    Phase.PENDING: _ANY_TIME | {Phase.PLANNING, Phase.RENDERING, Phase.STITCHING, Phase.SUCCEEDED},
    Phase.PLANNING: _ANY_TIME | {Phase.RENDERING, Phase.STITCHING, Phase.SUCCEEDED},
    Phase.RENDERING: _ANY_TIME | {Phase.STITCHING, Phase.SUCCEEDED},
    Phase.STITCHING: _ANY_TIME | {Phase.SUCCEEDED},
    Phase.SUSPENDED: frozenset(Phase) - {Phase.SUSPENDED, Phase.PENDING},
    Phase.SUCCEEDED: frozenset(),
    Phase.FAILED: frozenset(),
    Phase.CANCELLED: frozenset(),
}
"""The edges within one generation. Stages whose results all exist already are passed through at once."""


def is_allowed(old: Phase, new: Phase, *, same_generation: bool) -> bool:
    """Whether a VideoJob may go from one phase to another; a new generation may start anywhere."""
    return old == new or not same_generation or new in NEXT[old]
