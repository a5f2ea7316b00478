"""A real HTTP server that plays Convex's event action: it checks signatures, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import ClientConnectionResetError, web

from videojob.signatures import webhook_headers

SECRET = "the-callback-secret"

Misbehaviour = Callable[[web.Request], Awaitable[None]]
"""What a receiver does instead of answering properly; the connection is closed after it."""


class Receiver:
    """Answers with the first of `answers`, and with `usual` when there is none. `None`: never answers.

    The body of a 200 is `confirmation`, as the functions send it; the body of every other answer is `words`.
    """

    def __init__(self) -> None:
        self.answers: list[int | Misbehaviour | None] = []
        self.usual = 200
        self.confirmation = '{"outcome": "applied"}'
        self.words = '{"error": "refused"}'
        self.events: list[dict[str, Any]] = []
        self.tries: list[dict[str, Any]] = []
        self.unsigned = 0
        self.redirected = 0
        self._arrived = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        event = json.loads(body)
        await self._note(self.tries, event)
        if not signed(request, body):
            self.unsigned += 1
            return web.Response(status=401)
        answer = self.answers.pop(0) if self.answers else self.usual
        if answer is None:
            await asyncio.sleep(60)
        if callable(answer):
            await answer(request)
            _transport(request).close()
            return web.Response()
        if answer in {301, 302, 307, 308}:
            return web.Response(status=answer, headers={"location": "/elsewhere"})
        if answer == 200:
            await self._note(self.events, event)
            return web.Response(text=self.confirmation, content_type="application/json")
        return web.Response(text=self.words, status=answer or 500, content_type="application/json")

    async def elsewhere(self, _: web.Request) -> web.Response:
        self.redirected += 1
        return web.Response()

    async def _note(self, where: list[dict[str, Any]], event: dict[str, Any]) -> None:
        async with self._arrived:
            where.append(event)
            self._arrived.notify_all()

    async def got(self, count: int, *, tries: bool = False) -> list[dict[str, Any]]:
        """The events, or all tries, once there are so many."""
        where = self.tries if tries else self.events
        async with asyncio.timeout(10), self._arrived:
            await self._arrived.wait_for(lambda: len(where) >= count)
        return where


def _transport(request: web.Request) -> asyncio.WriteTransport:
    transport = request.transport
    assert isinstance(transport, asyncio.WriteTransport)
    return transport


async def hangs_up(request: web.Request) -> None:
    """Takes the report and closes the connection without a word."""
    _transport(request).close()


async def talks_nonsense(request: web.Request) -> None:
    """Answers with what is no HTTP."""
    _transport(request).write(b"\x16\x03\x01\x02\x00 SSH-2.0-nonsense\r\n\r\n")


async def breaks_off(request: web.Request) -> None:
    """Closes the connection in the middle of an answer."""
    _transport(request).write(b"HTTP/1.1 503 Busy\r\nContent-Length: 1000\r\n\r\nfor a moment")


async def drips(request: web.Request) -> None:
    """Begins an answer that says 200, a byte at a time, and never gets as far."""
    while not _transport(request).is_closing():
        _transport(request).write(b"H")
        await asyncio.sleep(0.01)


async def drips_words(request: web.Request) -> None:
    """Refuses at once and explains itself a byte at a time."""
    _transport(request).write(b"HTTP/1.1 503 Busy\r\nContent-Length: 100000\r\n\r\n")
    while not _transport(request).is_closing():
        _transport(request).write(b"z")
        await asyncio.sleep(0.01)


async def floods(request: web.Request) -> None:
    """Refuses with a body that has no end, for as long as anybody reads."""
    response = web.StreamResponse(status=500)
    await response.prepare(request)
    with suppress(ClientConnectionResetError):
        while True:
            await response.write(b"x" * 65536)


def signed(request: web.Request, body: bytes) -> bool:
    """Standard Webhooks: computed from what the headers claim, with a timestamp of the last minutes."""
    headers = request.headers
    identity, moment = headers.get("webhook-id", ""), int(headers.get("webhook-timestamp", "0"))
    expected = webhook_headers([SECRET], identity, moment, body)["webhook-signature"]
    fresh = abs(time.time() - moment) < 300
    return fresh and headers.get("webhook-signature") == expected and json.loads(body)["eventId"] == identity


@asynccontextmanager
async def served(receiver: Receiver, port: int = 0) -> AsyncIterator[str]:
    """Serve on the loopback interface; the value is the site URL."""
    app = web.Application()
    app.add_routes([web.post("/videotutor/events", receiver.take), web.post("/elsewhere", receiver.elsewhere)])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
