"""What a render container is told to do, and how it travels: as environment variables of its pod."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from videojob.base import Model
from videojob.spec import Narration, Output, Planner, SceneOverride, VideoJobSpec
from videojob.storyboard import Storyboard

ENV_PREFIX = "VIDEOTUTOR_TASK_"

CHUNK = 60_000
"""Bytes of one variable; Linux allows 128 KiB for one string of an environment (MAX_ARG_STRLEN, execve(2))."""


class PlanTask(Model):
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
    def of(cls, spec: VideoJobSpec, namespace: str, key: str) -> PlanTask:
        """The plan that a spec asks for; `key` is its digest, `videojob.digest.plan_key`."""
        return cls(
            namespace=namespace,
            key=key,
            prompt=spec.prompt,
            storyboard=spec.storyboard,
            scene_count=spec.scene_count,
            planner=spec.planner,
            language=spec.output.language,
        )


class SceneTask(Model):
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
    def of(cls, spec: VideoJobSpec, namespace: str, storyboard: str, scene_id: str, digest: str) -> SceneTask:
        """A scene that a spec asks for; `storyboard` is the key of the plan's in the store."""
        return cls(
            namespace=namespace,
            digest=digest,
            storyboard=storyboard,
            scene_id=scene_id,
            override=spec.overrides().get(scene_id),
            output=spec.output,
            narration=spec.narration,
        )


class StitchTask(Model):
    """Join the scenes of a video, in order, given by their digests."""

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
    `$(NAME)` in values and user text must stay as it is.
    """
    raw = json.dumps(task.to_json_object(), separators=(",", ":"), ensure_ascii=False).encode()
    text = base64.b64encode(zlib.compress(raw, 9)).decode()
    return {f"{ENV_PREFIX}{i}": text[start : start + CHUNK] for i, start in enumerate(range(0, len(text), CHUNK))}


def decode_env(environment: Mapping[str, str]) -> PlanTask | SceneTask | StitchTask:
    """The task of this container.

    Raises:
        KeyError: no task is set.
        pydantic.ValidationError: the task does not fit its model.
    """
    names = sorted((n for n in environment if n.startswith(ENV_PREFIX)), key=lambda n: int(n.removeprefix(ENV_PREFIX)))
    if not names:
        raise KeyError(f"{ENV_PREFIX}0")
    raw = zlib.decompress(base64.b64decode("".join(environment[name] for name in names)))
    return _ADAPTER.validate_json(raw)
