"""The published page shows every group, and every run that did not recover."""

from __future__ import annotations

from tests.chaos.case import Case
from tests.chaos.experiments import Group, Scenario
from tests.chaos.matrix import Baseline
from tests.chaos.page import GROUPS
from tests.chaos.table import Row, Setting, page, results, row_of
from tests.chaos.verdict import Expected

MAKE = Baseline(Expected({}), ["list jobs", "list jobs"], ["report Planning"], 3.5)
SETTING = Setting("make chaos", "2026-01-01", lanes=3, seed=7, budget=100)


def page_of(*cases: Case, setting: Setting = SETTING) -> str:
    return page(results(cases, setting, {Scenario.MAKE: MAKE}))


def test_every_run_counts_whatever_its_fault_hit() -> None:
    row = row_of(
        [
            Case("delay:1", ["list jobs"], seconds=4.0),
            Case("delay:2", ["create jobs"], seconds=9.0, duplicated=["twice"]),
            Case("delay:3"),
            Case("delay:4", wrong_end=["phase is 'Failed'"], lost=["Convex received nothing"]),
            Case("delay:5", ["list jobs"], timeout="not within 90 s: an end", restarts=2),
            Case("delay:6", error="the harness failed"),
        ]
    )

    assert row == Row(
        runs=6, injected=3, recovered=1, wrong_end=1, duplicated=1, lost=1, timeouts=2, restarts=2, seconds=4.0
    )


def test_the_page_lists_every_run_that_did_not_recover_also_one_that_was_missed() -> None:
    text = page_of(
        Case("delay:1", ["list jobs"], lost=["Convex received nothing"]),
        Case("rerun/delay:9", wrong_end=["phase is 'Failed'"]),
        Case("convex-hang:1", timeout="not within 90 s: an end"),
        Case("delay:2", ["list jobs"]),
    )

    failures = text.partition("## Runs that did not recover")[2].partition("##")[0]
    assert failures.strip().splitlines() == [
        "- `delay:1 hit list jobs: wrong: Convex received nothing`",
        "- `rerun/delay:9 hit no request: wrong: phase is 'Failed'`",
        "- `convex-hang:1 hit no request: timeout: not within 90 s: an end`",
    ]


def test_the_page_has_a_table_for_each_group_and_says_which_are_missing() -> None:
    text = page_of(
        Case("delay:1", ["list jobs"], seconds=1.0),
        Case("delay:1+kill-after:1+delay:1", ["list jobs"] * 3),
        Case("suspend/delay:1", ["list jobs"]),
        Case("convex-cut:1", ["report Planning"]),
    )

    assert all(f"## {title}" in text for title, _ in GROUPS.values())
    assert text.count("No experiment of this group has been published yet.") == 1
    assert "| the request arrives 3 s late | 1 | 1 | 1 | 0 | 0 | 0 | 0 | 0 | 1.0 s |" in text
    assert "| two faults, the operator killed between them | 1 | 1 | 1 |" in text
    assert "| suspended while three scenes are rendered, and resumed when no pod is left | 1 |" in text
    assert "| **all** | 4 | 4 | 4 |" in text
    assert "A sample of 1 experiments (seed 7)" in text


def test_the_page_says_what_there_was_no_time_for() -> None:
    late = Setting("make chaos", "2026-01-01", lanes=3, seed=0, budget=100, left_out=12)

    assert "Time ran out before 12 other experiments." in page_of(setting=late)
    assert "Time ran out" not in page_of()
    assert set(GROUPS) == set(Group)
