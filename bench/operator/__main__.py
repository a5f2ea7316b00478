"""`python -m bench.operator`: measures, writes results and docs, and prints the ratios as its last line."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench.common.figures import Figure, ratios
from bench.common.machine import Machine
from bench.operator import crowd, kwok, large, measure, namespaces, noop, process, queueing, report
from bench.operator.api import connected
from bench.operator.control_plane import ControllerManager
from bench.operator.measure import QUICK, SCENES, Bench, Sizes
from bench.operator.outcome import Outcome
from dev.cluster import Cluster, current
from dev.cluster.lock import locked
from dev.cluster.progress import say

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "bench"
CRD = ROOT / "crds" / "videojobs.videotutor.dev.yaml"
PARTS = ("pass", "latency", "burst", "kwok-default", "queue", "large", "kwok-raised", "crowd")
_RAISED = {"kwok-raised", "crowd"}
_ON_FAKE_NODES = {"kwok-default", "queue", "large", *_RAISED}


def main() -> int:
    """Exit code 0 when all was measured, whether the bars hold or not; 1 when some could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench.operator", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small numbers, nothing published")
    parser.add_argument("--only", choices=PARTS, action="append", help="some figures only, nothing published")
    options = parser.parse_args()
    sizes, parts = QUICK if options.quick else Sizes(), tuple(options.only or PARTS)
    machine, outcome = Machine.now(ROOT, "operator", "crds"), Outcome()
    asyncio.run(_ended_gently(_measure(sizes, parts, outcome)))
    published = not options.quick and parts == PARTS and not outcome.problems
    report.write(ROOT if published else OUT, outcome.figures, machine)
    for problem in outcome.problems:
        say(f"error: {problem} (logs: {OUT})")
    print(json.dumps(ratios(outcome.figures)))
    return 1 if outcome.problems else 0


async def _ended_gently(measuring: Coroutine[Any, Any, None]) -> None:
    """SIGTERM ends it as Ctrl-C does: what it has made is removed first."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    await task


async def _measure(sizes: Sizes, parts: tuple[str, ...], outcome: Outcome) -> None:
    if "pass" in parts:
        outcome.figures += measure.passes(sizes)
    if parts == ("pass",):
        return
    cluster = current()
    with locked(OUT / "lock", purpose="measuring"):
        await outcome.take("the cluster", _on(cluster, sizes, parts, outcome))


async def _on(cluster: Cluster, sizes: Sizes, parts: tuple[str, ...], outcome: Outcome) -> list[Figure]:
    """What needs a node at rest comes first, and what leaves most behind last."""
    process.end_orphans()
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))
    async with connected(cluster.kubeconfig) as api, AsyncExitStack() as stack:
        controllers = ControllerManager(cluster)
        await controllers.restore()
        await namespaces.sweep(api)
        stack.push_async_callback(namespaces.sweep, api)
        bench = Bench(api, cluster, noop.ensure(cluster), OUT, sizes)

        async def take(name: str, measuring: Callable[[], Coroutine[Any, Any, list[Figure]]]) -> None:
            if name in parts:
                await outcome.take(name, measuring())
                await namespaces.gone(api)

        await take("latency", bench.latency)
        await take("burst", bench.burst)
        if not _ON_FAKE_NODES.isdisjoint(parts):
            await stack.enter_async_context(kwok.fake_nodes(api, cluster, SCENES, OUT))
        await take("kwok-default", bench.many_by_default)
        await take("queue", lambda: queueing.measure(bench))
        await take("large", lambda: large.measure(bench))
        if not _RAISED.isdisjoint(parts):
            await stack.enter_async_context(controllers.raised())
        await take("kwok-raised", bench.many_raised)
        await take("crowd", lambda: crowd.measure(bench))
        return bench.costs.figures(measure.command("kwok-raised"))


if __name__ == "__main__":
    sys.exit(main())
