"""Around every request: an id, a log line, and an answer for what nobody expected."""

from __future__ import annotations

import logging
import re
import time
import uuid
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videotutor_api.logs import request_id
from videotutor_api.problems import Problem

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROBES = frozenset({"/health", "/ready"})
"""Asked every few seconds by the kubelet, so told at DEBUG only."""


class Requests:
    """ASGI middleware: gives each request an id (or keeps the caller's), logs it, answers an unexpected error.

    The error's traceback goes to the log, the caller gets the request's id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; other protocols pass through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        identity = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(identity)
        try:
            await _Exchange(identity).run(self.app, scope, receive, send)
        finally:
            request_id.reset(token)


class _Exchange:
    """One request and its answer."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.status: int | None = None
        self.started = time.monotonic()

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = self.identity
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await app(scope, receive, send_on)
        except ClientDisconnect:
            log.info("the caller left before its request was read")
        except Exception:
            log.exception("unexpected error")
            if self.status is not None:
                raise
            await _unexpected(self.identity).response()(scope, receive, send_on)
        finally:
            self._tell(scope)

    def _tell(self, scope: Scope) -> None:
        level = logging.DEBUG if scope["path"] in PROBES else logging.INFO
        milliseconds = round((time.monotonic() - self.started) * 1000, 1)
        told = {"method": scope["method"], "path": scope["path"], "status": self.status, "milliseconds": milliseconds}
        log.log(level, "request", extra=told)


def _unexpected(identity: str) -> Problem:
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"something unexpected happened; the log of the API tells it under the request id {identity}",
    )
