"""The smallest video: one silent scene through the whole pipeline, to see that everything works."""

from __future__ import annotations

import secrets

from videojob.spec import VideoJobSpec
from videojob.storyboard import Beat, Scene, Storyboard, TitleVisual
from videotutor_api.videojobs import VideoJobs

KEPT_SECONDS = 24 * 3600
"""After which a finished test video deletes itself."""


async def hello(videojobs: VideoJobs, greeting: str) -> str:
    """Start a video that shows the greeting; the answer is the VideoJob's name."""
    name = f"hello-{secrets.token_hex(6)}"
    await videojobs.create(name, hello_spec(greeting))
    return name


def hello_spec(greeting: str) -> VideoJobSpec:
    """One scene whose only beat says nothing: a pause of two seconds, and the edges of the scene."""
    scene = Scene(id="hello", title="Hello", beats=(Beat(show=TitleVisual(text=greeting)),))
    storyboard = Storyboard(title=greeting, scenes=(scene,))
    return VideoJobSpec(storyboard=storyboard, ttl_seconds_after_finished=KEPT_SECONDS)
