"""The fault harness itself, on a few faults; `make chaos` injects them all."""

from __future__ import annotations

from pathlib import Path

from dev.cluster import Cluster
from tests.chaos.faults import Fault
from tests.chaos.matrix import Matrix

FAULTS = ("drop-after:13", "watch-410:17", "answer-409:21", "watch-freeze:20", "kill-before:23", "kill-after:24")
"""While the planner's Job is made, its end is watched for and seen, and the scenes' Jobs are made."""


async def test_a_handful_of_faults_is_injected_and_survived(cluster: Cluster, tmp_path: Path) -> None:
    matrix = Matrix(cluster.kubeconfig, tmp_path, lanes=2)
    await matrix.baseline(count=1)

    cases = await matrix.run([Fault.parse(text) for text in FAULTS], seconds=120)

    assert [str(case) for case in cases if not case.recovered] == []
    assert len(cases) == len(FAULTS)
