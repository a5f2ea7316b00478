"""A run that went wrong is not called recovered."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.verdict import Observed, expectation, judge
from videojob import names

SCENE = {"id": "scene-1", "title": "One", "phase": "Succeeded", "digest": "aa", "attempts": 1, "reused": False}
STATUS: dict[str, Any] = {
    "observedGeneration": 2,
    "phase": "Succeeded",
    "progress": 100,
    "scenes": [SCENE],
    "video": {"path": "ns-1/videos/calculus/video.mp4", "url": "http://videos.test"},
    "report": {"sequence": 3, "acknowledged": 3},
    "conditions": [{"type": "Ready", "status": "True"}],
}
END = {
    "generation": 2,
    "phase": "Succeeded",
    "progress": 100,
    "scenes": [SCENE],
    "video": {"url": "http://videos.test"},
}
RECEIVED: tuple[dict[str, Any], ...] = (
    {"sequence": 1, "eventId": "one", "phase": "Planning"},
    {"sequence": 2, "eventId": "two", "phase": "Rendering"},
    {"sequence": 3, "eventId": "three", **END},
)
GOOD = Observed(
    namespace="ns-1",
    status=STATUS,
    jobs=(
        {names.LABEL_TASK: "plan", names.LABEL_DIGEST: "kk"},
        {names.LABEL_TASK: "scene", names.LABEL_SCENE: "scene-1", names.LABEL_DIGEST: "aa"},
    ),
    active=(),
    runs={"plan/kk": 1, "scene-1/aa": 1},
    received=RECEIVED,
    unsigned=0,
)
EXPECTED = expectation(GOOD)


def with_status(**changed: Any) -> Observed:
    return replace(GOOD, status={**copy.deepcopy(STATUS), **changed})


def test_a_run_that_ends_alike_in_another_namespace_has_recovered() -> None:
    elsewhere = with_status(video={**STATUS["video"], "path": "ns-2/videos/calculus/video.mp4"})

    assert judge(replace(elsewhere, namespace="ns-2"), EXPECTED).good


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (with_status(phase="Failed"), "phase is 'Failed' instead of 'Succeeded'"),
        (with_status(scenes=[{**SCENE, "attempts": 2}]), "'attempts': 2"),
        (with_status(scenes=[{**SCENE, "digest": "bb"}]), "'digest': 'bb'"),
        (with_status(conditions=[{"type": "Ready", "status": "False"}]), "conditions is"),
        (with_status(video=None), "video is None instead of"),
        (replace(GOOD, exit_code=1), "ended with 1"),
        (replace(GOOD, active=("calculus-scene-1",)), "Job calculus-scene-1 has not ended"),
        (replace(GOOD, runs={"plan/kk": 1}), "scene-1 is Succeeded and its task never ran"),
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
        (replace(GOOD, jobs=GOOD.jobs * 2), "2 Jobs for plan/kk"),
    ],
)
def test_work_done_twice_is_seen(run: Observed, words: str) -> None:
    assert words in judge(run, EXPECTED).duplicated


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (replace(GOOD, received=()), "Convex received nothing"),
        (replace(GOOD, received=RECEIVED[:2]), "Convex received last phase 'Rendering', not 'Succeeded'"),
        (replace(GOOD, received=(RECEIVED[1], RECEIVED[0], RECEIVED[2])), "sequences went back: [2, 1, 3]"),
        (with_status(report={"sequence": 4, "acknowledged": 4}), "the status says"),
        (with_status(report={"sequence": 3, "acknowledged": 2}), "the status says"),
        (
            replace(GOOD, received=(*RECEIVED, {**RECEIVED[2], "eventId": "four"})),
            "one sequence number has two event ids",
        ),
        (replace(GOOD, unsigned=1), "1 reports with a wrong signature"),
    ],
)
def test_a_lost_report_is_seen(run: Observed, words: str) -> None:
    assert words in "; ".join(judge(run, EXPECTED).lost)


def test_reports_may_be_repeated_and_coalesced() -> None:
    assert judge(replace(GOOD, received=(RECEIVED[0], RECEIVED[2], RECEIVED[2])), EXPECTED).good


def test_a_last_report_of_another_generation_scene_or_video_is_lost() -> None:
    other = {"generation": 1, "scenes": [], "video": {"url": "http://other"}, "progress": 99}
    for key, value in other.items():
        received = (*RECEIVED[:2], {**RECEIVED[2], key: value})
        assert f"Convex received last {key}" in "; ".join(judge(replace(GOOD, received=received), EXPECTED).lost)


def test_what_the_undisturbed_run_did_twice_may_be_done_twice_and_no_more() -> None:
    twice = replace(GOOD, runs={"scene-1/aa": 2, "plan/kk": 1}, jobs=(*GOOD.jobs, GOOD.jobs[1]))
    retried = expectation(twice)

    assert judge(twice, retried).good
    assert judge(replace(twice, runs={**twice.runs, "scene-1/aa": 3}), retried).duplicated
    assert judge(replace(twice, runs={**twice.runs, "plan/kk": 2}), retried).duplicated
    assert judge(replace(twice, jobs=(*twice.jobs, GOOD.jobs[1])), retried).duplicated


def test_jobs_of_an_older_digest_are_no_duplicates() -> None:
    older = {names.LABEL_TASK: "scene", names.LABEL_SCENE: "scene-1", names.LABEL_DIGEST: "before"}

    assert judge(replace(GOOD, jobs=(*GOOD.jobs, older), runs={**GOOD.runs, "scene-1/before": 1}), EXPECTED).good
