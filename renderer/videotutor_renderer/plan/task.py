"""The task `plan`: choose a planner, write the storyboard, say honestly who made it."""

from __future__ import annotations

from videojob.base import canonical_json
from videojob.digest import content_digest
from videojob.results import PlannedScene, PlanResult
from videojob.spec import Planner
from videojob.status import FailureClass
from videojob.storyboard import Storyboard
from videojob.tasks import PlanTask
from videotutor_renderer.errors import TaskError
from videotutor_renderer.log import log
from videotutor_renderer.plan.library import find, lessons
from videotutor_renderer.plan.markdown import is_outline
from videotutor_renderer.plan.outline import Planned, outlined
from videotutor_renderer.plan.skeleton import skeleton
from videotutor_renderer.store import Store


def run_plan(task: PlanTask, store: Store) -> PlanResult:
    """Plan and store.

    Raises:
        TaskError: the planner that was asked for cannot do it, or the store failed.
    """
    planner, planned = choose(task)
    key = f"{task.namespace}/storyboards/{task.key}.json"
    storyboard = planned.storyboard
    store.write(key, canonical_json(storyboard.to_json_object()).encode())
    log("planned", planner=planner, scenes=len(storyboard.scenes))
    return PlanResult(
        planner=planner,
        title=storyboard.title,
        language=storyboard.language,
        storyboard=key,
        scenes=tuple(
            PlannedScene(id=scene.id, title=scene.title, digest=content_digest(scene)) for scene in storyboard.scenes
        ),
        note=planned.note,
    )


def choose(task: PlanTask) -> tuple[str, Planned]:
    """The name of the planner that made it, and what it made."""
    if task.storyboard is not None:
        return "storyboard", _given(task.storyboard, task.scene_count)
    prompt = task.prompt or ""
    if not prompt.strip():
        raise TaskError(FailureClass.PLANNER_REFUSAL, "The prompt is empty; say what the video should explain.")
    if task.planner is Planner.OUTLINE or (task.planner is Planner.AUTO and is_outline(prompt)):
        return "outline", outlined(prompt, task.scene_count)
    lesson = find(prompt, task.language)
    if lesson:
        return "template", lesson.planned(task.scene_count, prompt)
    if task.planner is Planner.TEMPLATE:
        titles = "; ".join(lesson.title for lesson in lessons())
        raise TaskError(
            FailureClass.PLANNER_REFUSAL,
            f"planner: no lesson of the library fits this prompt in language {task.language}. It has: {titles}. "
            "Use planner auto, or write the prompt as a Markdown outline.",
        )
    return "skeleton", skeleton(prompt, task.scene_count)


def _given(storyboard: Storyboard, scene_count: int | None) -> Planned:
    if scene_count is None or scene_count == len(storyboard.scenes):
        return Planned(storyboard)
    return Planned(storyboard, f"sceneCount {scene_count} is ignored: the storyboard has {len(storyboard.scenes)}.")
