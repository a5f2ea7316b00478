"""Objects as large and as hostile as they can be: what they cost the operator, and what of them gets into a status."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from itertools import chain
from typing import Any

from bench.common.errors import BenchError
from bench.common.figures import Figure
from bench.operator import attack, kwok, namespaces, process
from bench.operator.api import BATCH, VIDEOJOBS
from bench.operator.costs import at_rest
from bench.operator.measure import SCENES, Bench, command
from bench.operator.process import MEGA, OperatorProcess
from bench.operator.work import Load, default_settings, videojob_manifest
from dev.cluster.progress import say
from videojob import API_GROUP, API_VERSION, KIND, names
from videojob.phases import TERMINAL, Phase

_MEMORY_BAR, _RESTART_BAR = 350, 15
_PATIENCE_SECONDS, _POLL_SECONDS = 600, 1.0

_HARMFUL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, which a terminal obeys, and halves of characters, which have no UTF-8."""

LONGEST_TEXT, LONGEST_NOTE = 2048, 4096
"""Characters that any text of a status may have, and the planner's note."""


def storyboard(scenes: int = 100, beats: int = 22) -> dict[str, Any]:
    """A storyboard of a megabyte, of the visual whose models take the most memory."""
    points = [{"name": letter, "at": [i, i * i]} for i, letter in enumerate("ABCDEFGHIJKL")]
    show = {"kind": "geometry", "namedPoints": points, "shapes": [{"shape": "polygon", "points": "ABC"}] * 3}
    described = [{"id": f"s{n}", "title": "Scene", "beats": [{"show": show}] * beats} for n in range(scenes)]
    return {"title": "T", "scenes": described}


async def measure(bench: Bench) -> list[Figure]:
    """Memory and restart with storyboards of a megabyte, and with Jobs that answered to do harm."""
    sizes, jobs = bench.sizes, bench.sizes.hostile * attack.JOBS_EACH
    say(f"== {sizes.storyboards} storyboards of a megabyte, {jobs} hostile answers")
    async with namespaces.fresh(bench.api, "large") as namespace:
        settings, log = default_settings(namespace, bench.image), bench.folder / "operator-large.log"
        await _suspend_storyboards(bench, namespace)
        async with process.running(bench.cluster, settings, log) as operator:
            await _all_in(bench, namespace, frozenset({Phase.SUSPENDED}))
            await at_rest(operator)
            before = operator.memory("VmHWM") / MEGA
        await attack.prepare(bench, namespace)
        seconds, after = await _restart(bench, namespace)
        say(f"  {before:.0f} MB at the most, {after:.0f} MB after a restart, which took {seconds:.1f} s")
        found = list(chain.from_iterable(problems(video) for video in await _videos(bench, namespace)))
        if found:
            raise BenchError(f"{len(found)} texts in statuses are not bounded, such as {found[0]}")
    about = f"{sizes.storyboards} storyboards of 1 MB and {jobs} hostile answers"
    samples = {"storyboards": [before], "restart with hostile answers": [after]}
    title = f"operator memory (peak) with {about}"
    memory = Figure(
        "large-memory", title, "MB", max(before, after), _MEMORY_BAR, samples=samples, command=command("large")
    )
    title = f"restart with {about} to ready and first new Job"
    return [memory, Figure("large-restart", title, "s", seconds, _RESTART_BAR, command=command("large"))]


async def _suspend_storyboards(bench: Bench, namespace: str) -> None:
    """Create the VideoJobs one by one: each is large for the API server too."""
    spec = {"storyboard": storyboard(), "suspend": True}
    for number in range(bench.sizes.storyboards):
        manifest = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": f"large-{number:03}"},
            "spec": spec,
        }
        await bench.api.call("POST", f"{VIDEOJOBS}/namespaces/{namespace}/videojobs", manifest)


async def _restart(bench: Bench, namespace: str) -> tuple[float, float]:
    """Seconds from the process's start until it is ready and has made a Job of a new VideoJob; its peak of memory."""
    load = Load(1, SCENES, kwok.on(kwok.NODE), "new")
    (name,) = load.names()
    videos, jobs = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs", f"{BATCH}/namespaces/{namespace}/jobs"
    await bench.api.call("POST", videos, videojob_manifest(name, load.spec(name)))
    changes = bench.api.watch(jobs, await bench.api.version_of(jobs))
    settings, log = default_settings(namespace, bench.image), bench.folder / "operator-large.log"
    begun = time.perf_counter()
    async with process.started(bench.cluster, settings, log) as operator:
        await operator.ready()
        async with asyncio.timeout(_PATIENCE_SECONDS):
            async for change in changes:
                if change["object"]["metadata"]["labels"].get(names.LABEL_VIDEOJOB) == name:
                    break
        seconds = time.perf_counter() - begun
        await _settle(bench, namespace, operator)
        return seconds, operator.memory("VmHWM") / MEGA


async def _settle(bench: Bench, namespace: str, operator: OperatorProcess) -> None:
    """Wait until every VideoJob is at its end, or suspended, and the operator has nothing to do."""
    await _all_in(bench, namespace, TERMINAL | {Phase.SUSPENDED})
    await at_rest(operator)
    (bench.folder / "large.metrics").write_text(await operator.metrics())


async def _all_in(bench: Bench, namespace: str, phases: frozenset[Phase]) -> None:
    phase: dict[str, str] = {}
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        videos = await _videos(bench, namespace)
        phase = {video["metadata"]["name"]: video.get("status", {}).get("phase", "") for video in videos}
        if set(phase.values()) <= phases:
            return
        await asyncio.sleep(_POLL_SECONDS)
    name = next(name for name in phase if phase[name] not in phases)
    raise BenchError(f"{name} is {phase[name] or 'new'} after {_PATIENCE_SECONDS} s")


async def _videos(bench: Bench, namespace: str) -> list[dict[str, Any]]:
    return await bench.api.items(f"{VIDEOJOBS}/namespaces/{namespace}/videojobs")


def problems(video: dict[str, Any]) -> Iterator[str]:
    """Where a status has a text that is too long, or that no terminal should be given."""
    for path, text in texts(video["status"], video["metadata"]["name"]):
        longest = LONGEST_NOTE if path.endswith(".plan.note") else LONGEST_TEXT
        if len(text) > longest:
            yield f"{path}: {len(text)} characters"
        elif _HARMFUL.search(text):
            yield f"{path}: {text[:100]!a}"


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, the names in it included, with its path."""
    match value:
        case str():
            yield path, value
        case dict():
            for name, inner in value.items():
                yield f"{path}.*", name
                yield from texts(inner, f"{path}.{name}")
        case list():
            for inner in value:
                yield from texts(inner, path)
