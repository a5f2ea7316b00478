"""Far more work than places: what waits must not fail, and the videos that were begun get done before new ones."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.common.figures import Figure
from bench.operator import kwok, videos
from bench.operator.costs import at_rest
from bench.operator.measure import SCENES, Bench, command
from bench.operator.process import MEGA
from bench.operator.stages import SMALL, SMALL_MILLISECONDS
from bench.operator.work import Load, default_settings
from dev.cluster.progress import say
from videojob.phases import Phase, ScenePhase

_DEADLINE_SECONDS = 120
"""Of each task, and far less than the queue lasts."""
_FIRST_SHARE, _MEMORY_BAR = 0.1, 250
_PATIENCE = 3
"""How many times the seconds that the places allow may pass."""


@dataclass
class History:
    """What a watch of VideoJobs shows, in seconds since `begun`."""

    begun: float
    scenes_ended: dict[str, int] = field(default_factory=dict)
    planned: dict[str, float] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)
    ended_before_first: int = 0
    """Scenes of all videos that had ended when the first video was finished."""

    def under_way(self) -> list[float]:
        """How long each video took from its plan to its end."""
        return [seconds - self.planned[name] for name, seconds in self.finished.items()]

    def observe(self, videojob: dict[str, Any], now: float) -> None:
        """Take in one version of a VideoJob; `now`: on the clock of `begun`."""
        name, status = videojob["metadata"]["name"], videojob.get("status", {})
        scenes = status.get("scenes", ())
        self.scenes_ended[name] = sum(scene.get("phase") == ScenePhase.SUCCEEDED for scene in scenes)
        if scenes:
            self.planned.setdefault(name, now - self.begun)
        if status.get("phase") == Phase.SUCCEEDED and name not in self.finished:
            self.ended_before_first = self.ended_before_first or sum(self.scenes_ended.values())
            self.finished[name] = now - self.begun


async def measure(bench: Bench) -> list[Figure]:
    """Order, waits and memory of one queue that is far longer than the deadline of its tasks."""
    load = Load(bench.sizes.queued, SCENES, kwok.on(SMALL), "queued", _DEADLINE_SECONDS)
    least = load.pods / kwok.PLACES * SMALL_MILLISECONDS / 1000
    say(f"== {load.videos} videos for {kwok.PLACES} places, at least {least:.0f} s")
    async with bench.operator("queue", default_settings) as (namespace, operator):
        history = History(time.perf_counter())
        seconds = await videos.make(
            bench.api,
            namespace,
            load,
            within=60 + _PATIENCE * least,
            observe=lambda videojob: history.observe(videojob, time.perf_counter()),
        )
        await at_rest(operator)
        peak, page, writes = operator.memory("VmHWM") / MEGA, await operator.metrics(), await operator.writes()
    (bench.folder / "queue.metrics").write_text(page)
    say(f"  {len(history.finished)} of {load.videos} succeeded in {seconds:.0f} s, {least:.0f} s at the least")
    say(f"  first video after {min(history.finished.values()):.0f} s and {history.ended_before_first} scenes")
    for what, waits in (("creation to plan", list(history.planned.values())), ("plan to end", history.under_way())):
        say(f"  from {what}: {median(waits):.0f} s (median), {max(waits):.0f} s (longest)")
    each = {resource: round(count / load.videos, 2) for resource, count in writes.items()}
    say(f"  {peak:.0f} MB at the most; writes of each video: {each}")
    return _figures(load, history, seconds, peak)


def _figures(load: Load, history: History, seconds: float, peak: float) -> list[Figure]:
    samples = {
        "from creation to plan": list(history.planned.values()),
        "from plan to end": history.under_way(),
        "all": [seconds],
    }
    queue = f"{load.videos} VideoJobs × {load.scenes} scenes, {kwok.PLACES} places"
    title, bar = f"scenes that ended before the first video was finished: {queue}", _FIRST_SHARE * load.videos * SCENES
    first = Figure("queue", title, "", history.ended_before_first, bar, samples=samples, command=command("queue"))
    title = f"operator memory (peak): {queue}"
    return [first, Figure("queue-memory", title, "MB", peak, _MEMORY_BAR, command=command("queue"))]
