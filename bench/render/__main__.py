"""`python -m bench.render`: measures, writes results and docs, and prints the ratios as its last line."""

from __future__ import annotations

import argparse
import json
import sys

from bench.common.errors import BenchError
from bench.common.figures import Figure, ratios
from bench.common.machine import Machine
from bench.render import report
from bench.render.command import OUT, ROOT, on_one_core
from bench.render.measure import PARTS, QUICK, Sizes
from dev.cluster.progress import say


def main() -> int:
    """Exit code 0 when all was measured, whether the bars hold or not; 1 when some could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench.render", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: each figure once, nothing published")
    parser.add_argument("--only", choices=PARTS, action="append", help="some figures only, nothing published")
    options = parser.parse_args()
    machine = Machine.now(ROOT, "renderer", "crds")
    OUT.mkdir(parents=True, exist_ok=True)
    on_one_core()
    figures, problems = _measured(options.only or list(PARTS), QUICK if options.quick else Sizes())
    published = not options.quick and not options.only and not problems
    report.write(ROOT if published else OUT, figures, machine)
    for problem in problems:
        say(f"error: {problem}")
    print(json.dumps(ratios(figures)))
    return 1 if problems else 0


def _measured(parts: list[str], sizes: Sizes) -> tuple[list[Figure], list[str]]:
    """All that can be measured, and why the rest cannot."""
    figures, problems = [], []
    for part in parts:
        try:
            figures += PARTS[part](sizes)
        except BenchError as error:
            problems.append(f"{part}: {error}")
    return figures, problems


if __name__ == "__main__":
    sys.exit(main())
