"""The typed storyboard: what a planner writes and the renderer draws.

A scene is a list of beats. A beat is spoken; what it shows appears when it starts and stays until the scene ends,
so the measured length of the speech is the clock of the animation.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from videojob.base import Model, keyed_by, rules

MAX_SCENES = 100
X_MIN, X_MAX = -5.0, 5.0
"""Ends of a plot's x axis where none are given."""
SCENE_ID_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?$"

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
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


class TitleVisual(Model):
    """A large title in the middle of the picture."""

    kind: Literal["title"] = "title"
    text: ShortText = Field(description="The title.")
    subtitle: ShortText | None = Field(default=None, description="A smaller line below it.")


class BulletsVisual(Model):
    """Points that appear one after the other."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[ShortText, ...] = Field(min_length=1, max_length=6, description="One to six points.")


class EquationVisual(Model):
    """A formula."""

    kind: Literal["equation"] = "equation"
    latex: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="The formula in LaTeX, without dollar signs."
    )


class PlotVisual(Model):
    """Curves of one variable, drawn from left to right."""

    model_config = rules(
        (
            f"(has(self.xMin) ? self.xMin : {X_MIN}) < (has(self.xMax) ? self.xMax : {X_MAX})",
            "xMin must be less than xMax",
        ),
        ("!has(self.yMin) || !has(self.yMax) || self.yMin < self.yMax", "yMin must be less than yMax"),
    )

    kind: Literal["plot"] = "plot"
    expressions: tuple[ShortText, ...] = Field(
        min_length=1, max_length=3, description="Functions of x, for example x^2 or sin(x)."
    )
    x_min: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(default=X_MIN, description="Left end of the x axis.")
    x_max: Annotated[float, Field(ge=-1e6, le=1e6)] = Field(default=X_MAX, description="Right end of the x axis.")
    y_min: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Lower end of the y axis; fitted when absent."
    )
    y_max: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Upper end of the y axis; fitted when absent."
    )
    caption: ShortText | None = Field(default=None, description="A line of text below the plot.")

    @model_validator(mode="after")
    def _ends_in_order(self) -> PlotVisual:
        if self.x_min >= self.x_max:
            raise ValueError("xMin must be less than xMax")
        if self.y_min is not None and self.y_max is not None and self.y_min >= self.y_max:
            raise ValueError("yMin must be less than yMax")
        return self


Visual = Annotated[TitleVisual | BulletsVisual | EquationVisual | PlotVisual, Field(discriminator="kind")]


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
    """What a scene tells and shows, without its identity: also what a scene override gives in full."""

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
