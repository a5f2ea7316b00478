"""A proxy in front of an API server that counts requests and disturbs one of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, TCPConnector, web

from tests.chaos.faults import ANSWERS, KILLS_AFTER, KILLS_BEFORE, ON_WATCHES, Fault, Mode, Request, kind_of
from tests.chaos.upstream import Upstream

DELAY_SECONDS = 3.0
LONGEST_LINE = 2**22
"""Bytes; a watch sends each object as one line."""
OURS = {"host", "authorization", "accept-encoding", "content-length", "transfer-encoding", "connection"}
"""Headers that the proxy sets itself on what it passes on."""


class Proxy:
    """Passes requests on. `kill` is called with the name of the process that made the fateful request.

    Only requests of `counted` have numbers, so that a fault can be aimed at one of two processes, from some moment on;
    `seen` has them all.
    """

    def __init__(self, upstream: Upstream, fault: Fault | None, kill: Callable[[str], None]) -> None:
        self._upstream = upstream
        self._fault = fault
        self._kill = kill
        self._watches: set[asyncio.Task[None]] = set()
        self._session: ClientSession | None = None
        self.counted = ""
        self.seen: list[Request] = []
        self.hit: Request | None = None
        self.hit_at = 0.0
        self.last_at = 0.0

    async def take(self, incoming: web.Request) -> web.StreamResponse:
        """Answer one request; the first part of its path names the process that makes it."""
        who, path = incoming.match_info["who"], f"/{incoming.match_info['path']}"
        kind = kind_of(incoming.method, path, watch=incoming.query.get("watch") == "true")
        request = self._count(who, kind)
        mode = self._strikes(request)
        if mode in ON_WATCHES:
            for watch in tuple(self._watches):
                watch.cancel()
        return await self._disturbed(incoming, request, path, mode)

    @property
    def requests(self) -> tuple[Request, ...]:
        """Those that have a number, in order."""
        return tuple(request for request in self.seen if request.number)

    def _strikes(self, request: Request) -> Mode | None:
        """The mode of the fault if this is the request that it happens to: the first from the n-th on that it can."""
        if self._fault is None or self.hit or not request.number or request.number < self._fault.at:
            return None
        mode = self._fault.mode
        if (mode is Mode.GONE and not request.is_watch) or (
            mode in ON_WATCHES and not (self._watches or request.is_watch)
        ):
            return None
        self.hit, self.hit_at = request, asyncio.get_running_loop().time()
        return mode

    def _count(self, who: str, kind: str) -> Request:
        request = Request(len(self.requests) + 1 if who == self.counted else 0, who, kind)
        self.seen.append(request)
        if not request.is_watch and not kind.endswith(" leases"):
            self.last_at = asyncio.get_running_loop().time()
        return request

    async def _disturbed(
        self, incoming: web.Request, request: Request, path: str, mode: Mode | None
    ) -> web.StreamResponse:
        if mode is Mode.DELAY:
            await asyncio.sleep(DELAY_SECONDS)
        if mode in ANSWERS:
            return _status(ANSWERS[mode])
        if mode in KILLS_BEFORE:
            self._kill(request.who)
        if mode is Mode.DROP_BEFORE or mode in KILLS_BEFORE:
            return _dropped(incoming)
        try:
            async with self._pass_on(incoming, path) as answer:
                if mode is Mode.DROP_AFTER or mode in KILLS_AFTER:
                    if request.is_watch:
                        await web.StreamResponse().prepare(incoming)
                    else:
                        await answer.read()
                    if mode in KILLS_AFTER:
                        self._kill(request.who)
                    return _dropped(incoming)
                if request.is_watch and answer.status == HTTPStatus.OK:
                    return await self._watch(incoming, answer, disturbed=mode in ON_WATCHES)
                return _copy(answer, await answer.read())
        except ClientError:
            return _dropped(incoming)

    @asynccontextmanager
    async def _pass_on(self, incoming: web.Request, path: str) -> AsyncIterator[ClientResponse]:
        assert self._session, "the proxy is not served"
        headers = {name: value for name, value in incoming.headers.items() if name.lower() not in OURS}
        body, query = await incoming.read(), incoming.rel_url.query
        url = f"{self._upstream.server}{path}"
        async with self._session.request(
            incoming.method, url, params=query, headers=headers, data=body or None
        ) as answer:
            yield answer

    async def _watch(self, incoming: web.Request, answer: ClientResponse, *, disturbed: bool) -> web.StreamResponse:
        """Hand events over, line by line, until the watch is disturbed or ends by itself."""
        response = web.StreamResponse(headers={"content-type": answer.content_type})
        await response.prepare(incoming)
        handing_over = asyncio.create_task(_hand_over(answer, response))
        self._watches.add(handing_over)
        if disturbed:
            handing_over.cancel()
        try:
            await asyncio.wait({handing_over})
            if not handing_over.cancelled():
                handing_over.result()
            elif self._fault and self._fault.mode is Mode.FREEZE:
                await asyncio.Event().wait()
            else:
                gone = {"type": "ERROR", "object": _failure(HTTPStatus.GONE)}
                await response.write(json.dumps(gone).encode() + b"\n")
        finally:
            self._watches.discard(handing_over)
            handing_over.cancel()
        return response

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


async def _hand_over(answer: ClientResponse, response: web.StreamResponse) -> None:
    with suppress(ClientError, ConnectionResetError):
        async for line in answer.content:
            await response.write(line)


def _dropped(incoming: web.Request) -> web.Response:
    """Break the connection; what is returned reaches nobody."""
    if incoming.transport:
        incoming.transport.abort()
    return web.Response()


def _copy(answer: ClientResponse, body: bytes) -> web.Response:
    headers = {"content-type": answer.headers.get("content-type", "application/json")}
    return web.Response(status=answer.status, body=body, headers=headers)


def _status(code: HTTPStatus) -> web.Response:
    headers = {"retry-after": "1"} if code is HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.json_response(_failure(code), status=code, headers=headers)


def _failure(code: HTTPStatus) -> dict[str, object]:
    """What the API server's own refusals look like."""
    reason = {HTTPStatus.GONE: "Expired", HTTPStatus.GATEWAY_TIMEOUT: "Timeout"}.get(code, code.phrase.replace(" ", ""))
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": f"a fault of the harness: {code.phrase}",
        "reason": reason,
        "code": int(code),
    }
