"""The matrix is complete where it says so, and a fair, repeatable sample elsewhere."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.chaos.experiments import EDITS, Experiment, Group, Scenario
from tests.chaos.faults import TOWARDS_API, TOWARDS_CONVEX, WITH_STANDBY, Fault, Mode, possible_faults
from tests.chaos.sampling import (
    WITHIN,
    convex_experiments,
    convex_pair_experiments,
    edit_experiments,
    pair_experiments,
    single_experiments,
)

KINDS = ["list jobs", "watch jobs", *["create jobs"] * 10, *["status videojobs"] * 8]
REPORTS = ["report Planning", "report Rendering", "report Succeeded"]


def pairs(budget: int = 100, seed: int = 0) -> list[Experiment]:
    return pair_experiments(KINDS, KINDS[:6], budget, seed)


def test_every_request_gets_every_fault_that_it_can_have() -> None:
    faults = possible_faults(["list jobs", "watch jobs", "create jobs"])

    at = {mode: [fault.at for fault in faults if fault.mode is mode] for mode in TOWARDS_API}
    assert at.pop(Mode.GONE) == [2]
    assert at.pop(Mode.FREEZE) == at.pop(Mode.EXPIRE) == [2, 3]
    assert {tuple(numbers) for numbers in at.values()} == {(1, 2, 3)}


def test_single_faults_hit_the_requests_of_the_run_that_they_are_injected_into() -> None:
    singles = single_experiments(["list jobs"] * 3, ["create jobs"] * 2)

    assert max(e.faults[0].at for e in singles if e.has_standby) == 2
    assert max(e.faults[0].at for e in singles if not e.has_standby) == 3
    assert {e.group for e in singles} == {Group.SINGLE}


def test_every_report_gets_every_fault_towards_convex() -> None:
    experiments = convex_experiments(REPORTS)

    assert len(experiments) == len(TOWARDS_CONVEX) * 3
    assert {e.group for e in experiments} == {Group.CONVEX}


def test_a_seed_draws_the_same_sample_again_and_another_seed_another() -> None:
    assert pairs(seed=1) == pairs(seed=1)
    assert set(pairs(seed=1)) != set(pairs(seed=2))


def test_a_sample_is_as_large_as_its_budget_without_repeats_or_as_large_as_there_is() -> None:
    assert len(set(pairs(budget=50))) == 50
    few = edit_experiments({Scenario.CANCEL: (["list jobs"], [])}, 500, 0)
    assert (
        len(few)
        == len(set(few))
        == len(possible_faults(["list jobs"], [m for m in TOWARDS_API if m not in WITH_STANDBY]))
    )


def test_pairs_take_turns_over_first_modes_and_have_restarts_and_takeovers() -> None:
    drawn = pairs()

    firsts = Counter(pair.faults[0].mode for pair in drawn)
    assert set(firsts) == set(TOWARDS_API)
    rows = Counter(pair.row for pair in drawn)
    assert set(rows) == {"two faults", "restart between", "takeover", "answer lost while stale"}
    assert min(rows.values()) >= 10
    assert all(1 <= fault.at <= WITHIN for pair in drawn for fault in pair.faults[1:])
    assert not any(fault.mode in WITH_STANDBY for pair in drawn for fault in pair.faults[1:])


def test_the_answer_to_every_creation_of_a_job_is_lost_while_the_watches_are_silent() -> None:
    kinds = ["list jobs", "create jobs", "watch jobs", "status videojobs", "create jobs", "create events"]

    drawn = pair_experiments(kinds, kinds, 3, seed=5)

    assert {str(pair) for pair in drawn[:2]} == {"watch-freeze:3+drop-after:2", "watch-freeze:4+drop-after:1"}


def test_edits_are_drawn_evenly_from_every_scenario_with_every_mode_but_takeovers() -> None:
    drawn = edit_experiments(dict.fromkeys(EDITS, (KINDS, REPORTS)), 100, 0)

    assert Counter(e.scenario for e in drawn) == dict.fromkeys(EDITS, 20)
    assert {e.faults[0].mode for e in drawn} == set(Mode) - WITH_STANDBY
    assert all(e.faults[0].at <= len(REPORTS if e.faults[0].hits_reports else KINDS) for e in drawn)


def test_a_scenario_with_few_requests_leaves_its_share_to_the_others() -> None:
    drawn = edit_experiments({Scenario.CANCEL: (["list jobs"], []), Scenario.RERUN: (KINDS, REPORTS)}, 60, 0)

    assert Counter(e.scenario for e in drawn)[Scenario.RERUN] > 45


def test_convex_pairs_have_one_fault_towards_each_server_in_either_order() -> None:
    drawn = convex_pair_experiments(KINDS, REPORTS, 60, 0)

    assert Counter(pair.row for pair in drawn) == {"report first": 30, "request first": 30}
    assert all(sum(fault.hits_reports for fault in pair.faults) == 1 for pair in drawn)


@pytest.mark.parametrize(
    ("text", "group", "row"),
    [
        ("drop-after:7", Group.SINGLE, "drop-after"),
        ("kill-after:5+answer-500:2", Group.PAIRS, "two faults"),
        ("drop-after:7+kill-before:1+answer-409:2", Group.PAIRS, "restart between"),
        ("leader-kill-after:2+delay:1", Group.PAIRS, "takeover"),
        ("rerun/watch-freeze:3", Group.EDITS, "rerun"),
        ("convex-hang:2", Group.CONVEX, "convex-hang"),
        ("convex-hang:2+kill-after:1", Group.CONVEX_PAIRS, "report first"),
        ("kill-after:1+convex-hang:2", Group.CONVEX_PAIRS, "request first"),
    ],
)
def test_the_text_of_an_experiment_repeats_it(text: str, group: Group, row: str) -> None:
    experiment = Experiment.parse(text)

    assert (str(experiment), experiment.group, experiment.row) == (text, group, row)


@pytest.mark.parametrize(
    "text",
    [
        "drop-after:0",
        "drop-after",
        "no-such-mode:1",
        "nowhere/delay:1",
        "edit/leader-kill-after:1",
        "delay:1+leader-kill-after:1",
    ],
)
def test_an_experiment_that_cannot_be_run_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Experiment.parse(text)


def test_a_fault_says_whose_requests_it_counts() -> None:
    assert Fault(Mode.CONVEX_CUT, 1).hits_reports
    assert not Fault(Mode.KILL_AFTER, 1).hits_reports
