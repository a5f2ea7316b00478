"""`python -m tests.chaos`: every fault at every request, and the published table of what became of them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from dev.cluster import ClusterError
from tests.chaos.faults import Fault, Mode
from tests.chaos.matrix import BadBaselineError, Case, Matrix
from tests.chaos.table import Setting, page, results
from tests.integration.cluster import with_crd

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "out" / "chaos"
RESULTS = ROOT / "bench" / "results" / "faults.json"
PAGE = ROOT / "docs" / "faults.md"


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", nargs="*", metavar="MODE:N", type=Fault.parse, help="these faults; publishes nothing")
    parser.add_argument("--modes", nargs="*", type=Mode, choices=list(Mode), help="these modes; publishes nothing")
    parser.add_argument("--lanes", type=int, default=3, help="runs side by side, 3")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so many minutes, 60")
    return parser.parse_args()


async def inject(asked: argparse.Namespace) -> list[Case]:
    """Make the runs that are asked for; publish the table when they are all there are."""
    matrix = Matrix(with_crd().kubeconfig, LOGS, asked.lanes)
    await matrix.baseline()
    faults = asked.only or await matrix.faults(asked.modes or tuple(Mode))
    print(f"{len(faults)} faults for runs of up to {len(matrix.kinds)} requests; logs are in {LOGS}")
    cases = await matrix.run(faults, asked.minutes * 60)
    left_out = len(faults) - len(cases)
    if left_out:
        print(f"{left_out} faults were not begun in time; --minutes gives more")
    if not (asked.only or asked.modes):
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        setting = Setting("make chaos", date, asked.lanes, round(matrix.seconds, 1), matrix.kinds, left_out)
        publish(cases, setting)
    return cases


def publish(cases: list[Case], setting: Setting) -> None:
    """Write the results and the page that shows them."""
    found = results(cases, setting)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(page(found))
    print(page(found))


def main() -> int:
    """Inject; the exit code is 1 when a run did not recover, or could not be made."""
    try:
        cases = asyncio.run(inject(options()))
    except (BadBaselineError, ClusterError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    wrong = [case for case in cases if not case.recovered and case.request]
    missed = sum(not case.request for case in cases)
    print(f"{len(cases) - missed} faults happened, {len(wrong)} runs did not recover, {missed} faults hit no request")
    for case in wrong:
        print(f"  {case}\n    try it again: {sys.executable} -m tests.chaos --only {case.mode}:{case.at}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
