"""Every run counts: what went wrong is never left out, whatever its faults hit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.client import ApiException

from tests.chaos import __main__ as command
from tests.chaos import matrix as matrix_module
from tests.chaos.case import Case, Outcome, exit_code
from tests.chaos.experiments import Experiment, Scenario
from tests.chaos.injector import Request
from tests.chaos.matrix import BadBaselineError, Baseline, Matrix
from tests.chaos.run import Run
from tests.chaos.verdict import expectation
from tests.unit.chaos.test_verdict import GOOD, with_status

HIT = Request(1, "operator", "create jobs")
RIGHT = Run(GOOD, requests=(HIT,), reports=(), hits=(HIT,), seconds=2.0, restarts=0)
BASELINE = Baseline(expectation(GOOD), ["create jobs"], [], 1.0)
FAILED = replace(RIGHT, observed=with_status(phase="Failed"))

Answers = list[Run | Exception]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Answers], list[Case]]:
    """Make the case of an experiment whose runs come to these, one after the other."""

    def play(experiment: str, answers: Answers) -> list[Case]:
        async def run(*_: Any, **__: Any) -> Run:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(matrix_module, "run", run)
        it = Matrix(Path(), Path(), lanes=1)
        it.baselines[Scenario.MAKE] = BASELINE
        return asyncio.run(it.run([Experiment.parse(experiment)], seconds=60))

    return play


Play = Callable[[str, Answers], list[Case]]


def test_a_run_that_was_hit_and_ends_well_has_recovered(runs: Play) -> None:
    (case,) = runs("delay:1", [RIGHT])

    assert (case.outcome, case.hits, case.seconds) == (Outcome.RECOVERED, ["create jobs"], 2.0)
    assert exit_code([case]) == 0


def test_a_run_that_was_missed_and_ends_wrong_is_wrong_at_its_first_try(runs: Play) -> None:
    cases = runs("delay:1", [replace(FAILED, hits=()), RIGHT])

    assert [case.outcome for case in cases] == [Outcome.WRONG]
    assert exit_code(cases) == 1
    assert "delay:1 hit no request: wrong: phase is 'Failed'" in command.summary(cases)


def test_a_timeout_is_an_outcome_of_its_own_and_is_not_repeated(runs: Play) -> None:
    cases = runs("delay:1", [replace(RIGHT, hits=(), timeout="not within 90 s: the phase Suspended"), RIGHT])

    assert [case.outcome for case in cases] == [Outcome.TIMEOUT]
    assert exit_code(cases) == 1
    assert "delay:1 hit no request: timeout: not within 90 s: the phase Suspended" in command.summary(cases)


def test_a_timeout_with_a_wrong_end_says_both(runs: Play) -> None:
    (case,) = runs("delay:1", [replace(FAILED, timeout="not within 90 s: an end")])

    assert case.outcome is Outcome.TIMEOUT
    assert "not within 90 s: an end; phase is 'Failed'" in str(case)


def test_a_failure_of_the_harness_ends_one_case_and_not_the_matrix(runs: Play) -> None:
    cases = runs("delay:1", [ApiException(500, "down")])

    assert [case.outcome for case in cases] == [Outcome.ERROR]
    assert exit_code(cases) == 1


def test_a_fault_that_finds_no_request_is_tried_again_and_then_missed(runs: Play) -> None:
    missed = replace(RIGHT, hits=())

    assert [case.outcome for case in runs("delay:9", [missed, missed, RIGHT])] == [Outcome.RECOVERED]
    assert [case.outcome for case in runs("delay:9", [missed] * 3)] == [Outcome.MISSED]


def test_a_pair_is_injected_when_both_faults_hit(runs: Play) -> None:
    (missed,) = runs("delay:1+delay:1", [RIGHT])
    (both,) = runs("delay:1+delay:1", [replace(RIGHT, hits=(HIT, HIT))])

    assert (missed.outcome, both.outcome) == (Outcome.MISSED, Outcome.RECOVERED)


def test_the_exit_code_is_1_where_nothing_was_injected() -> None:
    missed, recovered = Case("delay:9"), Case("delay:1", ["list jobs"])

    assert exit_code([]) == exit_code([missed]) == 1
    assert exit_code([missed, recovered]) == 0


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (FAILED, "phase is Failed"),
        (replace(RIGHT, timeout="not within 90 s: an end"), "not within 90 s: an end"),
        (replace(RIGHT, restarts=1), "ended by itself 1 times"),
        (RIGHT, "tasks ran {'plan': 1, 'scene-1': 1} instead of"),
    ],
)
def test_an_undisturbed_run_that_is_not_what_the_scenario_says_stops_the_matrix(
    monkeypatch: pytest.MonkeyPatch, done: Run, words: str
) -> None:
    async def run(*_: Any, **__: Any) -> Run:
        return done

    monkeypatch.setattr(matrix_module, "run", run)
    with pytest.raises(BadBaselineError, match=words):
        asyncio.run(Matrix(Path(), Path(), lanes=1).measure(Scenario.MAKE))
