"""What the routers work with, made once when the API starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from videotutor_api.sessions import Sessions
from videotutor_api.settings import Settings
from videotutor_api.videojobs import VideoJobs

MAX_BODIES = 64
"""Bodies read at once: 64 MiB at most. Good ones arrive within milliseconds, so only dripping callers meet it."""

MAX_IMAGES = 4
"""Pictures read at once, for the same reason: 32 MiB at most. Only callers who know the secret get a turn."""


@dataclass(frozen=True)
class Parts:
    """The API's parts.

    `sessions` is None where no Convex is set; `bodies` are turns to read a webhook's body, `images` those to read a
    picture, `hello_turn` is the one to start a test video.
    """

    settings: Settings
    videojobs: VideoJobs
    sessions: Sessions | None
    bodies: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_BODIES))
    images: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_IMAGES))
    hello_turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def parts_of(request: Request) -> Parts:
    """The parts of the application that answers this request."""
    return cast("Parts", request.app.state.parts)


UsesParts = Annotated[Parts, Depends(parts_of)]
