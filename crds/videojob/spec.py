"""The spec of a VideoJob: what a user requests."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from videojob.base import ExtendedModel, Model, added_field, keyed_by, rules
from videojob.storyboard import MAX_SCENES, Language, SceneContent, SceneId, Storyboard

MAX_PROMPT = 10_000
MAX_RAISED = 2_147_483_647
"""Most that `retry` and `rerun` may be: an int32, so that seconds since 1970 fit."""
WHITE_SPACE = r"\s\v\x1c-\x1f\x85\pZ"
"""What `str.strip` removes, as a class of RE2, whose \\s is ASCII only."""

REMOTE_VOICE = "openai:"
"""Prefix of the voices of the OpenAI-compatible speech endpoint."""

Raised = Annotated[int, Field(ge=0, le=MAX_RAISED)]
"""A number that starts an action each time it is raised."""
ConvexId = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9_;-]+$")]


def _immutable(field: str) -> tuple[str, str]:
    unchanged = f"has(self.{field}) == has(oldSelf.{field}) && (!has(self.{field}) || self.{field} == oldSelf.{field})"
    return unchanged, f"{field} cannot be changed: create another VideoJob"


class Planner(StrEnum):
    """Who turns the prompt into a storyboard."""

    AUTO = "auto"
    OUTLINE = "outline"
    TEMPLATE = "template"
    LLM = "llm"


class Resolution(StrEnum):
    """Pixels of the picture's short side."""

    P480 = "480p"
    P720 = "720p"
    P1080 = "1080p"
    P1440 = "1440p"
    P2160 = "2160p"

    @property
    def pixels(self) -> int:
        """The number."""
        return int(self.removesuffix("p"))


class Aspect(StrEnum):
    """Width to height of the picture."""

    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"


class Theme(StrEnum):
    """Colours of the picture."""

    CHALK = "chalk"
    PAPER = "paper"
    CONTRAST = "contrast"


class Output(Model):
    """How the video looks."""

    resolution: Resolution = Field(default=Resolution.P720, description="Pixels of the picture's short side.")
    draft: bool = Field(
        default=False,
        description="True: a faster preview in 480p, whatever the resolution. False again: rendered in full.",
    )
    aspect_ratio: Aspect = Field(default=Aspect.WIDE, description="Width to height: 9:16 for phones, 1:1 for feeds.")
    frames_per_second: Annotated[int, Field(ge=30, le=30)] = Field(
        default=30, description="Pictures per second. This version has 30 only: scenes are stitched without encoding."
    )
    theme: Theme = Field(default=Theme.CHALK, description="Colours of the picture.")
    language: Language = Field(default="en", description="Language of the narration and of the captions.")

    @property
    def short_side(self) -> int:
        """Pixels of the picture's short side."""
        return (Resolution.P480 if self.draft else self.resolution).pixels


class Narration(Model):
    """How the video sounds."""

    enabled: bool = Field(default=True, description="False: silent, with captions only.")
    voice: Annotated[str, Field(pattern=rf"^({REMOTE_VOICE})?[A-Za-z0-9_.+-]{{1,64}}$")] = Field(
        default="auto",
        description=(
            "auto: a neural voice where there is one for the language, else espeak-ng; espeak: always espeak-ng; "
            "the name of a neural voice; openai:<voice>: a voice of the speech endpoint."
        ),
    )


class SceneOverride(Model):
    """An edit of one scene: only that scene and the stitch task run again."""

    model_config = rules(
        ("!has(self.instruction) || !has(self.content)", "give instruction or content, not both"),
        (
            "has(self.instruction) || has(self.content) || has(self.rerun)",
            "give at least one of instruction, content and rerun",
        ),
    )

    scene: SceneId = Field(description="Id of the scene, as in status.scenes.")
    instruction: Annotated[str, Field(min_length=1, max_length=4000)] | None = Field(
        default=None,
        description="What should be different: in words where a language model is configured, or as an outline.",
    )
    content: SceneContent | None = Field(default=None, description="The scene's new content in full.")
    rerun: Raised | None = Field(
        default=None, description="Raise it to render this scene again, as it is or as edited; back to 0: as before."
    )

    @model_validator(mode="after")
    def _check_edit(self) -> SceneOverride:
        if self.instruction is not None and self.content is not None:
            raise ValueError("give instruction or content, not both")
        if self.instruction is None and self.content is None and self.rerun is None:
            raise ValueError("give at least one of instruction, content and rerun")
        return self


