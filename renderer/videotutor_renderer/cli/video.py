"""A video from its spec: plan, scenes and join, with a folder as the store."""

from __future__ import annotations

import asyncio
import io
import sys
from contextlib import redirect_stdout
from pathlib import Path

from videojob.digest import RENDERER_VERSION, content_digest, plan_key, scene_digests, stitch_key
from videojob.llm import LlmSettings
from videojob.results import PlanResult, StitchResult
from videojob.spec import VideoJobSpec
from videojob.storyboard import Storyboard
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videotutor_renderer.cli.progress import Progress
from videotutor_renderer.cli.scenes import render_scenes
from videotutor_renderer.plan.task import run_plan
from videotutor_renderer.stitch import run_stitch
from videotutor_renderer.store import Store

NAMESPACE = "local"
NAME = "video"


def plan(spec: VideoJobSpec, store: Store, model: LlmSettings | None) -> tuple[PlanResult, Storyboard]:
    """Who planned it, and the storyboard.

    Raises:
        TaskError: the planner that was asked for cannot do it, or the store failed.
    """
    task = PlanTask.of(spec, NAMESPACE, key=plan_key(spec), version=RENDERER_VERSION)
    with redirect_stdout(io.StringIO()):  # a task logs there, where this command writes its result
        result = run_plan(task, store, model)
    return result, Storyboard.model_validate_json(store.read(result.storyboard))


def make(spec: VideoJobSpec, planned: PlanResult, storyboard: Storyboard, root: Path) -> StitchResult:
    """Render what is not in the store at `root` yet, and join it; the result's path is a key of the store.

    Raises:
        TaskError: scenes cannot be drawn or spoken (all are named), or the store failed.
    """
    contents = {scene.id: content_digest(scene) for scene in storyboard.scenes}
    digests = scene_digests(spec, storyboard.language, contents)
    distinct = {digest: scene for scene, digest in digests.items()}
    tasks = [
        SceneTask.of(
            spec,
            scene,
            version=RENDERER_VERSION,
            namespace=NAMESPACE,
            storyboard=planned.storyboard,
            digest=digest,
        )
        for digest, scene in distinct.items()
    ]
    progress = Progress([task.scene_id for task in tasks], sys.stderr)
    try:
        asyncio.run(render_scenes(tasks, root, spec.parallelism, progress))
    finally:
        progress.close()
    join = StitchTask(
        version=RENDERER_VERSION,
        namespace=NAMESPACE,
        name=NAME,
        key=stitch_key(storyboard.title, list(digests.values())),
        title=storyboard.title,
        scenes=tuple(digests.values()),
        output=spec.output,
    )
    with redirect_stdout(io.StringIO()):
        return run_stitch(join, Store(root))
