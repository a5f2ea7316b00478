"""A step that lost or repeated work is not called good."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.upgrade.audit import Audit, Create, Delete, Event, Task, Write
from tests.upgrade.table import page
from tests.upgrade.verdict import Cell, Ledger, lost_reports, most_writes, wrong_edits
from videojob import names

PLAN = Create("v-plan", Task("v", "plan", "", "p1"), "renderer:1")
SCENE = Create("v-scene-1", Task("v", "scene", "scene-1", "d1"), "renderer:1")
BEGUN: list[Event] = [PLAN, SCENE]
RUNS = Counter({PLAN.task: 1})


def after(*events: Event, runs: Counter[Task] = RUNS, held: tuple[str, ...] = (), edited: str = "") -> Cell:
    """The cell of a step with these events, for a video whose first scene runs."""
    ledger, cell = Ledger(), Cell("main", "operator new", "SIGKILL")
    ledger.judge(Cell("main", "made", ""), BEGUN, RUNS)
    if edited:
        ledger.edited["v"] = edited
    ledger.judge(cell, events, runs, held=held)
    return cell


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([Create("v-plan-2", Task("v", "plan", "", "p1"), "renderer:1")], "planned again: v"),
        (
            [Create("x", Task("v", "scene", "scene-1", "d2"), "renderer:1")],
            "rendered twice: v scene-1 has another digest",
        ),
        ([replace(SCENE, image="renderer:2")], "another image: v scene-1 renderer:2"),
        ([Delete("v-scene-1")], "Jobs ended: v scene-1"),
    ],
)
def test_what_must_not_happen_is_named(events: list[Event], problem: str) -> None:
    cell = after(*events)

    assert cell.problems() == [problem]
    assert not cell.good


def test_a_scene_that_ran_twice_is_named_once() -> None:
    ledger, runs = Ledger(), Counter({SCENE.task: 2})
    first, second = Cell("main", "one", ""), Cell("main", "two", "")
    ledger.judge(first, BEGUN, runs)
    ledger.judge(second, [], runs)

    assert first.rendered_twice == ["v scene-1 ran 2 times"]
    assert second.good


@pytest.mark.parametrize(
    "cell",
    [
        after(Create("x", Task("v", "scene", "scene-1", "d2"), "renderer:1"), edited="scene-1"),
        after(Create("x", Task("v", "scene", "scene-2", "d3"), "renderer:1")),
        after(Delete("v-scene-1"), held=("v",)),
        after(Delete("v-plan")),
        after(replace(SCENE, job="v-scene-1-again"), runs=Counter({SCENE.task: 1})),
    ],
    ids=["edited", "first of another scene", "suspended", "ended before", "the same again"],
)
def test_what_has_to_happen_is_good(cell: Cell) -> None:
    assert cell.good


def test_what_a_video_was_begun_with_again_is_kept_from_there_on() -> None:
    ledger, back, forward = Ledger(), Cell("main", "back", "", impossible="why"), Cell("main", "forward", "")
    ledger.judge(Cell("main", "made", ""), BEGUN, RUNS)
    ledger.judge(back, [replace(SCENE, image="renderer:0")], RUNS)
    ledger.judge(forward, [replace(SCENE, image="renderer:0"), replace(SCENE, image="renderer:1")], RUNS)

    assert forward.other_image == ["v scene-1 renderer:1"]


def test_a_plan_that_092fef3_ended_may_be_made_again_once() -> None:
    ledger, cell = Ledger(), Cell("main", "forward", "")
    ledger.judge(Cell("main", "made", ""), [PLAN], Counter())
    ledger.judge(Cell("main", "third", "", impossible="why"), [Delete("v-plan")], Counter())
    ledger.judge(cell, [replace(PLAN, image="renderer:2")], Counter())
    assert cell.good

    ledger.judge(cell, [replace(PLAN, image="renderer:2")], Counter())
    assert cell.planned_again == ["v"]


def test_a_video_whose_jobs_expired_may_be_edited_with_another_image() -> None:
    ledger, cell = Ledger(), Cell("main", "edits", "")
    ledger.judge(Cell("main", "made", ""), BEGUN, RUNS)
    ledger.expired("v")
    again = Create("v-scene-1-again", SCENE.task, "renderer:2")
    ledger.judge(cell, [again, replace(again, image="renderer:3")], RUNS)

    assert cell.other_image == ["v scene-1 renderer:3"]


def test_writes_are_counted_by_videojob() -> None:
    writes = most_writes([Write("a", 200), Write("b", 200), Write("a", 422), SCENE])

    assert writes == 2
    assert Cell("s", "x", "", writes=2, window=60).good
    assert Cell("s", "x", "", writes=3, window=60).problems() == ["status writes: 3 of one VideoJob in 60 s"]


def reported(sequence: int, phase: str, acknowledged: int) -> dict[str, Any]:
    return {"phase": phase, "report": {"sequence": sequence, "acknowledged": acknowledged}}


def received(*pairs: tuple[int, str]) -> list[dict[str, Any]]:
    return [{"name": "v", "sequence": sequence, "phase": phase} for sequence, phase in pairs]


@pytest.mark.parametrize(
    ("status", "events", "words"),
    [
        (reported(2, "Succeeded", 2), received((1, "Rendering"), (2, "Succeeded")), ""),
        (reported(2, "Rendering", 1), received((1, "Planning"), (2, "Rendering")), ""),
        (reported(2, "Succeeded", 1), received((2, "Succeeded")), "not acknowledged"),
        (reported(2, "Succeeded", 2), received((1, "Rendering")), "Convex has Rendering (1)"),
        (reported(2, "Succeeded", 2), received((2, "Succeeded"), (1, "Rendering")), "went back"),
        (reported(1, "Planning", 0), received(), "Convex has nothing"),
    ],
)
def test_the_newest_state_of_each_video_is_with_convex(
    status: dict[str, Any], events: list[dict[str, Any]], words: str
) -> None:
    lost = lost_reports({"v": status}, events)

    assert [words in line for line in lost] == ([True] if words else [])


def test_an_edit_makes_exactly_what_it_needs() -> None:
    stitch = Create("v-stitch", Task("v", "stitch", "", "s"), "renderer:1")

    assert wrong_edits([SCENE, stitch], {"v": ["scene-1", "stitch"], "w": []}) == []
    assert wrong_edits([SCENE, stitch], {"v": []}) == ["v: created ['scene-1', 'stitch'], not []"]
    assert wrong_edits([SCENE], {"v": ["scene-1", "stitch"]}) == ["v: created ['scene-1'], not ['scene-1', 'stitch']"]


def test_an_impossible_cell_is_shown_with_its_reason_and_fails_nothing() -> None:
    cell = Cell("back", "operator old", "SIGTERM", rendered_twice=["v"], impossible="it cannot be otherwise")

    text = page([cell], "make upgrade")

    assert cell.good
    assert "| operator old | SIGTERM | 0 | 0 | 1 | 0 | 0 | 0 | 0 | 0 in 0 s | as 092fef3 does |" in text
    assert "it cannot be otherwise" in text
    assert "**wrong**" in page([replace(cell, impossible="")], "make upgrade")


def test_the_audit_log_is_read_on_from_where_it_was(tmp_path: Path) -> None:
    log = tmp_path / "audit.log"
    log.write_text(json.dumps(entry("before")) + "\n")
    audit = Audit(log, "ns")
    with log.open("a") as file:
        file.write(json.dumps(entry("mine")) + "\n" + json.dumps(entry("other", namespace="else")) + "\n")
        file.write(json.dumps(entry("collected", agent="kube-controller-manager/v1")) + "\n" + '{"half": ')

    assert audit.read() == [Create("mine", Task("v", "scene", "scene-1", "d1"), "renderer:1")]
    assert audit.read() == []


def entry(job: str, namespace: str = "ns", agent: str = "python") -> dict[str, Any]:
    labels = {
        names.LABEL_VIDEOJOB: "v",
        names.LABEL_TASK: "scene",
        names.LABEL_SCENE: "scene-1",
        names.LABEL_DIGEST: "d1",
    }
    pod = {"spec": {"containers": [{"image": "renderer:1"}]}}
    return {
        "verb": "create",
        "userAgent": agent,
        "objectRef": {"resource": "jobs", "namespace": namespace},
        "responseStatus": {"code": 201},
        "requestObject": {"metadata": {"name": job, "labels": labels}, "spec": {"template": pod}},
    }
