"""Reads the bodies of requests: only so many at once, and none that is too long or too slow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Request

from videotutor_api.problems import Problem, unavailable

BUSY_SECONDS = 1
"""What a caller is told to wait when too many bodies are being read."""


@dataclass(frozen=True)
class Bound:
    """The most that is read of a body, in bytes, and for how long; a caller that drips it would hold its turn."""

    size: int
    seconds: float


async def read_in_turn(request: Request, turns: asyncio.Semaphore, bound: Bound) -> bytes:
    """The body, when it is its turn.

    Raises:
        Problem: 503 where all turns are taken, 413 and 408 where it is too long or too slow.
    """
    if turns.locked():
        raise unavailable("too many requests are being read", BUSY_SECONDS)
    async with turns:
        return await _read(request, bound)


async def _read(request: Request, bound: Bound) -> bytes:
    """The body, refused while it arrives as soon as it is too long."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > bound.size:
        raise _too_large(bound)
    body = bytearray()
    try:
        async with asyncio.timeout(bound.seconds):
            async for chunk in request.stream():
                if len(body) + len(chunk) > bound.size:
                    raise _too_large(bound)
                body += chunk
    except TimeoutError:
        detail = f"the body did not arrive within {bound.seconds:.0f} seconds"
        raise Problem(HTTPStatus.REQUEST_TIMEOUT, detail) from None
    return bytes(body)


def _too_large(bound: Bound) -> Problem:
    return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must have at most {bound.size} bytes; send less")
