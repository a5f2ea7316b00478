"""What the routes work with, made once when the API starts."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, cast

from fastapi import Depends, Request

from videojob.images import MAX_BYTES
from videotutor_api.http.bodies import BodyReader, Bound
from videotutor_api.services.hello import HelloService
from videotutor_api.services.live import Live
from videotutor_api.settings import Settings
from videotutor_api.storage.artifacts import ArtifactStore
from videotutor_api.storage.convex_client import ConvexClient
from videotutor_api.storage.videojobs import VideoJobs

WEBHOOK = Bound(1 << 20, 10.0)
"""1 MiB. The largest sensible request, a scene given in full, has some 30 kB."""

PICTURE = Bound(MAX_BYTES, 60.0)
"""A minute for 8 MiB: a connection of 1 Mbit/s."""

MAX_LARGE_BODIES = 16
MAX_PICTURES = 4
"""Large bodies read at once: 16 MiB and 32 MiB at most."""


@dataclass(frozen=True)
class Services:
    """The parts of the API. `convex` is None where no Convex is configured."""

    settings: Settings
    videojobs: VideoJobs
    artifacts: ArtifactStore
    live: Live
    convex: ConvexClient | None
    hello: HelloService
    webhooks: BodyReader = field(default_factory=lambda: BodyReader(WEBHOOK, asyncio.Semaphore(MAX_LARGE_BODIES)))
    pictures: BodyReader = field(default_factory=lambda: BodyReader(PICTURE, asyncio.Semaphore(MAX_PICTURES)))

    @property
    def base(self) -> str:
        """Prefix of the addresses in responses: the public URL, or empty, which makes them relative to the request.

        The Host header is not used: a caller, or a cache between, could put any address into a response.
        """
        return (self.settings.public_url or "").rstrip("/")


def services_of(request: Request) -> Services:
    """The services of the application that handles this request."""
    return cast("Services", request.app.state.services)


async def _services(request: Request) -> Services:
    """The same as a coroutine: FastAPI runs functions in threads, which a store that hangs may hold."""
    return services_of(request)


ServicesDep = Annotated[Services, Depends(_services)]
