"""A real HTTP server that plays Convex's event action: it checks signatures, and misbehaves when told to."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from videojob.signatures import webhook_headers

SECRET = "the-callback-secret"


class Receiver:
    """Answers with the first of `answers`, and with 200 when there is none. `None`: never answers."""

    def __init__(self) -> None:
        self.answers: list[int | None] = []
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
        answer = self.answers.pop(0) if self.answers else 200
        if answer is None:
            await asyncio.sleep(60)
        if answer in {301, 302, 307, 308}:
            return web.Response(status=answer, headers={"location": "/elsewhere"})
        if answer == 200:
            await self._note(self.events, event)
        return web.json_response({"outcome": "applied"}, status=answer or 500)

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


def signed(request: web.Request, body: bytes) -> bool:
    """Standard Webhooks: computed from what the headers claim, with a timestamp of the last minutes."""
    headers = request.headers
    identity, moment = headers.get("webhook-id", ""), int(headers.get("webhook-timestamp", "0"))
    expected = webhook_headers(SECRET, identity, moment, body)["webhook-signature"]
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
