"""The result of a render container: one JSON object in its termination message.

The container handles users' texts and may be of another version, so its result is not trusted: unknown fields are
ignored, texts cut, and invalid ids, paths and numbers refused.
"""

from __future__ import annotations

import base64
import json
import zlib
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from videojob.base import LARGEST_INT, Model, truncate
from videojob.status import Failure, Note, Seconds, Title
from videojob.storyboard import MAX_SCENES, SceneId

LIMIT = 4096
"""Bytes that Kubernetes keeps of a container's termination message."""
LARGEST_TEXT = 64 * 1024
"""Limit of a decompressed result in bytes; a plan of a hundred scenes takes some 30,000."""

COMPRESSED = "zlib:"
GIVEN = "storyboard"
"""The planner of a storyboard that the spec gives in full."""

EXIT_BAD_INPUT = 65
"""EX_DATAERR of sysexits.h: the input is at fault, a retry would fail again."""
EXIT_INTERNAL = 70
"""EX_SOFTWARE: the renderer is at fault."""
EXIT_TRY_AGAIN = 75
"""EX_TEMPFAIL: for example the store did not answer."""


Digest = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$")]
"""Also the value of a label, so it follows its rules (RFC 1123, at most 63 characters)."""
StoreKey = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$", max_length=512)
]
"""A relative path in the artifact store, no part of which begins with a dot."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Number = Annotated[int, Field(ge=0, le=LARGEST_INT)]
Word = Annotated[str, Field(max_length=64), truncate(64)]


class PlannedScene(Model):
    """A scene as planned; the digest is that of its content."""

    id: SceneId
    title: Title = ""
    digest: Digest


class PlanResult(Model):
    """A storyboard was written."""

    task: Literal["plan"] = "plan"
    planner: Word
    title: Title
    language: Word | None = None
    storyboard: StoreKey
    scenes: Annotated[tuple[PlannedScene, ...], Field(max_length=MAX_SCENES)]
    note: Note = ""


class SceneResult(Model):
    """A scene is in the store."""

    task: Literal["scene"] = "scene"
    scene_id: SceneId
    title: Title
    digest: Digest
    duration_seconds: Seconds
    frames: Number
    bytes: Number
    sha256: Sha256
    reused: bool = False


class StitchResult(Model):
    """A video is in the store, probed for validity."""

    task: Literal["stitch"] = "stitch"
    path: StoreKey
    duration_seconds: Seconds
    bytes: Number
    sha256: Sha256
    width: Number
    height: Number
    frames_per_second: Number
    chapters: Number


class FailureResult(Model):
    """The task failed."""

    task: Literal["failure"] = "failure"
    error: Failure


Result = Annotated[PlanResult | SceneResult | StitchResult | FailureResult, Field(discriminator="task")]
AnyResult = PlanResult | SceneResult | StitchResult | FailureResult
_ADAPTER: TypeAdapter[AnyResult] = TypeAdapter(Result)


def encode_result(result: AnyResult) -> str:
    """The result as text of at most 4096 bytes.

    Compressed where needed; where that is still too long (a plan of a hundred scenes), the scenes' titles are cut; the
    storyboard in the store has them in full. A storyboard of the spec may have longer ids: then the scenes are left
    out, since the spec has them.
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


class BadResultError(Exception):
    """A termination message is not a result; the message names the field and the error."""


def decode_result(message: str) -> AnyResult:
    """The result in a termination message.

    Raises:
        BadResultError: it has no result (a crash, another text, nothing), or an invalid one.
    """
    try:
        return _ADAPTER.validate_json(_unpack(message), extra="ignore")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadResultError(f"{'.'.join(map(str, first['loc'])) or 'answer'}: {first['msg']}") from None
    except (ValueError, zlib.error):
        raise BadResultError("it is not compressed JSON") from None


def _unpack(message: str) -> str | bytes:
    if not message.startswith(COMPRESSED):
        return message
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(base64.b85decode(message.removeprefix(COMPRESSED)), LARGEST_TEXT)
    if unpacker.unconsumed_tail:
        raise BadResultError(f"it unpacks to more than {LARGEST_TEXT} bytes")
    return text
