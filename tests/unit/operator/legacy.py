"""VideoJobs as the operator of commit 092fef3 left them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.unit.operator.world import World
from videojob.base import read
from videojob.digest import LEGACY_VERSION
from videojob.names import job_name
from videojob.phases import ScenePhase
from videojob.status import Renderer, VideoJobStatus
from videotutor_operator.core.model import Child
from videotutor_operator.core.step import template_of

GOLDEN = json.loads((Path(__file__).parents[1] / "videojob" / "golden" / "092fef3.json").read_text())["statuses"]
OLD_IMAGE = "registry/renderer:old"


def adopt(world: World, stage: str, *, jobs: bool) -> None:
    """Make it a VideoJob as 092fef3 left it, with or without the Jobs that run according to its status."""
    status = read(VideoJobStatus, GOLDEN[stage])
    spec = world.job.spec.model_copy(update={"suspend": stage == "Suspended", "cancel": stage == "Cancelled"})
    world.job = replace(world.job, spec=spec, status=status, generation=status.observed_generation)
    running = [("scene", s.id, s.digest, s.attempts) for s in status.scenes if s.phase is ScenePhase.RUNNING]
    plan, stitch = status.attempts.plan, status.attempts.stitch
    if plan and stage == "Planning":
        running.append(("plan", "", plan.key, plan.attempts))
    if stitch and stage == "Stitching":
        running.append(("stitch", "", stitch.key, stitch.attempts))
    for task, scene, digest, attempt in running if jobs else ():
        name = job_name(world.job.name, scene or task, attempt, digest)
        world.children[name] = Child(
            name=name,
            uid=f"uid-of-{name}",
            task=task,
            digest=digest,
            attempt=attempt,
            scene=scene,
            generation=world.job.generation,
            template=template_of(spec),
            renderer=Renderer(OLD_IMAGE, LEGACY_VERSION),
        )
