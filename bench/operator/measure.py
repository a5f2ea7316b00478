"""The measurements: each makes its own namespaces and answers with figures."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.common.figures import Figure, Pairs
from bench.operator import kwok, namespaces, process, videos
from bench.operator.api import Api
from bench.operator.control_plane import RAISED
from bench.operator.costs import Costs
from bench.operator.floor import Floor
from bench.operator.simulation import Simulation
from bench.operator.work import Load, runtime, unlimited_settings
from dev.cluster import Cluster
from dev.cluster.progress import say
from videojob.spec import PodTemplate

SCENES = 3
REAL = PodTemplate()
"""Any node that is not tainted."""

_LATENCY_SECONDS, _BURST_SECONDS, _SECONDS_PER_POD = 90, 300, 1.5
_PASS_BAR_MS = 2


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done; smaller for a try."""

    rounds: int = 5
    burst: int = 20
    videos: int = 100
    kwok_rounds: int = 1
    raised_rounds: int = 2
    population: int = 10_000
    active: int = 1000
    queued: int = 300
    storyboards: int = 30
    hostile: int = 20
    pass_scenes: int = 100
    passes: int = 500


QUICK = Sizes(
    rounds=2,
    burst=3,
    videos=5,
    raised_rounds=1,
    population=200,
    active=20,
    queued=30,
    storyboards=3,
    hostile=2,
    passes=50,
)


@dataclass
class Bench:
    """One run of the benchmark on one cluster. `folder` takes logs."""

    api: Api
    cluster: Cluster
    image: str
    folder: Path
    sizes: Sizes
    costs: Costs = field(default_factory=Costs)

    @asynccontextmanager
    async def operator(
        self, purpose: str, settings: Callable[[str, str], dict[str, str]] = unlimited_settings
    ) -> AsyncIterator[tuple[str, process.OperatorProcess]]:
        """A namespace, and an operator that serves it."""
        async with namespaces.fresh(self.api, purpose) as namespace:
            log = self.folder / f"operator-{purpose}.log"
            environment = settings(namespace, self.image)
            async with process.running(self.cluster, environment, log) as running:
                yield namespace, running

    async def floor_run(self, namespace: str, load: Load, within: float) -> float:
        """Seconds that the ideal client takes."""
        wall = await Floor(self.api, namespace, runtime(self.image), load).run(within=within)
        say(f"  floor: {wall:.2f} s for {load.pods} pods")
        return wall

    async def operator_run(self, namespace: str, load: Load, within: float) -> float:
        """Seconds that the operator which serves the namespace takes."""
        wall = await videos.make(self.api, namespace, load, within=within)
        say(f"  operator: {wall:.2f} s for {load.pods} pods")
        return wall

    async def take_turns(self, purpose: str, loads: Callable[[int], Load], rounds: int, within: float) -> Pairs:
        """Floor and operator in turn, so that a change of the machine's mood meets both."""
        pairs = Pairs()
        async with AsyncExitStack() as stack:
            floor = await stack.enter_async_context(namespaces.fresh(self.api, f"{purpose}-floor"))
            namespace, operator = await stack.enter_async_context(self.operator(purpose))
            for number in range(rounds):
                load, run = loads(number), f"{purpose} {number + 1}"
                with self.costs.of_floor(run, load.videos):
                    pairs.floor.append(await self.floor_run(floor, load, within))
                async with self.costs.of(run, load.videos, operator):
                    pairs.ours.append(await self.operator_run(namespace, load, within))
        return pairs

    async def latency(self) -> list[Figure]:
        """One video on a real node that does nothing else."""
        say("== one video on an idle real node")
        pairs = await self.take_turns(
            "latency", lambda number: Load(1, SCENES, REAL, f"one-{number}"), self.sizes.rounds, _LATENCY_SECONDS
        )
        title = f"latency of one {SCENES}-scene job on an idle real node"
        return [pairs.figure("latency", title, 0.75, command("latency"))]

    async def burst(self) -> list[Figure]:
        """Many videos at once on a real node."""
        say(f"== {self.sizes.burst} videos at once on a real node")
        load = Load(self.sizes.burst, SCENES, REAL)
        pairs = await self.take_turns("burst", lambda _: load, 1, _BURST_SECONDS)
        title = f"{self.sizes.burst} VideoJobs × {SCENES} scenes at once, same node"
        return [pairs.figure("burst", title, 1.0, command("burst"))]

    async def many_by_default(self) -> list[Figure]:
        """Hundreds of pods, and a controller-manager as Kubernetes ships it."""
        return await self._many("kwok-default", "default rate limits", self.sizes.kwok_rounds, 1.10)

    async def many_raised(self) -> list[Figure]:
        """The same with a controller-manager that hardly waits."""
        return await self._many("kwok-raised", f"rate limits of {RAISED}/s", self.sizes.raised_rounds, 1.25)

    async def _many(self, name: str, how: str, rounds: int, bar: float) -> list[Figure]:
        """Hundreds of pods on a fake node, whose pods cost nothing: what limits is the control plane."""
        say(f"== {self.sizes.videos} videos on a fake node, {how}")
        pairs = await self.take_turns(
            name,
            lambda number: Load(self.sizes.videos, SCENES, kwok.on(kwok.NODE), f"many-{number}"),
            rounds,
            60 + _SECONDS_PER_POD * self.sizes.videos * (SCENES + 2),
        )
        title = f"{self.sizes.videos} VideoJobs × {SCENES} scenes, kwok node, {how}"
        return [pairs.figure(name, title, bar, command(name))]


def passes(sizes: Sizes) -> list[Figure]:
    """The pure part of a pass over a long video in the middle of rendering, in processor time of this thread."""
    simulation = Simulation(sizes.pass_scenes)
    simulation.advance(sizes.pass_scenes // 2)
    taken = []
    for _ in range(sizes.passes):
        begun = time.thread_time()
        simulation.decision()
        taken.append(1000 * (time.thread_time() - begun))
    title = f"reconcile pass of one VideoJob with {sizes.pass_scenes} scenes, pure part"
    quartiles = sorted(taken)[:: max(len(taken) // 4, 1)]
    return [
        Figure(
            "pass", title, "ms", median(taken), _PASS_BAR_MS, samples={"quartiles": quartiles}, command=command("pass")
        )
    ]


def command(name: str) -> str:
    """What measures one figure alone."""
    return f"make bench-operator ONLY={name}"
