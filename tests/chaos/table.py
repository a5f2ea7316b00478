"""The published result: a table for each group of experiments, as JSON and as a page of the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.chaos.case import BAD, Case, Outcome
from tests.chaos.experiments import SAMPLED, Group, Scenario
from tests.chaos.faults import MEANING, Mode
from tests.chaos.matrix import Baseline
from tests.chaos.page import COLUMNS, FAILURES, GROUPS, PAGE, ROWS, SAMPLE


@dataclass(frozen=True, slots=True)
class Setting:
    """How the runs were made. `left_out`: experiments that there was no time for."""

    command: str
    date: str
    lanes: int
    seed: int
    budget: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """Experiments in figures, of which every run counts; seconds are those of the slowest recovery."""

    runs: int
    injected: int
    recovered: int
    wrong_end: int
    duplicated: int
    lost: int
    timeouts: int
    restarts: int
    seconds: float

    def __str__(self) -> str:
        figures = (self.runs, self.injected, self.recovered, self.wrong_end, self.duplicated, self.lost, self.timeouts)
        return f"{' | '.join(map(str, figures))} | {self.restarts} | {self.seconds:.1f} s"


def results(cases: Sequence[Case], setting: Setting, baselines: Mapping[Scenario, Baseline]) -> dict[str, Any]:
    """Return everything there is to publish, as JSON."""
    undisturbed = {
        scenario: {"seconds": round(one.seconds, 1), "requests": one.kinds, "reports": one.reports}
        for scenario, one in baselines.items()
    }
    return {**asdict(setting), "undisturbed": undisturbed, "cases": [asdict(case) for case in cases]}


def row_of(cases: Sequence[Case]) -> Row:
    """Return the figures of some experiments."""
    recovered = [case for case in cases if case.outcome is Outcome.RECOVERED]
    return Row(
        runs=len(cases),
        injected=sum(case.injected for case in cases),
        recovered=len(recovered),
        wrong_end=sum(bool(case.wrong_end) for case in cases),
        duplicated=sum(bool(case.duplicated) for case in cases),
        lost=sum(bool(case.lost) for case in cases),
        timeouts=sum(bool(case.timeout or case.error) for case in cases),
        restarts=sum(case.restarts for case in cases),
        seconds=max((case.seconds for case in recovered), default=0.0),
    )


def page(found: dict[str, Any]) -> str:
    """Return the page for results as they were written."""
    cases = [Case(**case) for case in found["cases"]]
    make = found["undisturbed"][Scenario.MAKE]
    return PAGE.format(
        requests=len(make["requests"]),
        undisturbed=make["seconds"],
        columns=COLUMNS.format(head="group"),
        rows="\n".join(_line(group, [case for case in cases if case.parsed.group is group]) for group in Group),
        total=_line("**all**", cases),
        left_out=f"\nTime ran out before {found['left_out']} other experiments.\n" if found["left_out"] else "",
        groups="".join(_section(group, cases, found) for group in Group),
        failures=_failures(cases),
        kinds=_kinds(make),
        **{name: found[name] for name in ("command", "date", "lanes")},
    )


def _section(group: Group, cases: Sequence[Case], found: dict[str, Any]) -> str:
    title, explanation = GROUPS[group]
    mine = [case for case in cases if case.parsed.group is group]
    if not mine:
        return f"\n## {title}\n\n{explanation}\nNo experiment of this group has been published yet.\n"
    sample = f"\n{SAMPLE.format(count=len(mine), seed=found['seed'])}" if group in SAMPLED else ""
    head = f"\n## {title}\n\n{explanation}{sample}\n"
    names = dict.fromkeys([*_order(group), *(case.parsed.row for case in mine)])
    rows = [(name, [case for case in mine if case.parsed.row == name]) for name in names]
    lines = "\n".join(_line(_meaning(name), of_row) for name, of_row in rows if of_row)
    return f"{head}\n{COLUMNS.format(head='fault' if group in {Group.SINGLE, Group.CONVEX} else 'run')}\n{lines}\n"


def _order(group: Group) -> Sequence[str]:
    return list(Mode) if group in {Group.SINGLE, Group.CONVEX} else list(ROWS)


def _meaning(name: str) -> str:
    return ROWS[name] if name in ROWS else MEANING[Mode(name)]


def _line(head: str, cases: Sequence[Case]) -> str:
    return f"| {head} | {row_of(cases)} |"


def _failures(cases: Sequence[Case]) -> str:
    bad = [f"- `{case}`" for case in cases if case.outcome in BAD]
    return FAILURES.format(lines="\n".join(bad)) if bad else ""


def _kinds(undisturbed: dict[str, Any]) -> str:
    counts = Counter([*undisturbed["requests"], *undisturbed["reports"]])
    return "\n".join(f"| {kind} | {count} |" for kind, count in sorted(counts.items()))
