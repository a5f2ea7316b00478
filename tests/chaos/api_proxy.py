"""The proxy between an operator and its API server, which can also disturb watches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, ClientResponse, web

from tests.chaos.faults import ANSWERS, ON_WATCHES, Mode
from tests.chaos.injector import Injector, Request, kind_of
from tests.chaos.proxy import Proxy
from tests.chaos.upstream import Upstream


class ApiProxy(Proxy):
    """Passes requests on to an API server, and the events of its watches back line by line."""

    def __init__(self, upstream: Upstream, injector: Injector, kill: Callable[[str], None]) -> None:
        super().__init__(upstream, injector, kill)
        self._watches: set[asyncio.Future[Mode]] = set()
        """One for each open watch; its result disturbs the watch."""

    async def _receive(self, incoming: web.Request) -> tuple[Request, Mode | None]:
        info = incoming.match_info
        kind = kind_of(incoming.method, info["path"], watch=incoming.query.get("watch") == "true")
        request = self.injector.count(info["who"], kind)
        mode = self.injector.strike(request, watching=bool(self._watches))
        if mode in ON_WATCHES:
            self.disturb_watches(mode)
        return request, mode

    def disturb_watches(self, mode: Mode) -> None:
        """Disturb every open watch in one of the modes of `ON_WATCHES`."""
        for watch in self._watches:
            watch.set_result(mode)
        self._watches.clear()

    def _answer(self, mode: Mode) -> web.Response:
        code = ANSWERS[mode]
        headers = {"retry-after": "1"} if code is HTTPStatus.TOO_MANY_REQUESTS else {}
        return web.json_response(_failure(code), status=code, headers=headers)

    async def _take_effect(self, incoming: web.Request, request: Request, answer: ClientResponse) -> None:
        if request.is_watch:
            await web.StreamResponse().prepare(incoming)
        else:
            await answer.read()

    async def _hand_back(
        self, incoming: web.Request, request: Request, answer: ClientResponse, mode: Mode | None
    ) -> web.StreamResponse:
        if not request.is_watch or answer.status != HTTPStatus.OK:
            return await super()._hand_back(incoming, request, answer, mode)
        response = web.StreamResponse(headers={"content-type": answer.content_type})
        await response.prepare(incoming)
        disturbance = mode if mode in ON_WATCHES else await self._copy_events(answer, response)
        if disturbance is Mode.FREEZE:
            await asyncio.Event().wait()
        if disturbance is Mode.EXPIRE:
            gone = {"type": "ERROR", "object": _failure(HTTPStatus.GONE)}
            await response.write(json.dumps(gone).encode() + b"\n")
        return response

    async def _copy_events(self, answer: ClientResponse, response: web.StreamResponse) -> Mode | None:
        """Copy events until the watch is disturbed (returns the mode) or ends by itself (returns None)."""
        disturbed: asyncio.Future[Mode] = asyncio.get_running_loop().create_future()
        self._watches.add(disturbed)
        copying = asyncio.create_task(_copy_lines(answer, response))
        try:
            either: set[asyncio.Future[Any]] = {copying, disturbed}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if disturbed.done():
                return disturbed.result()
            copying.result()
            return None
        finally:
            self._watches.discard(disturbed)
            copying.cancel()
            disturbed.cancel()


async def _copy_lines(answer: ClientResponse, response: web.StreamResponse) -> None:
    with suppress(ClientError, ConnectionResetError):
        async for line in answer.content:
            await response.write(line)


def _failure(code: HTTPStatus) -> dict[str, object]:
    """Return a `Status` as the API server writes it."""
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
