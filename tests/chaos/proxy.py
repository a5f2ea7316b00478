"""A proxy in front of a server that counts the requests to it and disturbs those that the injector selects."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, web

from tests.chaos.faults import ANSWERS, DELAYS, DROPS_AFTER, DROPS_BEFORE, KILLS_AFTER, KILLS_BEFORE, Mode
from tests.chaos.injector import Injector, Request
from tests.chaos.upstream import Upstream

DELAY_SECONDS = 3.0
LONGEST_LINE = 2**22
"""Bytes; a watch sends each object as one line."""
OURS = {"host", "authorization", "accept-encoding", "content-length", "transfer-encoding", "connection"}
"""Headers that the proxy sets itself on what it passes on."""


class Proxy(ABC):
    """Passes requests on. `kill` is called with the name of the process that made the request which a kill hits."""

    def __init__(self, upstream: Upstream, injector: Injector, kill: Callable[[str], None]) -> None:
        self._upstream = upstream
        self._kill = kill
        self._session: ClientSession | None = None
        self.injector = injector

    @abstractmethod
    async def _receive(self, incoming: web.Request) -> tuple[Request, Mode | None]:
        """Count a request by the name of its process, `who` in the path; the mode is that of the fault that hits it."""

    @abstractmethod
    def _answer(self, mode: Mode) -> web.Response:
        """Answer in the server's place, for the modes in `ANSWERS`."""

    async def take(self, incoming: web.Request) -> web.StreamResponse:
        """Answer one request; the first part of its path names the process that makes it."""
        request, mode = await self._receive(incoming)
        if mode in DELAYS:
            await asyncio.sleep(DELAY_SECONDS)
        if mode in ANSWERS:
            return self._answer(mode)
        if mode in KILLS_BEFORE:
            self._kill(request.who)
        if mode in DROPS_BEFORE | KILLS_BEFORE:
            return drop(incoming)
        try:
            async with self._pass_on(incoming) as answer:
                if mode in DROPS_AFTER | KILLS_AFTER:
                    await self._take_effect(incoming, request, answer)
                    if mode in KILLS_AFTER:
                        self._kill(request.who)
                    return drop(incoming)
                return await self._hand_back(incoming, request, answer, mode)
        except ClientError:
            return drop(incoming)

    async def _take_effect(self, _incoming: web.Request, _request: Request, answer: ClientResponse) -> None:
        """Wait until the server has carried the request out."""
        await answer.read()

    async def _hand_back(
        self, _incoming: web.Request, _request: Request, answer: ClientResponse, _mode: Mode | None
    ) -> web.StreamResponse:
        """Give the server's answer to the client."""
        headers = {"content-type": answer.headers.get("content-type", "application/json")}
        return web.Response(status=answer.status, body=await answer.read(), headers=headers)

    @asynccontextmanager
    async def _pass_on(self, incoming: web.Request) -> AsyncIterator[ClientResponse]:
        assert self._session, "the proxy is not served"
        headers = {name: value for name, value in incoming.headers.items() if name.lower() not in OURS}
        body, query = await incoming.read(), incoming.rel_url.query
        url = f"{self._upstream.server}/{incoming.match_info['path']}"
        async with self._session.request(
            incoming.method, url, params=query, headers=headers, data=body or None
        ) as answer:
            yield answer

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve on the loopback interface; the value is the address, to which a process adds its name."""
        app = web.Application(client_max_size=LONGEST_LINE)
        app.router.add_route("*", "/{who}/{path:.*}", self.take)
        runner = web.AppRunner(
            app, access_log=None, handle_signals=False, shutdown_timeout=0.1, handler_cancellation=True
        )
        connector = TCPConnector(ssl=self._upstream.tls, limit=0)
        timeout = ClientTimeout(total=None, connect=10)
        async with ClientSession(connector=connector, timeout=timeout, read_bufsize=LONGEST_LINE) as self._session:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            try:
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()


def drop(incoming: web.Request) -> web.Response:
    """Break the connection; the returned response is not sent."""
    if incoming.transport:
        incoming.transport.abort()
    return web.Response()
