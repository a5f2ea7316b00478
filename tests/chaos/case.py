"""What became of one experiment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.chaos.experiments import Experiment
from tests.chaos.run import Run
from tests.chaos.verdict import Expected, judge


class Outcome(StrEnum):
    """The one thing that an experiment counts as."""

    RECOVERED = "recovered"
    """Every fault hit a request, and nothing is wrong."""
    WRONG = "wrong"
    """Something is wrong with the end, whatever the faults hit."""
    TIMEOUT = "timeout"
    """The run was not over in time; what is wrong with it then is noted as well."""
    ERROR = "error"
    """The harness failed: nothing is known about the operator."""
    MISSED = "missed"
    """Nothing is wrong, but the run ended before every fault had hit a request."""


BAD = frozenset({Outcome.WRONG, Outcome.TIMEOUT, Outcome.ERROR})


@dataclass(frozen=True, slots=True)
class Case:
    """One experiment and its run. `hits`: kinds of the requests that were hit; each list says what is wrong.

    `seconds`: from the first fault to the end, the rest of the work included.
    """

    experiment: str
    hits: list[str] = field(default_factory=list)
    seconds: float = 0.0
    restarts: int = 0
    timeout: str = ""
    error: str = ""
    wrong_end: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def parsed(self) -> Experiment:
        """The experiment."""
        return Experiment.parse(self.experiment)

    @property
    def injected(self) -> bool:
        """Whether every fault hit a request."""
        return len(self.hits) == len(self.parsed.faults)

    @property
    def outcome(self) -> Outcome:
        """What the experiment counts as: a wrong end comes before a fault that was missed."""
        if self.error:
            return Outcome.ERROR
        if self.timeout:
            return Outcome.TIMEOUT
        if self.wrong_end or self.duplicated or self.lost:
            return Outcome.WRONG
        return Outcome.RECOVERED if self.injected else Outcome.MISSED

    def __str__(self) -> str:
        wrong = "; ".join(filter(None, (self.error, self.timeout, *self.wrong_end, *self.duplicated, *self.lost)))
        happened = f"hit {', '.join(self.hits)}" if self.hits else "hit no request"
        came_to = f"recovered in {self.seconds:.1f} s" if self.outcome is Outcome.RECOVERED else self.outcome
        restarts = f", ended by itself {self.restarts} times" if self.restarts else ""
        return f"{self.experiment} {happened}: {came_to}{f': {wrong}' if wrong else ''}{restarts}"


def case_of(experiment: Experiment, done: Run, expected: Expected) -> Case:
    """Judge a run against the undisturbed run of its scenario."""
    verdict = judge(done.observed, expected)
    return Case(
        experiment=str(experiment),
        hits=[request.kind for request in done.hits],
        seconds=round(done.seconds, 1),
        restarts=done.restarts,
        timeout=done.timeout,
        wrong_end=verdict.wrong_end,
        duplicated=verdict.duplicated,
        lost=verdict.lost,
    )


def exit_code(cases: Iterable[Case]) -> int:
    """Return 0 when every fault was survived and at least one hit a request, else 1."""
    outcomes = [case.outcome for case in cases]
    return 1 if BAD.intersection(outcomes) or Outcome.RECOVERED not in outcomes else 0
