"""How many requests are answered at once, by kind, so that one kind never takes the places of another."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum

from starlette.types import ASGIApp, Receive, Scope, Send

from videotutor_api.http.problems import busy

FILE = re.compile(r"/videos/[^/]+/.+")


class Kind(StrEnum):
    """Kinds of requests."""

    WEBHOOK = "webhook"
    STREAM = "stream"
    READ = "read"


PLACES = {Kind.WEBHOOK: 1280, Kind.STREAM: 512, Kind.READ: 256}
"""Requests of a kind at once. A webhook holds its place while its body arrives: more than
`connections.MAX_INCOMPLETE`, so that slow bodies alone never take all of them. Files and reads hold theirs until the
client has read them: more than `connections.MAX_STALLED`. A stream holds some 200 kB of buffers, and 256 kB of the
kernel's; all of them some 230 MB."""


def kind_of(path: str) -> Kind:
    """The kind of a request by its path; `FILE` is what may take as long as a video lasts."""
    if path.startswith(("/jobs/", "/images/")):
        return Kind.WEBHOOK
    return Kind.STREAM if FILE.fullmatch(path) else Kind.READ


class LimitsMiddleware:
    """ASGI middleware: responds 503 to requests beyond the places of their kind."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._taken: Counter[Kind] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; other protocols pass through."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        kind = kind_of(scope["path"])
        if self._taken[kind] >= PLACES[kind]:
            await busy(f"too many requests of the kind {kind} are being answered").response()(scope, receive, send)
            return
        self._taken[kind] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._taken[kind] -= 1
