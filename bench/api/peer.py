"""The peer: uvicorn with its own limit of connections, which bounds memory as this API has to, and one response."""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def _well(_: Request) -> PlainTextResponse:
    return PlainTextResponse("well" * 100_000)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{path:path}", _well, methods=["GET", "POST"])])
    uvicorn.run(app, port=int(sys.argv[1]), limit_concurrency=512, log_level="critical")
