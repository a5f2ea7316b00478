"""Health and metrics over HTTP: 200 with a JSON body when all is well, 503 with what is not."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from videojob.secret import redacted
from videotutor_operator.metrics import REGISTRY

Check = Callable[[], dict[str, str]]
"""What is wrong, by name; nothing when all is well."""
About = Callable[[], dict[str, str]]
"""What else to say, well or not."""


async def serve(port: int, alive: Check, ready: Check, about: About = dict) -> web.AppRunner:
    """Serve /healthz, /readyz and /metrics on all interfaces; the caller cleans the runner up."""
    app = web.Application()
    routes = {"/healthz": _answer(alive, about), "/readyz": _answer(ready, about), "/metrics": _metrics}
    app.add_routes([web.get(path, handler) for path, handler in routes.items()])
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, None, port).start()
    return runner


def _answer(check: Check, about: About) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        problems = {name: redacted(text) for name, text in check().items()}
        body = json.dumps({"status": "failing" if problems else "ok", **about(), "problems": problems})
        return web.Response(text=body, status=503 if problems else 200, content_type="application/json")

    return answer


async def _metrics(_: web.Request) -> web.Response:
    return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})
