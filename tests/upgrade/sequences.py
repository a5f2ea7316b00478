"""The sequences of the matrix: which CRD and which operator meet, in which order."""

from __future__ import annotations

from dataclasses import dataclass

QUIET, MINUTE = 5.0, 60.0
"""Seconds in which writes of the status are counted: where none is due, and where some are."""


@dataclass(frozen=True, slots=True)
class Step:
    """One cell. The CRD is swapped first, while the operator before still runs.

    `edits`: finished videos are edited. `newer`: videos that only a newer operator can read are created. `begin`: two
    videos that begin here are left running. `stuck`: the API server refuses what a new video's status has to say.
    `impossible`: why what is seen here cannot be otherwise; it is printed, not asserted.
    """

    name: str
    crd: str
    operator: str
    edits: bool = False
    newer: bool = False
    begin: bool = False
    stuck: bool = False
    window: float = QUIET
    impossible: str = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """Steps after a start, in which `operator` on `crd` makes the videos. `small`: a few videos are enough."""

    name: str
    steps: tuple[Step, ...]
    crd: str = "old"
    operator: str = "old"
    small: bool = False


_RAISED = (
    Step("renderer raised", "new", "raised"),
    Step("edits", "new", "raised", edits=True),
    Step("operator back to old", "new", "old"),
    Step("CRD back to old", "old", "old"),
    Step("forward again", "new", "raised"),
)
MAIN = Sequence(
    "CRD first",
    (Step("CRD new", "new", "old"), Step("operator new", "new", "new", begin=True), *_RAISED),
)
OPERATOR_FIRST = Sequence(
    "operator first (crds.install=false)",
    (Step("operator new", "old", "new", begin=True), Step("CRD new", "new", "new"), *_RAISED),
)
THIRD = Sequence(
    "the CRD of a later release",
    (
        Step("CRD and operator new", "new", "new"),
        Step("CRD third", "third", "new", newer=True),
        Step("edits", "third", "raised", edits=True),
        Step("CRD back to new", "new", "raised"),
    ),
)
UNSTORED = Sequence(
    "a CRD that does not store what the operator writes",
    (
        Step("CRD prunes", "pruning", "new", window=MINUTE),
        Step("CRD refuses", "refusing", "new", window=MINUTE, stuck=True),
        Step("CRD new", "new", "new"),
    ),
    crd="new",
    operator="new",
    small=True,
)
RAISED_AND_BACK = Sequence(
    "begun under a raised renderer, then rolled back",
    (
        Step("renderer raised", "new", "raised", begin=True),
        Step(
            "operator back to old",
            "new",
            "old",
            impossible="092fef3 puts its own RENDERER_VERSION into every digest and its own image into every Job",
        ),
        Step("forward again", "new", "raised"),
    ),
    small=True,
)
OLD_AND_THIRD = Sequence(
    "092fef3 on the CRD of a later release",
    (
        Step(
            "CRD third",
            "third",
            "old",
            impossible="092fef3 fails a spec with a field that it does not know, and the CRD fills one in",
        ),
        Step("operator new", "third", "new"),
    ),
    small=True,
)
ALL = (MAIN, OPERATOR_FIRST, THIRD, UNSTORED, RAISED_AND_BACK, OLD_AND_THIRD)
