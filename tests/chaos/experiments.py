"""An experiment: a scenario and the faults that its run meets, as one text that repeats it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tests.chaos.faults import RESTARTS, WITH_STANDBY, Fault, Mode


class Scenario(StrEnum):
    """What the user does in a run. Faults count from the creation in `make`, and from the edit in all others."""

    MAKE = "make"
    EDIT = "edit"
    SUSPEND = "suspend"
    RETRY = "retry"
    RERUN = "rerun"
    CANCEL = "cancel"


EDITS = tuple(scenario for scenario in Scenario if scenario is not Scenario.MAKE)


class Group(StrEnum):
    """A part of the matrix, published as a table of its own."""

    SINGLE = "single"
    PAIRS = "pairs"
    EDITS = "edits"
    CONVEX = "convex"
    CONVEX_PAIRS = "convex-pairs"


SAMPLED = (Group.PAIRS, Group.EDITS, Group.CONVEX_PAIRS)
"""Groups of which `--budget` experiments are drawn; the others are complete."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A scenario and its faults in order, each counted from the request that the one before it hit.

    In text `scenario/mode:n+mode:n`, for example `rerun/kill-after:3+convex-500:1`; `make/` is left out.
    """

    faults: tuple[Fault, ...]
    scenario: Scenario = Scenario.MAKE

    def __str__(self) -> str:
        prefix = "" if self.scenario is Scenario.MAKE else f"{self.scenario}/"
        return prefix + "+".join(str(fault) for fault in self.faults)

    @classmethod
    def parse(cls, text: str) -> Experiment:
        """Read an experiment.

        Raises:
            ValueError: the scenario, a mode or a number is not valid, or two operators meet an edit.
        """
        scenario, _, faults = text.rpartition("/")
        parsed = cls(tuple(Fault.parse(one) for one in faults.split("+")), Scenario(scenario or Scenario.MAKE))
        if parsed.has_standby and parsed.scenario is not Scenario.MAKE:
            raise ValueError(f"{text}: leader modes need the scenario `make`")
        if any(fault.mode in WITH_STANDBY for fault in parsed.faults[1:]):
            raise ValueError(f"{text}: a leader mode can only be the first fault")
        return parsed

    @property
    def folder(self) -> str:
        """A name for the folder of its logs."""
        return str(self).replace("/", "-").replace(":", "-")

    @property
    def has_standby(self) -> bool:
        """Whether the run has two operators."""
        return any(fault.mode in WITH_STANDBY for fault in self.faults)

    @property
    def group(self) -> Group:
        """The part of the matrix that it belongs to."""
        if self.scenario is not Scenario.MAKE:
            return Group.EDITS
        if any(fault.hits_reports for fault in self.faults):
            return Group.CONVEX if len(self.faults) == 1 else Group.CONVEX_PAIRS
        return Group.SINGLE if len(self.faults) == 1 else Group.PAIRS

    @property
    def row(self) -> str:
        """The row of its group's table: the mode, the scenario, or the kind of pair."""
        match self.group:
            case Group.SINGLE | Group.CONVEX:
                return self.faults[0].mode
            case Group.EDITS:
                return self.scenario
            case Group.PAIRS:
                return self._kind_of_pair()
            case Group.CONVEX_PAIRS:
                return "report first" if self.faults[0].hits_reports else "request first"

    def _kind_of_pair(self) -> str:
        if self.has_standby:
            return "takeover"
        if len(self.faults) > 2 and self.faults[1].mode in RESTARTS:
            return "restart between"
        stale = [Mode.FREEZE, Mode.DROP_AFTER]
        return "answer lost while stale" if [fault.mode for fault in self.faults] == stale else "two faults"
