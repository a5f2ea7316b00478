"""`python -m tests.videos`: every prompt and hostile storyboard made into a video and checked, with a table of them."""

from __future__ import annotations

import argparse
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.videos.run import Case, Outcome, make, prompts, storyboards

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "prompts"
WIDEST_NAME = 46
WIDEST = 110


def main() -> int:
    """Make them all; the exit code is 1 when one is neither a right video nor a clear refusal."""
    parser = argparse.ArgumentParser(prog="python -m tests.videos", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="those that have this in their names")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="videos made side by side, 2")
    asked = parser.parse_args()
    cases = [case for case in (*prompts(), *storyboards()) if asked.only in case.name]
    shutil.rmtree(OUT, ignore_errors=True)
    with ThreadPoolExecutor(asked.at_once) as pool:
        outcomes = []
        for outcome in pool.map(_made, range(len(cases)), cases):
            print(_row(outcome), flush=True)
            outcomes.append(outcome)
    return _summed_up(outcomes)


def _made(number: int, case: Case) -> Outcome:
    return make(case, OUT / f"{number:02}")


def _row(outcome: Outcome) -> str:
    case = outcome.case
    name = case.name.ljust(WIDEST_NAME)
    asked = f"{case.output.language:5} {case.output.theme:8} {case.output.aspect_ratio:4}"
    lines = outcome.refusal.splitlines() or [f"video of {outcome.video:.1f} s"]
    row = f"{'✘' if outcome.faults else '✔'} {name} {asked} {outcome.took:5.1f} s  {lines[0][:WIDEST]}"
    return "\n".join([row, *(f"    {fault}" for fault in outcome.faults)])


def _summed_up(outcomes: list[Outcome]) -> int:
    right = sum(not outcome.faults for outcome in outcomes)
    refused = sum(bool(outcome.refusal) for outcome in outcomes)
    seconds = sum(outcome.video for outcome in outcomes)
    print(
        f"{right} of {len(outcomes)} are as they should be: {len(outcomes) - refused} videos of {seconds:.0f} s "
        f"together, {refused} refusals. They are in {OUT}."
    )
    return int(right < len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
