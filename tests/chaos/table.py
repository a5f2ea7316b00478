"""The published result: one row for each way to fail, as JSON and as a page of the documentation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.chaos.faults import MEANING, Mode
from tests.chaos.matrix import Case

PAGE = """# Faults: what the operator survives

`make chaos` puts a proxy between a real operator process and a real API server and makes one video of three scenes,
again and again: {requests} requests from the operator's start to the last confirmed report. In each run one fault
happens, at the *n*-th request, for every *n* of the run and every row of the table. A run has recovered when it
ends as the undisturbed one does: the same phase, plan, scenes, digests, attempts and video, every task run once,
one Job for each, every report confirmed and in order, and Convex's last word is the end.

This file is written by `{command}`, last on {date}; `bench/results/faults.json` has every single run.

| fault at the *n*-th request | injected | recovered | duplicated work | lost reports | ended by itself | slowest |
|---|--:|--:|--:|--:|--:|--:|
{rows}
{left_out}
- *Injected* counts the runs in which the fault happened to a request{missed}.
- *Duplicated work*: runs with a task that ran twice or a second Job for it. *Lost reports*: runs in which Convex
  did not hear the end, or heard something out of order, or the status calls confirmed what it did not hear.
- *Ended by itself*: how often the operator gave up and was started again, as Kubernetes does.
- *Slowest* is the time from the fault to the end of the run, the rest of the run's work included
  (undisturbed: {undisturbed} s from start to end), with a watch taken for dead after 5 s of silence
  (`VIDEOTUTOR_WATCH_INACTIVITY_SECONDS`, 70 as delivered), and {lanes} runs side by side.
- With two operators, *n* counts the leader's requests from the creation of the VideoJob, those to its Lease
  included; the other one, which had stood by, ends the work alone.
- The containers are played by a fake kubelet, whose pods end at once; Jobs, pods, watches, quotas and garbage
  collection are those of a real cluster.
{failures}
## Requests of the undisturbed run

| request | times |
|---|--:|
{kinds}
"""


@dataclass(frozen=True, slots=True)
class Row:
    """All runs of one mode, in figures; seconds are those of the slowest recovery."""

    mode: str
    injected: int
    recovered: int
    duplicated: int
    lost: int
    restarts: int
    seconds: float
    missed: int


@dataclass(frozen=True, slots=True)
class Setting:
    """How the runs were made. `seconds`: length of the undisturbed run; `kinds`: its requests.

    `left_out`: faults that there was no time for.
    """

    command: str
    date: str
    lanes: int
    seconds: float
    kinds: list[str]
    left_out: int = 0


def results(cases: Sequence[Case], setting: Setting) -> dict[str, Any]:
    """Everything there is to publish, as JSON."""
    rows = [asdict(row_of(mode, [case for case in cases if case.mode == mode])) for mode in Mode]
    return {**asdict(setting), "modes": rows, "cases": [asdict(case) for case in cases]}


def row_of(mode: Mode, cases: Sequence[Case]) -> Row:
    """The figures of one mode."""
    hit = [case for case in cases if case.request]
    good = [case for case in hit if case.recovered]
    return Row(
        mode=mode,
        injected=len(hit),
        recovered=len(good),
        duplicated=sum(bool(case.duplicated) for case in hit),
        lost=sum(bool(case.lost) for case in hit),
        restarts=sum(case.restarts for case in hit),
        seconds=max((case.seconds for case in good), default=0.0),
        missed=len(cases) - len(hit),
    )


def page(found: dict[str, Any]) -> str:
    """The page for results as they were written."""
    rows = [Row(**row) for row in found["modes"]]
    lines = [_line(MEANING[Mode(row.mode)], row) for row in rows]
    missed = sum(row.missed for row in rows)
    counts = {name: sum(getattr(row, name) for row in rows) for name in COUNTS}
    total = Row(mode="", **counts, seconds=max(row.seconds for row in rows), missed=missed)
    return PAGE.format(
        requests=len(found["kinds"]),
        command=found["command"],
        date=found["date"],
        lanes=found["lanes"],
        undisturbed=found["seconds"],
        rows="\n".join([*lines, _line("**all**", total)]),
        missed=f"; {missed} found none, because that run made fewer requests" if missed else "",
        left_out=f"\nTime ran out before {found['left_out']} others.\n" if found["left_out"] else "",
        failures=_failures([Case(**case) for case in found["cases"]]),
        kinds="\n".join(f"| {kind} | {count} |" for kind, count in sorted(Counter(found["kinds"]).items())),
    )


COUNTS = ("injected", "recovered", "duplicated", "lost", "restarts")


def _line(meaning: str, row: Row) -> str:
    figures = " | ".join(str(getattr(row, name)) for name in COUNTS)
    return f"| {meaning} | {figures} | {row.seconds:.1f} s |"


def _failures(cases: Sequence[Case]) -> str:
    wrong = [case for case in cases if case.request and not case.recovered]
    if not wrong:
        return ""
    return "\n## Runs that did not recover\n\n" + "\n".join(f"- `{case}`" for case in wrong) + "\n"
