"""The task `plan`: choose a planner, write the storyboard, say honestly who made it."""

from __future__ import annotations

from collections.abc import Callable

from videojob.base import canonical_json
from videojob.digest import content_digest
from videojob.llm import LlmSettings
from videojob.results import PlannedScene, PlanResult
from videojob.spec import Planner
from videojob.status import FailureClass
from videojob.storyboard import Storyboard
from videojob.tasks import PlanTask
from videotutor_renderer.errors import ModelFailedError, TaskError
from videotutor_renderer.log import log
from videotutor_renderer.plan.library import find, lessons
from videotutor_renderer.plan.markdown import is_outline
from videotutor_renderer.plan.outline import Planned, outlined
from videotutor_renderer.plan.skeleton import NO_MODEL, skeleton
from videotutor_renderer.scene.captions import can_be_seen
from videotutor_renderer.store import Store

Write = Callable[[PlanTask], Planned]
"""Makes a storyboard of a prompt.

Raises:
    ModelFailedError: the language model gave none.
"""


def run_plan(task: PlanTask, store: Store, settings: LlmSettings | None = None) -> PlanResult:
    """Plan and store.

    Raises:
        TaskError: the planner that was asked for cannot do it, or the store failed.
    """
    planner, planned = choose(task, _model(store, settings) if settings else None)
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


def _model(store: Store, settings: LlmSettings) -> Write:
    def write(task: PlanTask) -> Planned:
        # imported here: it takes seconds, and most plans need no model
        from videotutor_renderer.plan.llm.lesson import kept_lesson  # noqa: PLC0415

        return kept_lesson(task, settings, store)

    return write


def choose(task: PlanTask, model: Write | None = None) -> tuple[str, Planned]:
    """The name of the planner that made it, and what it made; `model` asks the language model, where there is one.

    Raises:
        TaskError: the planner that was asked for cannot do it.
    """
    if task.storyboard is not None:
        return "storyboard", _given(task.storyboard, task.scene_count)
    prompt = task.prompt or ""
    if not can_be_seen(prompt):
        raise TaskError(FailureClass.PLANNER_REFUSAL, "The prompt is empty; say what the video should explain.")
    if task.planner is Planner.OUTLINE or (task.planner is Planner.AUTO and is_outline(prompt)):
        return "outline", outlined(prompt, task.scene_count)
    if task.planner is Planner.LLM:
        return "llm", _required(model)(task)
    if task.planner is Planner.AUTO and model:
        try:
            return "llm", model(task)
        except ModelFailedError as error:
            return _fallen_back(task, prompt, error)
    return _without_model(task, prompt, NO_MODEL)


def _fallen_back(task: PlanTask, prompt: str, error: ModelFailedError) -> tuple[str, Planned]:
    log("the model failed, so the plan is made without it", failure=error.failure_class)
    planner, planned = _without_model(task, prompt, "the language model gave no lesson")
    note = f"{str(error).removesuffix('.')}. So the plan is made without it. {planned.note}"
    return planner, Planned(planned.storyboard, note.strip())


def _required(model: Write | None) -> Write:
    if model:
        return model
    raise TaskError(
        FailureClass.PLANNER_REFUSAL,
        "planner: llm needs a language model, and none is configured: set planner.llm.url and planner.llm.model in the "
        "chart's values (VIDEOTUTOR_LLM_URL and VIDEOTUTOR_LLM_MODEL for the renderer alone), or use planner auto.",
    )


def _without_model(task: PlanTask, prompt: str, why: str) -> tuple[str, Planned]:
    """A lesson of the library, or the skeleton of one, which says `why` it is no more than that."""
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
    return "skeleton", skeleton(prompt, task.scene_count, why)


def _given(storyboard: Storyboard, scene_count: int | None) -> Planned:
    if scene_count is None or scene_count == len(storyboard.scenes):
        return Planned(storyboard)
    return Planned(storyboard, f"sceneCount {scene_count} is ignored: the storyboard has {len(storyboard.scenes)}.")
