"""Liveness, readiness and metrics over HTTP: 200, or 503 with the problems, both with a JSON body."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from videojob.secret import redact
from videotutor_operator.metrics import REGISTRY

Check = Callable[[], dict[str, str]]
"""Returns problems by name; empty when healthy."""
About = Callable[[], dict[str, str]]
"""Returns further fields of the body, healthy or not."""


async def serve(port: int, alive: Check, ready: Check, about: About = dict) -> web.AppRunner:
    """Serve /healthz, /readyz and /metrics on all interfaces; the caller calls `cleanup` of the runner."""
    app = web.Application()
    routes = {"/healthz": _handler(alive, about), "/readyz": _handler(ready, about), "/metrics": _metrics}
    app.add_routes([web.get(path, handler) for path, handler in routes.items()])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, None, port).start()
    return runner


def _handler(check: Check, about: About) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_: web.Request) -> web.Response:
        problems = {name: redact(text) for name, text in check().items()}
        body = json.dumps({"status": "failing" if problems else "ok", **about(), "problems": problems})
        return web.Response(text=body, status=503 if problems else 200, content_type="application/json")

    return handle


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
