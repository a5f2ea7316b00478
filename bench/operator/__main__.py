"""`python -m bench.operator`: measures, writes results and docs, and prints the ratios as its last line."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from bench.operator import crowd, kwok, measure, namespaces, noop, process, report
from bench.operator.api import connected
from bench.operator.control_plane import RAISED, ControllerManager
from bench.operator.errors import BenchError
from bench.operator.figures import Figure, ratios
from bench.operator.machine import Machine
from bench.operator.measure import QUICK, SCENES, Bench, Sizes
from dev.cluster import Cluster, ClusterError, current
from dev.cluster.lock import locked
from dev.cluster.progress import say

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "bench"
CRD = ROOT / "crds" / "videojobs.videotutor.dev.yaml"
PARTS = ("pass", "latency", "burst", "kwok-default", "kwok-raised", "crowd")
_ON_FAKE_NODES = {"kwok-default", "kwok-raised", "crowd"}


def main() -> int:
    """Exit code 0 when all was measured, whether the bars hold or not; 1 when it could not be."""
    parser = argparse.ArgumentParser(prog="python -m bench.operator", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a smoke run: small numbers, nothing published")
    parser.add_argument("--only", choices=PARTS, action="append", help="some figures only, nothing published")
    options = parser.parse_args()
    sizes, parts = QUICK if options.quick else Sizes(), tuple(options.only or PARTS)
    machine = Machine.now(ROOT)
    problems: list[str] = []
    figures: list[Figure] = []
    try:
        figures = asyncio.run(_ended_gently(_measure(sizes, parts)))
    except* (BenchError, ClusterError, TimeoutError) as group:
        problems = [str(error) or "it took too long" for error in _single(group)]
    if problems:
        say(f"error: {'; '.join(problems)} (logs: {OUT})")
        return 1
    published = not options.quick and parts == PARTS
    report.write(ROOT if published else OUT, figures, machine)
    print(json.dumps(ratios(figures)))
    return 0


def _single(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group, of tasks that ran side by side."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _single(inner)
    else:
        yield error


async def _ended_gently(measuring: Coroutine[Any, Any, list[Figure]]) -> list[Figure]:
    """SIGTERM ends it as Ctrl-C does: what it has made is removed first."""
    task = asyncio.ensure_future(measuring)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


async def _measure(sizes: Sizes, parts: tuple[str, ...]) -> list[Figure]:
    """What needs a node at rest comes first, and what is at rest again only after a while last."""
    figures = measure.passes(sizes) if "pass" in parts else []
    if parts == ("pass",):
        return figures
    cluster = current()
    with locked(OUT / "lock", purpose="measuring"):
        return figures + await _on(cluster, sizes, parts)


async def _on(cluster: Cluster, sizes: Sizes, parts: tuple[str, ...]) -> list[Figure]:
    figures: list[Figure] = []
    process.end_orphans()
    cluster.kubectl("apply", "--server-side", "--force-conflicts", "-f", str(CRD))
    async with connected(cluster.kubeconfig) as api, AsyncExitStack() as stack:
        controllers = ControllerManager(cluster)
        await controllers.restore()
        await namespaces.sweep(api)
        stack.push_async_callback(namespaces.sweep, api)
        bench = Bench(api, cluster, noop.ensure(cluster), OUT, sizes)
        if "latency" in parts:
            figures += await bench.latency()
        if "burst" in parts:
            figures += await bench.burst()
        if _ON_FAKE_NODES & set(parts):
            await stack.enter_async_context(kwok.fake_nodes(api, cluster, SCENES, OUT))
        if "kwok-default" in parts:
            figures += await bench.many("kwok-default", "default rate limits", sizes.kwok_rounds, 1.10)
        if {"kwok-raised", "crowd"} & set(parts):
            await stack.enter_async_context(controllers.raised())
        if "kwok-raised" in parts:
            figures += await bench.many("kwok-raised", f"rate limits of {RAISED}/s", sizes.raised_rounds, 1.25)
        if "crowd" in parts:
            figures += await crowd.measure(bench)
        await namespaces.sweep(api)
    return figures + bench.costs.figures(measure.command("kwok-raised"))


if __name__ == "__main__":
    sys.exit(main())
