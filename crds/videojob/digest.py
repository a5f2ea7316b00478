"""Digests: equal inputs have equal names, so that nothing is rendered twice."""

from __future__ import annotations

import hashlib
from typing import Any

from videojob.base import Model, canonical_json
from videojob.phases import Phase
from videojob.spec import Narration, Output, SceneOverride, VideoJobSpec
from videojob.status import VideoJobStatus
from videojob.storyboard import SceneContent

RENDERER_VERSION = "1"
"""Part of every digest. Raise it when the renderer draws or speaks the same scene differently."""

DIGEST_LENGTH = 16
"""Hex digits kept of a SHA-256: 64 bits; a namespace would need 2^32 scenes for a likely collision."""


def digest_of(value: Any) -> str:
    """The first 16 hex digits of the SHA-256 of a JSON value's canonical text; models go in as their JSON."""
    plain = value.to_json_object() if isinstance(value, Model) else value
    return hashlib.sha256(canonical_json(plain).encode()).hexdigest()[:DIGEST_LENGTH]


def content_digest(content: SceneContent) -> str:
    """Digest of what a scene tells and shows, without its id: the same scene elsewhere has the same digest."""
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
            "version": RENDERER_VERSION,
        }
    )


def is_planned(spec: VideoJobSpec, status: VideoJobStatus) -> bool:
    """Whether the plan in the status is that of this spec. What succeeded stays planned when the renderer changes."""
    if status.plan is None:
        return False
    return status.phase is Phase.SUCCEEDED or status.plan.key == plan_key(spec)


def scene_digest(
    content: str, override: SceneOverride | None, output: Output, narration: Narration, language: str | None
) -> str:
    """Digest of everything that a scene's picture and sound depend on; `content` is its content digest as planned.

    `language` is the storyboard's; where it has none, the output's is spoken.

    An override that gives the content in full counts as that content, so going back to it finds the old rendering.
    """
    if override and override.content:
        content = content_digest(override.content)
    return digest_of(
        {
            "content": content,
            "instruction": override.instruction if override else None,
            "output": output.to_json_object(),
            "narration": narration.to_json_object(),
            "language": language or output.language,
            "version": RENDERER_VERSION,
        }
    )


def join_key(title: str, scenes: list[str]) -> str:
    """Digest of the joined video: its title and its scenes' digests in order."""
    return digest_of({"title": title, "scenes": scenes, "version": RENDERER_VERSION})
