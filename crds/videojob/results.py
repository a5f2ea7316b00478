"""What a render container answers: one JSON object in its termination message."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from videojob.base import Model
from videojob.status import Failure

LIMIT = 4096
"""Bytes that Kubernetes keeps of a container's termination message."""

COMPRESSED = "zlib:"
GIVEN = "storyboard"
"""The planner of a storyboard that the spec gives in full."""

EXIT_BAD_INPUT = 65
"""EX_DATAERR of sysexits.h: the input is at fault, trying again would not help."""
EXIT_INTERNAL = 70
"""EX_SOFTWARE: the renderer is at fault."""
EXIT_TRY_AGAIN = 75
"""EX_TEMPFAIL: for example the store did not answer."""


class PlannedScene(Model):
    """A scene as planned; the digest is that of its content."""

    id: str
    title: str = ""
    digest: str


class PlanResult(Model):
    """A storyboard was written."""

    task: Literal["plan"] = "plan"
    planner: str
    title: str
    language: str | None = None
    storyboard: str
    scenes: tuple[PlannedScene, ...]
    note: str = ""


class SceneResult(Model):
    """A scene is in the store."""

    task: Literal["scene"] = "scene"
    scene_id: str
    title: str
    digest: str
    duration_seconds: float
    frames: int
    bytes: int
    sha256: str
    reused: bool = False


class StitchResult(Model):
    """A video is in the store, probed for validity."""

    task: Literal["stitch"] = "stitch"
    path: str
    duration_seconds: float
    bytes: int
    sha256: str
    width: int
    height: int
    frames_per_second: int
    chapters: int


class FailureResult(Model):
    """The task failed."""

    task: Literal["failure"] = "failure"
    error: Failure


Result = Annotated[PlanResult | SceneResult | StitchResult | FailureResult, Field(discriminator="task")]
AnyResult = PlanResult | SceneResult | StitchResult | FailureResult
_ADAPTER: TypeAdapter[AnyResult] = TypeAdapter(Result)


def encode_result(result: AnyResult) -> str:
    """The result as text of at most 4096 bytes.

    Compressed when it must be; when even that is too long (a plan of a hundred scenes), the scenes' titles are cut,
    the storyboard in the store keeps them whole. A storyboard that was given may have ids too long for that: then
    the scenes are left out, since the spec has them.
    """
    for longest_title in (200, 60, 30, 12, 0):
        text = _encode(result, longest_title)
        if len(text.encode()) <= LIMIT:
            return text
    if isinstance(result, PlanResult) and result.planner == GIVEN and result.scenes:
        return encode_result(result.model_copy(update={"scenes": ()}))
    raise ValueError(f"a result of {len(text)} bytes does not fit into a termination message of {LIMIT}")


def _encode(result: AnyResult, longest_title: int) -> str:
    value = result.to_json_object()
    if isinstance(result, PlanResult):
        value["scenes"] = [{**scene, "title": scene["title"][:longest_title]} for scene in value["scenes"]]
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    if len(text.encode()) <= LIMIT:
        return text
    return COMPRESSED + base64.b85encode(zlib.compress(text.encode(), 9)).decode()


def decode_result(message: str) -> AnyResult | None:
    """The result in a termination message, or None where the message is none (a crash, the kernel's words, nothing)."""
    try:
        text: Any = message
        if message.startswith(COMPRESSED):
            text = zlib.decompress(base64.b85decode(message.removeprefix(COMPRESSED)))
        return _ADAPTER.validate_json(text)
    except (ValidationError, ValueError, zlib.error):
        return None
