"""The smallest video: one silent scene through the whole pipeline, to see that everything works."""

from __future__ import annotations

import asyncio
import secrets
from http import HTTPStatus

from videojob.spec import VideoJobSpec
from videojob.storyboard import Beat, Scene, Storyboard
from videojob.visuals import TitleVisual
from videotutor_api.problems import Problem
from videotutor_api.videojobs import VideoJobs

KEPT_SECONDS = 24 * 3600
"""After which a finished test video deletes itself."""

TEST_LABEL = "videotutor.dev/test"
"""Label of test videos, to count them."""

MAX_UNFINISHED = 10
"""Test videos at work at once: nobody signs for them, and each takes the place of a real one."""

RETRY_AFTER_SECONDS = 10
"""About what a test video takes."""


async def hello(videojobs: VideoJobs, turn: asyncio.Lock, greeting: str) -> str:
    """Start a video that shows the greeting; the answer is the VideoJob's name.

    `turn` makes counting and creating one step, for all calls of this process.

    Raises:
        Problem: 429 where too many are not finished yet.
    """
    name = f"hello-{secrets.token_hex(6)}"
    async with turn:
        if await videojobs.unfinished(TEST_LABEL, MAX_UNFINISHED) >= MAX_UNFINISHED:
            detail = f"{MAX_UNFINISHED} test videos are not finished yet; wait for one of them"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
        await videojobs.create(name, hello_spec(greeting), {TEST_LABEL: "hello"})
    return name


def hello_spec(greeting: str) -> VideoJobSpec:
    """One scene whose only beat says nothing: a pause of two seconds."""
    scene = Scene(id="hello", title="Hello", beats=(Beat(show=TitleVisual(text=greeting)),))
    storyboard = Storyboard(title=greeting, scenes=(scene,))
    return VideoJobSpec(storyboard=storyboard, ttl_seconds_after_finished=KEPT_SECONDS)
