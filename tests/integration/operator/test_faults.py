"""The fault harness itself, on a few faults; `make chaos` injects them all."""

from __future__ import annotations

from pathlib import Path

from dev.cluster import Cluster
from tests.chaos.faults import Fault, Mode
from tests.chaos.matrix import Matrix

FAULTS = {
    Mode.GONE: "watch jobs",
    Mode.DROP_AFTER: "create jobs",
    Mode.CONFLICT: "status videojobs",
    Mode.FREEZE: "create events",
    Mode.KILL_BEFORE: "create jobs",
    Mode.KILL_AFTER: "status videojobs",
}
"""At the first request of that kind in an undisturbed run."""


async def test_a_handful_of_faults_is_injected_and_survived(cluster: Cluster, tmp_path: Path) -> None:
    matrix = Matrix(cluster.kubeconfig, tmp_path, lanes=2)
    await matrix.baseline(count=1)
    faults = [Fault(mode, matrix.kinds.index(kind) + 1) for mode, kind in FAULTS.items()]

    cases = await matrix.run(faults, seconds=120)

    assert [str(case) for case in cases if not case.recovered] == []
    assert len(cases) == len(FAULTS)
