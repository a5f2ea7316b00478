"""The proxy between an operator and Convex."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus

from aiohttp import ClientResponse, web

from tests.chaos.faults import ANSWERS, Mode
from tests.chaos.injector import REPORT, Request
from tests.chaos.proxy import Proxy

BODIES = {
    Mode.CONVEX_NOT_FOUND: "No matching routes found",
    Mode.CONVEX_NO_SESSION: '{"outcome": "unknown session"}',
}
"""What Convex answers with where its words decide what the operator does."""


class ConvexProxy(Proxy):
    """Passes reports on to Convex."""

    async def _receive(self, incoming: web.Request) -> tuple[Request, Mode | None]:
        body = await incoming.read()
        request = self.injector.count(incoming.match_info["who"], f"{REPORT}{json.loads(body)['phase']}")
        mode = self.injector.strike(request)
        if mode is Mode.CONVEX_HANG:
            await asyncio.Event().wait()
        return request, mode

    def _answer(self, mode: Mode) -> web.Response:
        code = ANSWERS[mode]
        headers = {"retry-after": "1"} if code is HTTPStatus.TOO_MANY_REQUESTS else {}
        return web.Response(status=code, text=BODIES.get(mode, "a fault of the harness"), headers=headers)

    async def _hand_back(
        self, incoming: web.Request, request: Request, answer: ClientResponse, mode: Mode | None
    ) -> web.StreamResponse:
        if mode is not Mode.CONVEX_CUT:
            return await super()._hand_back(incoming, request, answer, mode)
        await answer.read()
        transport = incoming.transport
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"HTTP/1.1 2")
        transport.close()
        return web.Response()
