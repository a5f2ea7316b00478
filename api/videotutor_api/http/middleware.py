"""Around every request: an id, a log line, and a response to an unexpected error."""

from __future__ import annotations

import logging
import re
import time
import uuid
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from videotutor_api.http.problems import Problem
from videotutor_api.logs import request_id

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
PROBES = frozenset({"/health", "/ready"})
"""Requested every few seconds by the kubelet, so logged at DEBUG only."""


class RequestLogMiddleware:
    """ASGI middleware: gives each request an id (or keeps the caller's), logs it, responds to an unexpected error.

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
    """One request and its response."""

    def __init__(self, identity: str) -> None:
        self.identity = identity
        self.status: int | None = None
        self.started = time.monotonic()

    async def run(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = self.identity
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        except ClientDisconnect:
            log.info("client disconnected before the request body was read")
        except Exception:
            log.exception("unexpected error")
            if self.status is not None:
                raise
            await _unexpected(self.identity).response()(scope, receive, send_with_headers)
        finally:
            self._log(scope)

    def _log(self, scope: Scope) -> None:
        level = logging.DEBUG if scope["path"] in PROBES else logging.INFO
        milliseconds = round((time.monotonic() - self.started) * 1000, 1)
        fields = {"method": scope["method"], "path": scope["path"], "status": self.status, "milliseconds": milliseconds}
        log.log(level, "request", extra=fields)


def _unexpected(identity: str) -> Problem:
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        f"unexpected error; the log of the API has the details under the request id {identity}",
        kind="unexpected",
    )
