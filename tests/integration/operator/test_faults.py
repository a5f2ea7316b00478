"""The fault harness itself, on a few experiments of each group; `make chaos` runs them all."""

from __future__ import annotations

from pathlib import Path

from dev.cluster import Cluster
from tests.chaos.case import Outcome
from tests.chaos.experiments import Experiment, Group, Scenario
from tests.chaos.matrix import Matrix

EXPERIMENTS = {
    "drop-after:{}": "create jobs",
    "kill-after:{}": "status videojobs",
    "watch-410:{}+answer-409:3": "watch jobs",
    "convex-drop-after:1+kill-before:1": "",
    "cancel/kill-after:2": "",
}
"""The number is that of the first request of that kind in an undisturbed run."""


async def test_a_handful_of_faults_is_injected_and_survived(cluster: Cluster, tmp_path: Path) -> None:
    matrix = Matrix(cluster.kubeconfig, tmp_path, lanes=2)
    await matrix.measure_all([Scenario.MAKE, Scenario.CANCEL])
    kinds = matrix.baselines[Scenario.MAKE].kinds
    experiments = [
        Experiment.parse(text.format(kinds.index(kind) + 1 if kind else "")) for text, kind in EXPERIMENTS.items()
    ]

    cases = await matrix.run(experiments, seconds=120)

    assert [str(case) for case in cases if case.outcome is not Outcome.RECOVERED] == []
    assert len(cases) == len(EXPERIMENTS)
    assert {case.parsed.group for case in cases} == set(Group) - {Group.CONVEX}
