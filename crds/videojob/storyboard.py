"""The typed storyboard: what a planner writes and the renderer draws.

A scene is a list of beats. A beat is spoken; what it shows appears when it starts and stays until the scene ends,
so the measured length of the speech is the clock of the animation.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from videojob.base import Model, keyed_by, rules
from videojob.visuals import Visual
from videojob.visuals.base import ShortText

MAX_SCENES = 100
SCENE_ID_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$"

SceneId = Annotated[
    str, Field(pattern=SCENE_ID_PATTERN, description="Lower-case letters, digits and dashes, at most 30.")
]
Language = Annotated[
    str,
    Field(
        pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
        max_length=35,
        description="BCP 47 language tag, for example en or pt-BR.",
    ),
]


class Beat(Model):
    """One spoken passage and what appears with it."""

    model_config = rules(("(has(self.say) && self.say != '') || has(self.show)", "a beat needs say, show or both"))

    say: Annotated[str, Field(max_length=1000)] = Field(
        default="", description="What is spoken; empty: a pause of two seconds."
    )
    show: Visual | None = Field(default=None, description="What appears when the beat starts and stays.")

    @model_validator(mode="after")
    def _not_empty(self) -> Beat:
        if not self.say and self.show is None:
            raise ValueError("a beat needs say, show or both")
        return self


class SceneContent(Model):
    """Content of a scene without its identity; also of a scene override."""

    title: ShortText = Field(description="Shown at the top of the scene and as its chapter.")
    beats: tuple[Beat, ...] = Field(min_length=1, max_length=24, description="What is said and shown, in order.")


class Scene(SceneContent):
    """One scene of a storyboard."""

    id: SceneId = Field(description="Unique in the storyboard.")

    def content(self) -> SceneContent:
        """The scene without its identity."""
        return SceneContent(title=self.title, beats=self.beats)


class Storyboard(Model):
    """A whole video."""

    title: ShortText = Field(description="Title of the video.")
    language: Language | None = Field(default=None, description="Language of the narration; the output's when absent.")
    scenes: tuple[Scene, ...] = Field(
        min_length=1, max_length=MAX_SCENES, description="The scenes, in order.", json_schema_extra=keyed_by("id")
    )

    @field_validator("scenes")
    @classmethod
    def _unique_ids(cls, scenes: tuple[Scene, ...]) -> tuple[Scene, ...]:
        repeated = sorted(name for name, count in Counter(scene.id for scene in scenes).items() if count > 1)
        if repeated:
            raise ValueError(f"scene ids must be unique; repeated: {', '.join(repeated)}")
        return scenes
