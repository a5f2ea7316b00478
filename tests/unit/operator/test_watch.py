"""What counts as a sign of life of a watch, and when a silent one is dead."""

from __future__ import annotations

from collections.abc import AsyncIterator

import kopf
import pytest
from aiohttp import web

from videotutor_operator.cluster.resources import JOBS, VIDEOJOBS
from videotutor_operator.watching.videojobs import login
from videotutor_operator.watching.watch import Watch


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
async def url() -> AsyncIterator[str]:
    """A server that has VideoJobs in one namespace and forbids everything else."""

    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path.endswith("lessons/videojobs") else 403)

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("path", "age"), [("lessons/videojobs", 0), ("secret/videojobs", 60), ("lessons/pods", 60)])
async def test_an_answer_to_kopfs_list_or_watch_is_a_sign_of_life(
    url: str, path: str, age: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    watch = Watch(VIDEOJOBS, clock)
    watch.note_sign_of_life()
    monkeypatch.setattr(kopf, "login_with_service_account", lambda **_: kopf.ConnectionInfo(server=url, token="secret"))
    credentials = await login(watch)
    assert credentials
    clock.time = 60

    async with credentials.aiohttp_session as session:
        await (await session.get(f"{url}/apis/videotutor.dev/v1alpha1/namespaces/{path}?watch=true")).read()
        assert session.headers["Authorization"] == "Bearer secret"
        assert session.headers["User-Agent"] == "videotutor-operator/0.2.0"

    assert watch.age() == age


def test_a_watch_that_has_not_started_has_no_age_and_is_not_dead() -> None:
    watch = Watch(JOBS, Clock())
    watch.note_served()

    assert watch.age() is None
    assert watch.dead_for() == 0


def test_a_silent_watch_is_dead_only_for_as_long_as_the_api_server_serves_its_kind() -> None:
    clock = Clock()
    watch = Watch(JOBS, clock)
    watch.note_sign_of_life()
    clock.time = 1000
    assert watch.dead_for() == 0, "nothing is known of the API server"

    watch.note_unserved("connection refused")
    clock.time = 2000
    assert (watch.dead_for(), watch.problem) == (0, "connection refused")

    watch.note_served()
    clock.time = 2100
    watch.note_served()
    assert (watch.dead_for(), watch.problem) == (100, "")

    watch.note_sign_of_life()
    clock.time = 2130
    assert watch.dead_for() == 30
