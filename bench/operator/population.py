"""A cluster with thousands of VideoJobs, finished and running mixed, as a busy installation has them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from bench.operator.api import VIDEOJOBS, Api
from bench.operator.simulation import Simulation
from bench.operator.work import Load, videojob_manifest
from dev.cluster.progress import say
from videojob.digest import plan_key
from videojob.phases import Phase
from videojob.spec import PodTemplate, VideoJobSpec
from videojob.status import PlanStatus, SceneStatus, VideoJobStatus

SIZES = (3, 3, 3, 5, 5, 8, 12, 20, 50, 100)
"""Scenes of the videos, in turn: most are short."""
RUNNING_EACH = 2
"""Scenes that an active video renders at once."""

_AT_ONCE = 32
_TOLD_EVERY = 2000
_DIGEST = re.compile(r'(?<=")[0-9a-f]{16}(?=")')


@dataclass(frozen=True, slots=True)
class Population:
    """So many VideoJobs, of which so many are active: planned, and rendering their first scenes."""

    total: int
    active: int
    template: PodTemplate

    def manifests(self) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Each VideoJob and the status that it is to have."""
        for number in range(self.total):
            size = SIZES[(number + number // len(SIZES)) % len(SIZES)]  # or every tenth one were of the same size
            name = f"old-{number:05}"
            active = number * self.active // self.total < (number + 1) * self.active // self.total
            base = Load(1, size, self.template).spec(name)
            spec = base.model_copy(update={"parallelism": RUNNING_EACH})
            yield videojob_manifest(name, spec), planned(spec, name, size) if active else _finished(name, size)


def planned(spec: VideoJobSpec, name: str, size: int) -> dict[str, Any]:
    """The status of a video that is planned, with every scene to do."""
    scenes = tuple(SceneStatus(id=f"scene-{n + 1}", content=_digest(f"{name}/{n}")) for n in range(size))
    plan = PlanStatus(key=plan_key(spec), storyboard=f"storyboards/{name}.json", title="Nothing")
    status = VideoJobStatus(observed_generation=1, phase=Phase.RENDERING, plan=plan, scenes=scenes, planner="template")
    return status.to_json_object()


def _finished(name: str, size: int) -> dict[str, Any]:
    """As a run of that size leaves it, with digests of its own: equal texts would be kept in memory once."""
    changed: dict[str, Any] = json.loads(_DIGEST.sub(lambda found: _digest(name + found[0]), _template(size)))
    return changed


@cache
def _template(size: int) -> str:
    simulation = Simulation(size)
    simulation.advance(size)
    return json.dumps(simulation.raw["status"])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def populate(api: Api, namespace: str, population: Population) -> None:
    """Create every VideoJob and write its status, while no operator looks."""
    path = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs"
    done = 0

    async def work(manifests: Iterator[tuple[dict[str, Any], dict[str, Any]]]) -> None:
        nonlocal done
        while pair := next(manifests, None):
            manifest, status = pair
            created = await api.call("POST", path, manifest)
            await api.call("PUT", f"{path}/{manifest['metadata']['name']}/status", {**created, "status": status})
            done += 1
            if done % _TOLD_EVERY == 0:
                say(f"  … {done} of {population.total} VideoJobs")

    shared = population.manifests()
    async with asyncio.TaskGroup() as workers:
        for _ in range(_AT_ONCE):
            workers.create_task(work(islice(shared, None)))
