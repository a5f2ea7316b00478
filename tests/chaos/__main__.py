"""`python -m tests.chaos`: faults at the operator's requests, and the published tables of what became of them."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from dev.cluster import ClusterError
from tests.chaos.case import BAD, Case, Outcome, exit_code
from tests.chaos.experiments import Experiment, Group
from tests.chaos.faults import Mode
from tests.chaos.matrix import BadBaselineError, Matrix
from tests.chaos.table import Setting, page, results
from tests.integration.cluster import with_crd

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "out" / "chaos"
RESULTS = ROOT / "bench" / "results" / "faults.json"
PAGE = ROOT / "docs" / "faults.md"
BUDGET = 80


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--only",
        nargs="*",
        metavar="SCENARIO/MODE:N+MODE:N",
        type=Experiment.parse,
        help="these experiments, as the output writes them: drop-after:7 (scenario make), rerun/kill-after:3, "
        "convex-500:2+kill-before:1 (the second counts from the request that the first hit); publishes nothing",
    )
    parser.add_argument("--groups", nargs="*", type=Group, choices=list(Group), help="these groups; publishes nothing")
    parser.add_argument(
        "--modes", nargs="*", type=Mode, choices=list(Mode), help="experiments with these modes only; publishes nothing"
    )
    parser.add_argument("--budget", type=int, default=BUDGET, help=f"experiments of each sampled group, {BUDGET}")
    parser.add_argument("--seed", type=int, default=0, help="draws another sample, 0")
    parser.add_argument("--lanes", type=int, default=3, help="runs side by side, 3")
    parser.add_argument("--minutes", type=float, default=60, help="begin no run after so many minutes, 60")
    return parser.parse_args()


async def inject(asked: argparse.Namespace) -> list[Case]:
    """Run the requested experiments; publish the tables when they are the whole matrix."""
    matrix = Matrix(with_crd().kubeconfig, LOGS, asked.lanes)
    experiments = asked.only or await matrix.experiments(asked.groups or Group, asked.budget, asked.seed)
    if asked.modes:
        experiments = [e for e in experiments if any(fault.mode in asked.modes for fault in e.faults)]
    print(f"{len(experiments)} experiments; logs are in {LOGS}")
    cases = await matrix.run(experiments, asked.minutes * 60)
    left_out = len(experiments) - len(cases)
    if left_out:
        print(f"{left_out} experiments were not begun in time; --minutes gives more")
    if not (asked.only or asked.groups or asked.modes):
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        setting = Setting("make chaos", date, asked.lanes, asked.seed, asked.budget, left_out)
        publish(results(cases, setting, matrix.baselines))
    return cases


def publish(found: dict[str, object]) -> None:
    """Write the results and the page that shows them."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    PAGE.write_text(page(found))
    print(page(found))


def summary(cases: list[Case]) -> str:
    """Count the outcomes, and list every case that is bad with the command that repeats it."""
    outcomes = [case.outcome for case in cases]
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in Outcome)
    lines = [f"{len(cases)} experiments: {counts}"]
    for case in cases:
        if case.outcome in BAD:
            lines += [f"  {case}", f"    try it again: {sys.executable} -m tests.chaos --only {case.experiment}"]
    return "\n".join(lines)


def main() -> int:
    """Inject; the exit code is 1 when a run ended wrong, timed out or failed, or when no fault hit a request."""
    try:
        cases = asyncio.run(inject(options()))
    except (BadBaselineError, ClusterError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(summary(cases))
    return exit_code(cases)


if __name__ == "__main__":
    sys.exit(main())
