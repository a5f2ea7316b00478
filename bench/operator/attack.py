"""VideoJobs whose Jobs have ended with hostile answers while no operator ran, as another version could leave them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import cycle
from typing import Any

from bench.common.errors import BenchError
from bench.operator import kwok
from bench.operator.api import BATCH, VIDEOJOBS
from bench.operator.hostile import ANNOTATION, messages
from bench.operator.measure import Bench
from bench.operator.population import planned
from bench.operator.work import Load, runtime, videojob_manifest
from videojob.digest import RENDERER_VERSION
from videojob.status import Renderer
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import CreateJob, Decision, Site
from videotutor_operator.manifests.job import job_manifest
from videotutor_operator.observed.cache import Cache

SCENES = 9
JOBS_EACH = 1 + SCENES
"""Jobs of each pair of VideoJobs: one that is planned only now, and one whose scenes are rendered."""

_PATIENCE_SECONDS, _POLL_SECONDS = 300, 1.0


async def prepare(bench: Bench, namespace: str) -> None:
    """Make the VideoJobs and their Jobs, and wait until every Job is complete.

    Each Job is the one that the operator would make, and each pod answers with the next hostile message.
    """
    answers = cycle(messages().values())
    for number in range(bench.sizes.hostile):
        await _attack(bench, namespace, f"unplanned-{number:03}", 0, answers)
        await _attack(bench, namespace, f"planned-{number:03}", SCENES, answers)
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        if await _complete(bench, namespace) == bench.sizes.hostile * JOBS_EACH:
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"the Jobs with hostile answers are not complete after {_PATIENCE_SECONDS} s")


async def _attack(bench: Bench, namespace: str, name: str, scenes: int, answers: Iterator[str]) -> None:
    """One VideoJob with the status that the operator's first pass would write, and the Jobs that it would make."""
    path = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs"
    base = Load(1, scenes or SCENES, kwok.on(kwok.NODE)).spec(name)
    spec = base.model_copy(update={"parallelism": SCENES, "retries": 0})
    raw = await bench.api.call("POST", path, videojob_manifest(name, spec))
    if scenes:
        raw["status"] = planned(spec, name, scenes)
    cache = Cache()
    cache.put_videojob(raw)
    job = cache.videojob(f"{namespace}/{name}")
    if job is None:
        raise LookupError(name)
    decision = decide(job, (), datetime.now(UTC), Site(renderer=Renderer(bench.image, RENDERER_VERSION)))
    await bench.api.call("PUT", f"{path}/{name}/status", {**raw, "status": decision.status.to_json_object()})
    for create in _starts(decision):
        manifest = job_manifest(job, create, runtime(bench.image))
        manifest["spec"]["template"]["metadata"].setdefault("annotations", {})[ANNOTATION] = next(answers)
        await bench.api.call("POST", f"{BATCH}/namespaces/{namespace}/jobs", manifest)


def _starts(decision: Decision) -> list[CreateJob]:
    return [action for action in decision.actions if isinstance(action, CreateJob)]


async def _complete(bench: Bench, namespace: str) -> int:
    jobs: list[dict[str, Any]] = await bench.api.items(f"{BATCH}/namespaces/{namespace}/jobs")
    return sum(bool(job.get("status", {}).get("completionTime")) for job in jobs)
