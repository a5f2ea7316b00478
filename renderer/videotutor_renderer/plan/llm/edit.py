"""An edit by the model: from a scene and an instruction in words to the scene as it shall be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from videojob.images import named_images
from videojob.llm import LlmSettings
from videojob.status import FailureClass
from videojob.storyboard import SceneContent
from videojob.visuals import ImageVisual
from videotutor_renderer.errors import ModelFailedError
from videotutor_renderer.log import log
from videotutor_renderer.plan.llm.answers import remembered
from videotutor_renderer.plan.llm.ask import Question, ask
from videotutor_renderer.plan.llm.drawable import mended, problems
from videotutor_renderer.plan.llm.prompt import EDIT, system_prompt
from videotutor_renderer.store import Store


@dataclass(frozen=True)
class Edit:
    """What is to be changed: a scene of the video `title`, as the instruction wishes, spoken in `language`."""

    scene: SceneContent
    instruction: str
    title: str
    language: str

    def data(self) -> dict[str, object]:
        """What the model is given; all of it is the user's, or was made of it."""
        scene = self.scene.to_json_object()
        return {"video": self.title, "language": self.language, "scene": scene, "instruction": self.instruction}

    def images(self) -> frozenset[str]:
        """The ids of the pictures that may be shown: those of the scene, and those that the instruction names."""
        shows = (beat.show for beat in self.scene.beats)
        return named_images(self.instruction).union(show.image for show in shows if isinstance(show, ImageVisual))


def kept_edit(edit: Edit, settings: LlmSettings, store: Store, key: str) -> SceneContent:
    """As `edited`, but the model is asked once for each key: the scene of one digest must come out the same again.

    Raises:
        TaskError: as `edited`, or the store failed.
    """
    return remembered(store, key, SceneContent, lambda: edited(edit, settings))


def edited(edit: Edit, settings: LlmSettings) -> SceneContent:
    """The scene as it shall be.

    Raises:
        ModelFailedError: the model cannot be reached, refuses, reaches a limit, or never gives a valid scene.
    """
    given = edit.images()
    try:
        answer = ask(Question(system_prompt(EDIT), edit.data(), SceneContent, partial(problems, given=given)), settings)
    except ModelFailedError as error:
        if error.failure_class is FailureClass.BAD_STORYBOARD:
            raise ModelFailedError(FailureClass.BAD_SCENE, f"sceneOverrides: {error}") from error
        raise
    log("the model has edited the scene", left_out=len(answer.problems))
    return mended(answer.reply, given)
