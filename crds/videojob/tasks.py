"""The task of a render container, and its encoding in environment variables of its pod."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Annotated, Literal, TypedDict, Unpack

from pydantic import Field, TypeAdapter

from videojob.base import ExtendedModel, added_field
from videojob.digest import LEGACY_VERSION
from videojob.spec import Narration, Output, Planner, SceneOverride, VideoJobSpec
from videojob.storyboard import Storyboard

ENV_PREFIX = "VIDEOTUTOR_TASK_"

CHUNK = 60_000
"""Bytes of one variable; Linux allows 128 KiB for one string of an environment (MAX_ARG_STRLEN, execve(2))."""
LARGEST_TASK = 16 * 2**20
"""Limit of a decompressed task in bytes; an object of Kubernetes, and so its storyboard, has at most 1.5 MiB."""


class VersionedTask(ExtendedModel):
    """The renderer that a task is for."""

    version: str = added_field(LEGACY_VERSION, "The renderer's version; other versions refuse the task.")


class PlanTask(VersionedTask):
    """Make a storyboard."""

    task: Literal["plan"] = "plan"
    namespace: str
    key: str
    prompt: str | None = None
    storyboard: Storyboard | None = None
    scene_count: int | None = None
    planner: Planner = Planner.AUTO
    language: str = "en"

    @classmethod
    def of(cls, spec: VideoJobSpec, namespace: str, *, key: str, version: str) -> PlanTask:
        """The plan task of a spec; `key` is its digest, `videojob.digest.plan_key`."""
        return cls(
            version=version,
            namespace=namespace,
            key=key,
            prompt=spec.prompt,
            storyboard=spec.storyboard,
            scene_count=spec.scene_count,
            planner=spec.planner,
            language=spec.output.language,
        )


class SceneIdentity(TypedDict):
    """Input of a scene's task besides the spec; `storyboard` is the key of the plan's in the store."""

    version: str
    namespace: str
    storyboard: str
    digest: str


class SceneTask(VersionedTask):
    """Render one scene."""

    task: Literal["scene"] = "scene"
    namespace: str
    digest: str
    storyboard: str
    scene_id: str
    override: SceneOverride | None = None
    output: Output
    narration: Narration

    @classmethod
    def of(cls, spec: VideoJobSpec, scene_id: str, **identity: Unpack[SceneIdentity]) -> SceneTask:
        """The task of a scene of a spec."""
        return cls(
            scene_id=scene_id,
            **identity,
            override=spec.overrides().get(scene_id),
            output=spec.output,
            narration=spec.narration,
        )


class StitchTask(VersionedTask):
    """Stitch the scenes of a video, in order, given by their digests."""

    task: Literal["stitch"] = "stitch"
    namespace: str
    name: str
    key: str
    title: str
    scenes: tuple[str, ...]
    output: Output


Task = Annotated[PlanTask | SceneTask | StitchTask, Field(discriminator="task")]
_ADAPTER: TypeAdapter[PlanTask | SceneTask | StitchTask] = TypeAdapter(Task)


def encode_env(task: PlanTask | SceneTask | StitchTask) -> dict[str, str]:
    """The task as environment variables.

    Compressed, since a storyboard may exceed what one variable holds; in base64, since Kubernetes expands
    `$(NAME)` in values and user text must not change.
    """
    raw = json.dumps(task.to_json_object(), separators=(",", ":"), ensure_ascii=False).encode()
    text = base64.b64encode(zlib.compress(raw, 9)).decode()
    return {f"{ENV_PREFIX}{i}": text[start : start + CHUNK] for i, start in enumerate(range(0, len(text), CHUNK))}


class OtherVersionError(Exception):
    """The task is for a renderer of another version."""


def decode_env(environment: Mapping[str, str], version: str) -> PlanTask | SceneTask | StitchTask:
    """The task of this container, whose renderer has this version; unknown fields are ignored.

    Raises:
        KeyError: no task is set.
        OtherVersionError: it is for another version of the renderer.
        ValueError: the task is damaged, or does not fit its model.
    """
    names = sorted((n for n in environment if n.startswith(ENV_PREFIX)), key=lambda n: int(n.removeprefix(ENV_PREFIX)))
    if not names:
        raise KeyError(f"{ENV_PREFIX}0")
    packed = base64.b64decode("".join(environment[name] for name in names))
    try:
        raw = json.loads(zlib.decompressobj().decompress(packed, LARGEST_TASK))
    except zlib.error as error:
        raise ValueError(str(error)) from error
    wanted = raw.get("version", LEGACY_VERSION) if isinstance(raw, dict) else version
    if wanted != version:
        raise OtherVersionError(
            f"The task is for version {wanted} of the renderer, but this image is version {version}. Set "
            "images.renderer to the image of the operator's version; then raise spec.rerun to make the video again."
        )
    return _ADAPTER.validate_python(raw, extra="ignore")
