"""A lesson by the model: from a prompt to a storyboard."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from pydantic import Field

from videojob.base import Model
from videojob.images import named_images
from videojob.llm import LlmSettings
from videojob.storyboard import MAX_SCENES, SceneContent, Storyboard
from videojob.tasks import PlanTask
from videojob.visuals.base import ShortText
from videotutor_renderer.plan.llm.answers import remembered
from videotutor_renderer.plan.llm.ask import Answer, Question, ask
from videotutor_renderer.plan.llm.drawable import mended, problems
from videotutor_renderer.plan.llm.prompt import LESSON, system_prompt
from videotutor_renderer.plan.outline import Draft, Planned, storyboard
from videotutor_renderer.plan.words import clipped
from videotutor_renderer.store import Store

LONGEST_LIST = 300
"""Characters of a note that tell what was left out."""


class Lesson(Model):
    """A whole video."""

    title: ShortText = Field(description="Title of the video.")
    scenes: tuple[SceneContent, ...] = Field(min_length=1, max_length=MAX_SCENES, description="The scenes, in order.")


class Kept(Model):
    """A lesson as it is kept in the store."""

    storyboard: Storyboard
    note: str


def kept_lesson(task: PlanTask, settings: LlmSettings, store: Store) -> Planned:
    """As `lesson`, but the model is asked once for each plan: a task that runs again finds its answer in the store.

    Raises:
        TaskError: as `lesson`, or the store failed.
    """

    def ask_model() -> Kept:
        planned = lesson(task, settings)
        return Kept(storyboard=planned.storyboard, note=planned.note)

    kept = remembered(store, f"{task.namespace}/answers/{task.key}", Kept, ask_model)
    return Planned(kept.storyboard, kept.note)


def lesson(task: PlanTask, settings: LlmSettings) -> Planned:
    """The storyboard that the model makes of a prompt; scenes are numbered here.

    Raises:
        ModelFailedError: the model cannot be reached, refuses, reaches a limit, or never gives a valid lesson.
    """
    data = {"prompt": task.prompt, "language": task.language, "sceneCount": task.scene_count}
    given = named_images(task.prompt or "")
    question = Question(system_prompt(LESSON), data, Lesson, partial(_problems, task.scene_count, given))
    answer = ask(question, settings)
    drafts = [Draft(scene.title, mended(scene, given).beats) for scene in answer.reply.scenes]
    return Planned(storyboard(answer.reply.title, drafts), noted(answer))


def noted(answer: Answer[Lesson]) -> str:
    """What the model took, and what was left out because it could not be drawn, or is not as wished."""
    unmet = clipped(" ".join(answer.problems), LONGEST_LIST) if answer.problems else ""
    return f"{answer.note} Not mended by the model, so left out or accepted: {unmet}" if unmet else answer.note


def _problems(scene_count: int | None, given: Collection[str], lesson: Lesson) -> list[str]:
    found = [line for i, scene in enumerate(lesson.scenes) for line in problems(scene, given, f"scenes[{i}].")]
    if scene_count and len(lesson.scenes) != scene_count:
        found.append(f"scenes: {scene_count} were asked for, and there are {len(lesson.scenes)}.")
    return found
