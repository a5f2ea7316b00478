"""`python -m bench.api`: measures, writes results and docs, and prints the ratios as its last line."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from bench.api import measure, report
from bench.api.installation import Installation
from bench.api.measure import QUICK, Sizes
from bench.common.figures import ratios
from bench.common.machine import Machine
from bench.operator.api import connected
from bench.operator.outcome import Outcome
from dev.cluster import current
from dev.cluster.progress import say

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "bench"
PARTS = ("hostile", "viewers", "list", "rolling")


def main() -> int:
    """Exit code 0 when all was measured, whether the bars hold or not; 1 when some could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench.api", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small numbers, nothing published")
    parser.add_argument("--only", choices=PARTS, action="append", help="some figures only, nothing published")
    options = parser.parse_args()
    parts, outcome = tuple(options.only or PARTS), Outcome()
    asyncio.run(_measure(QUICK if options.quick else Sizes(), parts, outcome))
    published = not options.quick and parts == PARTS and not outcome.problems
    report.write(ROOT if published else OUT, outcome.figures, Machine.now(ROOT, "api", "charts"))
    for problem in outcome.problems:
        say(f"error: {problem}")
    print(json.dumps(ratios(outcome.figures)))
    return 1 if outcome.problems else 0


async def _measure(sizes: Sizes, parts: tuple[str, ...], outcome: Outcome) -> None:
    here = Installation(current())
    here.install()
    await here.sign_in()
    video = measure.watched_video(here)
    async with connected(here.cluster.kubeconfig) as api:
        measurements = {
            "hostile": lambda: measure.hostile(here, video, sizes),
            "viewers": lambda: measure.viewers(here, api, video, sizes),
            "list": lambda: measure.large_list(here, api, sizes),
            "rolling": lambda: measure.rolling(here),
        }
        try:
            for part in parts:
                await outcome.take(part, measurements[part]())
        finally:
            measure.sweep(here)


if __name__ == "__main__":
    raise SystemExit(main())
