"""Reads the bodies of requests: bounded in size, time and memory, and by a minimum rate."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Request

from videotutor_api.http.problems import Problem, busy

SMALL = 64 * 2**10
"""Bytes that are read without a place. A generate request has 64 KiB at most (10,000 characters of 4 bytes, and
options); 1,024 incomplete requests (`connections.MAX_INCOMPLETE`) of this size hold 64 MiB."""

RATE = 4 * 2**10
"""Slowest rate of a body, bytes a second: a place costs its holder as much."""

GRACE_SECONDS = 2.0
"""Before the rate counts: a round trip for `Expect: 100-continue` and a retransmission."""


@dataclass(frozen=True)
class Bound:
    """Limits of a body: `size` in bytes, `seconds` for all of it."""

    size: int
    seconds: float


@dataclass(frozen=True)
class BodyReader:
    """Reads bodies of one kind. `places` bound how many large ones are read at once."""

    bound: Bound
    places: asyncio.Semaphore = field(repr=False)

    async def read(self, request: Request) -> bytes:
        """Read a body.

        Raises:
            Problem: 413 for a long one, 408 for a slow one, 503 where all places are taken.
        """
        self._check_declared(request)
        body = bytearray()
        async with AsyncExitStack() as place:
            try:
                async with asyncio.timeout(GRACE_SECONDS) as deadline:
                    start = asyncio.get_running_loop().time()
                    async for chunk in request.stream():
                        await self._take_in(body, chunk, place)
                        allowed = min(GRACE_SECONDS + len(body) / RATE, self.bound.seconds)
                        deadline.reschedule(start + allowed)
            except TimeoutError:
                raise self._too_slow() from None
        return bytes(body)

    async def _take_in(self, body: bytearray, chunk: bytes, place: AsyncExitStack) -> None:
        size = len(body) + len(chunk)
        if size > self.bound.size:
            raise self._too_large()
        if len(body) <= SMALL < size:
            if self.places.locked():
                raise busy("too many large requests are being read")
            await place.enter_async_context(self.places)
        body += chunk

    def _check_declared(self, request: Request) -> None:
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self.bound.size:
            raise self._too_large()

    def _too_large(self) -> Problem:
        detail = f"the body must have at most {self.bound.size} bytes; send less"
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, kind="body-too-large")

    def _too_slow(self) -> Problem:
        detail = (
            f"the body arrived too slowly: send it within {self.bound.seconds:.0f} seconds "
            f"and at {RATE} bytes a second or more"
        )
        return Problem(HTTPStatus.REQUEST_TIMEOUT, detail, kind="body-too-slow")
