"""Ten thousand VideoJobs: what they cost the operator in memory, and how long it needs to be of use after a restart."""

from __future__ import annotations

import asyncio
import time

from bench.common.errors import BenchError
from bench.common.figures import Figure
from bench.operator import kwok, namespaces, process
from bench.operator.api import BATCH, CORE, VIDEOJOBS
from bench.operator.costs import at_rest
from bench.operator.measure import SCENES, Bench, command
from bench.operator.population import RUNNING_EACH, Population, populate
from bench.operator.process import MEBI
from bench.operator.stages import HOLDING
from bench.operator.work import Load, unlimited_settings, videojob_manifest
from dev.cluster.progress import say
from videojob import names

_MEMORY_BAR = 300
_RESTART_BAR = 15
_SETTLE_SECONDS = 400
_POLL_SECONDS = 1.0
_RESTART_SECONDS = 180


async def measure(bench: Bench) -> list[Figure]:
    """Memory and restart, with one population."""
    sizes = bench.sizes
    population = Population(sizes.population, sizes.active, kwok.on(HOLDING))
    say(f"== {sizes.population} VideoJobs, {sizes.active} of them active")
    async with namespaces.fresh(bench.api, "crowd") as namespace:
        await populate(bench.api, namespace, population)
        try:
            resident, peak = await _memory(bench, namespace)
            seconds, peak_after = await _restart(bench, namespace)
        finally:
            say("  removing them")
            await namespaces.empty(bench.api, namespace)
    worst = max(peak, peak_after) / MEBI
    samples = {"at rest": [resident / MEBI], "peak": [peak / MEBI], "peak after restart": [peak_after / MEBI]}
    title = f"operator memory with {sizes.population:,} VideoJobs, {sizes.active:,} active (peak)"
    memory = Figure("memory", title, "MiB", worst, _MEMORY_BAR, samples=samples, command=command("crowd"))
    title = f"restart with {sizes.population:,} VideoJobs to first new Job created"
    return [memory, Figure("restart", title, "s", seconds, _RESTART_BAR, command=command("crowd"))]


async def _memory(bench: Bench, namespace: str) -> tuple[int, int]:
    """Resident bytes at rest and at the most, of an operator that found all of them and keeps the active ones going."""
    settings, log = unlimited_settings(namespace, bench.image), bench.folder / "operator-crowd.log"
    async with process.running(bench.cluster, settings, log) as operator:
        await _all_render(bench, namespace, operator)
        await at_rest(operator)
        resident, peak = operator.memory(), operator.memory("VmHWM")
    say(f"  memory: {resident / MEBI:.0f} MiB at rest, {peak / MEBI:.0f} MiB at the most")
    return resident, peak


async def _all_render(bench: Bench, namespace: str, operator: process.OperatorProcess) -> None:
    """Wait until every active video has the Jobs that it may have, and these their pods."""
    wanted = bench.sizes.active * RUNNING_EACH
    paths = {plural: f"{group}/namespaces/{namespace}/{plural}" for group, plural in ((BATCH, "jobs"), (CORE, "pods"))}
    for _ in range(int(_SETTLE_SECONDS / _POLL_SECONDS)):
        operator.check()
        if all([await bench.api.count(path) >= wanted for path in paths.values()]):
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"not all active VideoJobs render after {_SETTLE_SECONDS} s")


async def _restart(bench: Bench, namespace: str) -> tuple[float, int]:
    """Seconds from the process's start to the first Job of a VideoJob that it has not seen before; peak of memory."""
    load = Load(1, SCENES, kwok.on(HOLDING), "new")
    (name,) = load.names()
    videos, jobs = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs", f"{BATCH}/namespaces/{namespace}/jobs"
    await bench.api.call("POST", videos, videojob_manifest(name, load.spec(name)))
    changes = bench.api.watch(jobs, await bench.api.version_of(jobs))
    settings, log = unlimited_settings(namespace, bench.image), bench.folder / "operator-restart.log"
    begun = time.perf_counter()
    async with process.started(bench.cluster, settings, log) as operator, asyncio.timeout(_RESTART_SECONDS):
        async for change in changes:
            if change["object"]["metadata"]["labels"].get(names.LABEL_VIDEOJOB) == name:
                break
        seconds = time.perf_counter() - begun
        say(f"  restart to first new Job: {seconds:.1f} s")
        await at_rest(operator)
        return seconds, operator.memory("VmHWM")
