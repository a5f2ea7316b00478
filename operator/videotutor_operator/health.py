"""Liveness and readiness over HTTP: 200 with a JSON body when all is well, 503 with what is not."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

Check = Callable[[], dict[str, str]]
"""What is wrong, by name; nothing when all is well."""


async def serve(port: int, alive: Check, ready: Check) -> web.AppRunner:
    """Serve /healthz and /readyz on all interfaces; the caller cleans the runner up."""
    app = web.Application()
    app.add_routes([web.get("/healthz", _answer(alive)), web.get("/readyz", _answer(ready))])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, None, port).start()
    return runner


def _answer(check: Check) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        problems = check()
        body = json.dumps({"status": "failing" if problems else "ok", "problems": problems})
        return web.Response(text=body, status=503 if problems else 200, content_type="application/json")

    return answer
