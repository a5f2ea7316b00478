"""What counts as a watch's sign of life."""

from __future__ import annotations

from collections.abc import AsyncIterator

import kopf
import pytest
from aiohttp import web

from videotutor_operator.watching.freshness import Freshness


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that has Jobs and forbids pods."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path.endswith("jobs") else 403)

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_request_that_is_answered_well_is_a_sign_of_life_of_its_kind_only(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    freshness = Freshness(clock)
    freshness.note("jobs")
    freshness.note("pods")
    monkeypatch.setattr(kopf, "login_with_service_account", lambda **_: kopf.ConnectionInfo(server=url, token="secret"))
    credentials = await freshness.login()
    assert credentials
    clock.time = 60

    async with credentials.aiohttp_session as session:
        for kind in ("jobs", "pods", "secrets"):
            await (await session.get(f"{url}/api/v1/namespaces/lessons/{kind}?watch=true")).read()
        assert session.headers["Authorization"] == "Bearer secret"
        assert session.headers["User-Agent"] == "videotutor-operator/0.1.0"

    assert freshness.ages() == {"jobs": 0, "pods": 60}
