"""A run that went wrong is not called recovered."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.faults import Mode
from tests.chaos.matrix import Case
from tests.chaos.table import Setting, page, results, row_of
from tests.chaos.verdict import Observed, end_of, judge
from videojob import names

SCENE = {"id": "scene-1", "title": "One", "phase": "Succeeded", "digest": "aa", "attempts": 1, "reused": False}
STATUS: dict[str, Any] = {
    "phase": "Succeeded",
    "scenes": [SCENE],
    "video": {"path": "ns-1/videos/calculus/video.mp4"},
    "report": {"sequence": 3, "acknowledged": 3},
    "conditions": [{"type": "Ready", "status": "True"}],
}
HEARD = tuple({"sequence": n, "phase": phase} for n, phase in enumerate(("Planning", "Rendering", "Succeeded"), 1))
GOOD = Observed(
    namespace="ns-1",
    status=STATUS,
    jobs=({names.LABEL_TASK: "plan"}, {names.LABEL_TASK: "scene", names.LABEL_SCENE: "scene-1"}),
    runs={"plan/kk": 1, "scene-1/aa": 1},
    heard=HEARD,
    unsigned=0,
)
EXPECTED = end_of(GOOD)


def with_status(**changed: Any) -> Observed:
    return replace(GOOD, status={**copy.deepcopy(STATUS), **changed})


def test_a_run_that_ends_alike_in_another_namespace_has_recovered() -> None:
    elsewhere = with_status(video={"path": "ns-2/videos/calculus/video.mp4"})

    assert judge(replace(elsewhere, namespace="ns-2"), EXPECTED).good


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (with_status(phase="Failed"), "phase is 'Failed' instead of 'Succeeded'"),
        (with_status(scenes=[{**SCENE, "attempts": 2}]), "'attempts': 2"),
        (with_status(scenes=[{**SCENE, "digest": "bb"}]), "'digest': 'bb'"),
        (with_status(conditions=[{"type": "Ready", "status": "False"}]), "conditions is"),
        (with_status(video=None), "video is None"),
        (replace(GOOD, exit_code=1), "ended with 1"),
    ],
)
def test_another_end_is_wrong(run: Observed, words: str) -> None:
    verdict = judge(run, EXPECTED)

    assert words in "; ".join(verdict.wrong_end)
    assert not verdict.good


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(GOOD, runs={"scene-1/aa": 2}), "scene-1/aa ran 2 times"),
        (replace(GOOD, jobs=GOOD.jobs * 2), "2 Jobs for plan"),
    ],
)
def test_work_done_twice_is_seen(run: Observed, words: str) -> None:
    assert words in judge(run, EXPECTED).duplicated


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(GOOD, heard=()), "Convex heard last nothing"),
        (replace(GOOD, heard=HEARD[:2]), "Convex heard last Rendering"),
        (replace(GOOD, heard=(HEARD[1], HEARD[0], HEARD[2])), "sequences went back: [2, 1, 3]"),
        (with_status(report={"sequence": 4, "acknowledged": 4}), "the status says"),
        (with_status(report={"sequence": 3, "acknowledged": 2}), "the status says"),
        (replace(GOOD, unsigned=1), "1 reports with a wrong signature"),
    ],
)
def test_a_lost_report_is_seen(run: Observed, words: str) -> None:
    assert words in "; ".join(judge(run, EXPECTED).lost)


def test_reports_may_be_repeated_and_coalesced() -> None:
    assert judge(replace(GOOD, heard=(HEARD[0], HEARD[2], HEARD[2])), EXPECTED).good


def test_a_fault_that_happened_to_nothing_is_not_counted() -> None:
    cases = [
        Case("delay", 1, "list jobs", 4.0),
        Case("delay", 2, "create jobs", 9.0, duplicated=["twice"]),
        Case("delay", 3),
    ]

    row = row_of(Mode.DELAY, cases)

    assert (row.injected, row.recovered, row.duplicated, row.missed, row.seconds) == (2, 1, 1, 1, 4.0)


def test_the_page_names_every_mode_and_every_run_that_did_not_recover() -> None:
    cases = [Case("delay", 1, "list jobs", 4.0, lost=["Convex heard last nothing"])]

    text = page(results(cases, Setting("make chaos", "2026-01-01", 3, 3.5, ["list jobs", "list jobs"])))

    assert "- `delay:1 list jobs: Convex heard last nothing`" in text
    assert text.count("| 0.0 s |") == len(Mode) + 1
    assert "| list jobs | 2 |" in text