class Toleration(Model):
    """A Kubernetes toleration."""

    key: str | None = Field(default=None, max_length=317, description="Key of the taint; absent: every key.")
    operator: str | None = Field(
        default=None, pattern="^(Exists|Equal)$", description="How the value is compared; Equal when absent."
    )
    value: str | None = Field(default=None, max_length=63, description="Value of the taint.")
    effect: str | None = Field(
        default=None,
        pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$",
        description="Effect of the taint; absent: every effect.",
    )
    toleration_seconds: int | None = Field(
        default=None, description="How long a NoExecute taint is tolerated; absent: forever."
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


QUANTITY = r"^[+]?([0-9]+\.?[0-9]*|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?$"
Quantity = Annotated[
    str,
    BeforeValidator(_plain),
    Field(pattern=QUANTITY, max_length=32),
    WithJsonSchema({"x-kubernetes-int-or-string": True, "pattern": QUANTITY, "maxLength": 32}),
]
"""A Kubernetes quantity: 500m or 1Gi, or a bare number as in `cpu: 2`."""
MAX_RESOURCES = 16
LabelValue = Annotated[str, Field(max_length=63)]


class Resources(Model):
    """Kubernetes resource requests and limits, for example {cpu: 500m, memory: 1Gi}."""

    requests: dict[str, Quantity] = Field(
        default_factory=dict, max_length=MAX_RESOURCES, description="What the scheduler sets aside."
    )
    limits: dict[str, Quantity] = Field(
        default_factory=dict, max_length=MAX_RESOURCES, description="What the container may use at most."
    )


class PodTemplate(Model):
    """The allow-list of what a VideoJob may set on its pods."""

    resources: Resources | None = Field(default=None, description="Requests and limits of the render container.")
    node_selector: dict[str, LabelValue] = Field(
        default_factory=dict, max_length=32, description="Labels a node must have."
    )
    tolerations: tuple[Toleration, ...] = Field(default=(), max_length=16, description="Taints that are tolerated.")
    runtime_class_name: Annotated[str, Field(max_length=253)] | None = Field(
        default=None, description="A sandboxed runtime."
    )
    priority_class_name: Annotated[str, Field(max_length=253)] | None = Field(
        default=None, description="Scheduling priority."
    )


class VideoJobSpec(ExtendedModel):
    """A video to make, from a prompt or from a storyboard."""

    model_config = rules(
        ("has(self.prompt) != has(self.storyboard)", "give exactly one of prompt and storyboard"),
        (f"!has(self.prompt) || self.prompt.matches(r'[^{WHITE_SPACE}]')", "prompt must contain text"),
        _immutable("projectId"),
        _immutable("sessionId"),
    )

    prompt: Annotated[str, Field(min_length=1, max_length=MAX_PROMPT)] | None = Field(
        default=None, description="What the video should explain; or a Markdown outline of it."
    )
    storyboard: Storyboard | None = Field(default=None, description="The video in full, instead of a prompt.")
    scene_count: Annotated[int, Field(ge=1, le=MAX_SCENES)] | None = Field(
        default=None, description="Requested number of scenes; the planner may deviate, and status says why."
    )
    project_id: ConvexId | None = Field(default=None, description="Convex id of the project. Immutable.")
    session_id: ConvexId | None = Field(
        default=None, description="Convex id of the session that receives every change. Immutable."
    )
    planner: Planner = Field(default=Planner.AUTO, description="Who turns the prompt into a storyboard.")
    output: Output = Field(default_factory=Output, description="How the video looks.")
    narration: Narration = Field(default_factory=Narration, description="How the video sounds.")
    scene_overrides: tuple[SceneOverride, ...] = Field(
        default=(),
        max_length=MAX_SCENES,
        description="Edits of single scenes.",
        json_schema_extra=keyed_by("scene"),
    )
    suspend: bool = Field(default=False, description="True: no new pods, running ones end; false again: it continues.")
    cancel: bool = Field(
        default=False, description="True: whatever runs ends, a finished video stays; false again: it continues."
    )
    parallelism: Annotated[int, Field(ge=1, le=MAX_SCENES)] = Field(
        default=10, description="How many scenes render at once."
    )
    retry: Raised = Field(
        default=0, description="Raise it to try again what failed; what is finished is kept, and what runs continues."
    )
    rerun: Raised = Field(
        default=0, description="Raise it to make everything again, also what is finished; back to 0: the first video."
    )
    retries: Annotated[int, Field(ge=0, le=10)] = Field(
        default=2, description="How often a failed task is tried again."
    )
    fail_fast: bool = added_field(
        default=False,
        description="True: the first scene that fails for good ends the others; false: they are rendered.",
    )
    active_deadline_seconds: Annotated[int, Field(ge=10, le=604_800)] = Field(
        default=3600,
        description="Seconds that a task may run, from the start of its container; longer ones fail. "
        "Waiting for a place in the cluster does not count.",
    )
    ttl_seconds_after_finished: Annotated[int, Field(ge=0, le=31_536_000)] | None = Field(
        default=None, description="Seconds after which a finished VideoJob deletes itself; absent: never."
    )
    pod_template: PodTemplate = Field(default_factory=PodTemplate, description="What the pods of this video may set.")

    @model_validator(mode="after")
    def _one_source(self) -> VideoJobSpec:
        if (self.prompt is None) == (self.storyboard is None):
            raise ValueError("give exactly one of prompt and storyboard")
        return self

    @field_validator("prompt")
    @classmethod
    def _prompt_has_text(cls, prompt: str | None) -> str | None:
        if prompt is not None and not prompt.strip():
            raise ValueError("prompt must contain text")
        return prompt

    @field_validator("scene_overrides")
    @classmethod
    def _one_override_each(cls, overrides: tuple[SceneOverride, ...]) -> tuple[SceneOverride, ...]:
        repeated = sorted(name for name, count in Counter(o.scene for o in overrides).items() if count > 1)
        if repeated:
            raise ValueError(f"one override for each scene; repeated: {', '.join(repeated)}")
        return overrides

    def overrides(self) -> dict[str, SceneOverride]:
        """The edits by scene id."""
        return {override.scene: override for override in self.scene_overrides}


def merge_override(overrides: list[dict[str, Any]], new: SceneOverride) -> list[dict[str, Any]]:
    """`spec.sceneOverrides` as JSON with one scene's entry replaced or added at the end, the others in their order.

    An earlier entry's `rerun` stays unless the new one has its own: without it an older rendering would come back.
    """
    before = next((entry for entry in overrides if entry.get("scene") == new.scene), {})
    kept = [entry for entry in overrides if entry is not before]
    rerun = {"rerun": before["rerun"]} if "rerun" in before else {}
    return [*kept, {**rerun, **new.to_json_object()}]
