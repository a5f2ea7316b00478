"""Requests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from videojob.base import Model
from videojob.names import MAX_VIDEOJOB_NAME
from videojob.phases import Phase
from videojob.spec import MAX_PROMPT, ConvexId, Narration, Output, Planner, SceneOverride, VideoJobSpec
from videojob.storyboard import MAX_SCENES, Language, SceneContent, SceneId

NAME_PATTERN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"

MAX_PAGE = 100
"""Videos in one response."""

MAX_TOKEN = 4096
"""Longest `continue`; earlier versions passed on those of Kubernetes."""

MAX_ORDER = 2**53 - 1
"""Largest integer that JavaScript keeps exactly (ECMA-262, Number.MAX_SAFE_INTEGER)."""

LATEST_TIMESTAMP = 10**11
"""Seconds since 1970 until the year 5138; what is larger was meant in milliseconds."""


def _in_seconds(timestamp: int) -> int:
    if not 0 <= timestamp < LATEST_TIMESTAMP:
        raise ValueError("must be in seconds since 1970, not in milliseconds")
    return timestamp


def _possible_count(count: int) -> int:
    if not 1 <= count <= MAX_SCENES:
        raise ValueError(f"must be from 1 to {MAX_SCENES}, not {count}; set it to the number of scenes you want")
    return count


def _number(value: Any) -> Any:
    """Refuse JSON's true and "3", which Python converts to numbers."""
    if isinstance(value, bool | str):
        raise ValueError("must be a whole number, without quotes")  # noqa: TRY004 - pydantic asks for a ValueError
    return value


def _has_text(prompt: str) -> str:
    if not prompt.strip():
        raise ValueError("must contain text")
    return prompt


Name = Annotated[
    str, Field(pattern=NAME_PATTERN, max_length=MAX_VIDEOJOB_NAME, examples=["video-3f6a1c0b9d2e"], description="Name.")
]
Timestamp = Annotated[
    int,
    BeforeValidator(_number),
    AfterValidator(_in_seconds),
    WithJsonSchema({"type": "integer", "minimum": 0, "exclusiveMaximum": LATEST_TIMESTAMP}),
]
SceneCount = Annotated[
    int,
    BeforeValidator(_number),
    AfterValidator(_possible_count),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_SCENES}),
]
Prompt = Annotated[str, Field(max_length=MAX_PROMPT), AfterValidator(_has_text)]


Order = Annotated[
    int,
    BeforeValidator(_number),
    Field(ge=0, le=MAX_ORDER),
    WithJsonSchema({"type": "integer", "minimum": 0, "maximum": MAX_ORDER}),
]


class WebhookRequest(Model):
    """What every signed request has."""

    timestamp: Timestamp = Field(description="When it was signed: seconds since 1970, within 300 of now.")
    request_id: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None, description="The caller's own id: the same one again makes nothing new. Absent: the whole body."
    )


class GenerateRequest(WebhookRequest):
    """Make a video."""

    action: Literal["generate"] = Field(default="generate", description="What is signed; other values are refused.")
    project_id: ConvexId = Field(description="Convex id of the project.")
    session_id: ConvexId = Field(description="Convex id of the session that receives every change.")
    scene_count: SceneCount | None = Field(
        default=None, description=f"Requested number of scenes, 1 to {MAX_SCENES}; absent: the planner decides."
    )
    prompt: Prompt = Field(description="What the video should explain; or a Markdown outline of it.")
    planner: Planner = Field(default=Planner.AUTO, description="Who turns the prompt into a storyboard.")
    output: Output = Field(default_factory=Output, description="How the video looks.")
    narration: Narration = Field(default_factory=Narration, description="How the video sounds.")
    language: Language | None = Field(default=None, description="Short for output.language.")

    @model_validator(mode="after")
    def _one_language(self) -> GenerateRequest:
        if self.language and "language" in self.output.model_fields_set and self.language != self.output.language:
            raise PydanticCustomError("two_languages", "differs from output.language; send one", {"field": "language"})
        return self

    def spec(self) -> VideoJobSpec:
        """The spec of the requested VideoJob."""
        return VideoJobSpec(
            prompt=self.prompt,
            scene_count=self.scene_count,
            project_id=self.project_id,
            session_id=self.session_id,
            planner=self.planner,
            output=self.output.model_copy(update={"language": self.language}) if self.language else self.output,
            narration=self.narration,
        )


class OrderedRequest(WebhookRequest):
    """What every request about an existing video has."""

    action: str
    job_id: Name = Field(description="The `jobId` returned by POST /jobs/generate.")
    order: Order | None = Field(
        default=None,
        description="Rises with each request about this video: a request that arrives after a newer one about the same "
        "scene, or about the whole video, is superseded and changes nothing. Absent: the timestamp decides.",
    )
    project_id: ConvexId | None = Field(default=None, description="If given, the video must be of this project.")
    session_id: ConvexId | None = Field(default=None, description="If given, the video must be of this session.")


class CancelRequest(OrderedRequest):
    """End the work on a video."""

    action: Literal["cancel"] = Field(description="What is signed, so that the signature is good for nothing else.")


class RetryRequest(OrderedRequest):
    """Try again what failed, or continue what was cancelled."""

    action: Literal["retry"] = Field(description="What is signed, so that the signature is good for nothing else.")


class DeleteRequest(OrderedRequest):
    """Delete a video."""

    action: Literal["delete"] = Field(description="What is signed, so that the signature is good for nothing else.")


class EditRequest(OrderedRequest):
    """Change one scene of a video: only that scene and the stitching run again."""

    action: Literal["edit"] = Field(default="edit", description="What is signed; other values are refused.")
    scene_id: SceneId = Field(description="Id of the scene, as GET /videos/{name} lists it.")
    instruction: Annotated[str, Field(max_length=4000), AfterValidator(_has_text)] | None = Field(
        default=None, description="What should be different, in words or as an outline. `prompt` is another name of it."
    )
    content: SceneContent | None = Field(default=None, description="The scene's new content in full.")

    @model_validator(mode="before")
    @classmethod
    def _prompt_is_instruction(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "prompt" not in value:
            return value
        if "instruction" in value:
            raise PydanticCustomError("two_names", "is another name of instruction; send one", {"field": "prompt"})
        return {"instruction" if name == "prompt" else name: part for name, part in value.items()}

    @model_validator(mode="after")
    def _one_change(self) -> EditRequest:
        if (self.instruction is None) == (self.content is None):
            raise PydanticCustomError("one_change", "or content: send exactly one of the two", {"field": "instruction"})
        return self

    def override(self) -> SceneOverride:
        """The requested entry of spec.sceneOverrides."""
        return SceneOverride(scene=self.scene_id, instruction=self.instruction, content=self.content)


class ListQuery(Model):
    """Which videos to list."""

    limit: Annotated[int, Field(ge=1, le=MAX_PAGE)] = Field(default=50, description="How many at most.")
    continue_: Annotated[str, Field(max_length=MAX_TOKEN)] | None = Field(
        default=None, alias="continue", description="`continue` of the page before."
    )
    phase: Phase | None = Field(default=None, description="Only those in this phase.")
    session_id: ConvexId | None = Field(default=None, description="Only those of this session.")
