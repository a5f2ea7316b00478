"""Digests: equal inputs have equal names, so that nothing is rendered twice.

They are stable between versions: fields of the first version always count, later ones only where they
differ from their default (`base.ExtendedModel`), and the renderer's version is an argument, kept for each video.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from videojob.base import Model, canonical_json
from videojob.spec import SceneOverride, VideoJobSpec
from videojob.status import VideoJobStatus
from videojob.storyboard import MAX_SCENES, SceneContent

RENDERER_VERSION = "3"
"""Part of the digests of scenes and videos. Raise it when the renderer draws or speaks the same scene differently."""

LEGACY_VERSION = "3"
"""The renderer's version where none is recorded: operators up to 092fef3 recorded none, and the last was this one."""

DIGEST_LENGTH = 16
"""Hex digits kept of a SHA-256: 64 bits; a namespace would need 2^32 scenes for a likely collision."""


def versions_before(version: str) -> tuple[str, ...]:
    """The last twenty of the renderer's versions before this one, newest first."""
    if not version.isdecimal():
        return (LEGACY_VERSION,)
    newest = min(int(version), 10**6)  # a status may hold anything
    return tuple(str(number) for number in range(newest - 1, max(int(LEGACY_VERSION), newest - 20) - 1, -1))


def digest_of(value: Any) -> str:
    """The first 16 hex digits of the SHA-256 of a JSON value's canonical text; models go in as their JSON."""
    return _digest(canonical_json(value.to_json_object() if isinstance(value, Model) else value))


def _digest(canonical: str) -> str:
    return hashlib.sha256(canonical.encode()).hexdigest()[:DIGEST_LENGTH]


@lru_cache(maxsize=2 * MAX_SCENES)
def content_digest(content: SceneContent) -> str:
    """Digest of a scene's content, without its id: the same scene elsewhere has the same digest.

    Cached: each pass needs it for each edited scene.
    """
    return digest_of(SceneContent(title=content.title, beats=content.beats))


def plan_key(spec: VideoJobSpec) -> str:
    """Digest of everything the plan depends on."""
    return digest_of(
        {
            "prompt": spec.prompt,
            "storyboard": spec.storyboard.to_json_object() if spec.storyboard else None,
            "sceneCount": spec.scene_count,
            "planner": spec.planner.value,
            "language": spec.output.language,
            "version": LEGACY_VERSION,  # a constant: another renderer does not cause another plan
            **({"rerun": spec.rerun} if spec.rerun else {}),
        }
    )


def work_key(spec: VideoJobSpec) -> str:
    """Digest of the spec without the time to live."""
    fields = spec.to_json_object()
    fields.pop("ttlSecondsAfterFinished", None)
    return digest_of(fields)


def scene_digests(
    spec: VideoJobSpec, language: str | None, contents: Mapping[str, str], version: str = RENDERER_VERSION
) -> dict[str, str]:
    """Digests of everything that the scenes' picture and sound depend on, by scene; `version` is the renderer's.

    `contents` are their content digests as planned, `language` is the storyboard's; where it has none, the output's
    is spoken. An override with `content` counts as that content, so that going back to it finds the old
    rendering. What the scenes share is digested once.
    """
    common = digest_of(
        {
            "language": language or spec.output.language,
            "narration": spec.narration.to_json_object(),
            "output": spec.output.to_json_object(),
            "rerun": spec.rerun,
            "version": version,
        }
    )
    overrides = spec.overrides()
    return {scene: _scene_digest(common, content, overrides.get(scene)) for scene, content in contents.items()}


def _scene_digest(common: str, content: str, override: SceneOverride | None) -> str:
    """Its parts one after the other; the only one with arbitrary text, slashes too, comes last."""
    if override is None:
        return _digest(f"{common}/{content}")
    if override.content:
        content = content_digest(override.content)
    again, instruction = override.rerun or 0, override.instruction or ""
    return _digest(f"{common}/{content}/{again}/{instruction}" if again or instruction else f"{common}/{content}")


def stitch_key(title: str, scenes: list[str], version: str = RENDERER_VERSION) -> str:
    """Digest of the stitched video: its title, its scenes' digests in order, and the renderer's version."""
    return digest_of({"title": title, "scenes": scenes, "version": version})


def video_key(status: VideoJobStatus, version: str = "") -> str:
    """Digest of the video of a VideoJob's current scenes; empty without a plan.

    `version`: the renderer's; by default the one that the status has recorded.
    """
    if status.plan is None:
        return ""
    version = version or (status.renderer.version if status.renderer else LEGACY_VERSION)
    return stitch_key(status.plan.title, [scene.digest for scene in status.scenes], version)
