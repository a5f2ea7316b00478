"""`python -m tests.upgrade`: videos that outlive their operator, CRD and renderer, on a control plane of its own."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from dev.cluster import ClusterError
from tests.integration.operator.kubernetes import own_namespace
from tests.upgrade import definitions
from tests.upgrade.control_plane import control_plane
from tests.upgrade.kubelet import renderers
from tests.upgrade.population import ImpatientError
from tests.upgrade.releases import ROOT, ReleaseError, releases
from tests.upgrade.releases import definitions as all_definitions
from tests.upgrade.run import Setting, run
from tests.upgrade.sequences import ALL, MAIN, QUIET, Sequence
from tests.upgrade.table import page
from tests.upgrade.verdict import Cell

LOGS = ROOT / "out" / "upgrade"


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="4 running and 4 finished videos, the main sequence only")
    parser.add_argument("--only", type=int, nargs="*", metavar="N", help=f"these sequences, of 1 to {len(ALL)}")
    return parser.parse_args()


async def matrix(asked: argparse.Namespace) -> list[Cell]:
    """Every cell of the sequences that are asked for."""
    shutil.rmtree(LOGS, ignore_errors=True)
    LOGS.mkdir(parents=True)
    chosen = [ALL[number - 1] for number in asked.only] if asked.only else [MAIN] if asked.quick else list(ALL)
    with tempfile.TemporaryDirectory(prefix="videotutor-upgrade-") as scratch:
        known = releases(Path(scratch))
        async with control_plane(LOGS) as plane, renderers(known.values()) as found:
            running, finished, window = (1, 4, 2.0) if asked.quick else (5, 20, QUIET)
            setting = Setting(plane, known, all_definitions(known), found, LOGS, running, finished, window)
            async with own_namespace(plane.kubeconfig, "upgrade") as first:
                await definitions.apply(plane, first.api, setting.definitions["old"])
            return [cell for number, sequence in enumerate(chosen) for cell in await _run(setting, sequence, number)]


async def _run(setting: Setting, sequence: Sequence, number: int) -> list[Cell]:
    print(f"{sequence.name}:", flush=True)
    return await run(setting, sequence, number)


def main() -> int:
    """Print the table; the exit code is 1 where a cell is wrong, or a sequence could not be run."""
    asked, began = options(), time.monotonic()
    try:
        cells = asyncio.run(matrix(asked))
    except (ClusterError, ReleaseError, ImpatientError) as error:
        sys.stderr.write(f"{error}\nThe logs are in {LOGS}\n")
        return 1
    command = "make upgrade" + (' ARGS="--quick"' if asked.quick else "")
    print(f"\n{page(cells, command)}\n")
    wrong = [cell for cell in cells if not cell.good]
    for cell in wrong:
        print(f"{cell.sequence}: {cell.step}:\n  " + "\n  ".join(cell.problems()))
    print(f"{len(cells)} cells, {len(wrong)} wrong, {time.monotonic() - began:.0f} s; the logs are in {LOGS}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
