"""Bodies that arrive slowly, or many at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import Response

from tests.unit.api.conftest import generate_body, post_signed
from videotutor_api.http import bodies, problems
from videotutor_api.http.bodies import SMALL, BodyReader, Bound

READER = BodyReader(Bound(1 << 20, 10.0), asyncio.Semaphore(2))
SIGNATURE = {"X-Webhook-Signature": "sha256=" + "0" * 64}


def client_of(reader: BodyReader) -> httpx.AsyncClient:
    """A client of an application that reads each body and responds with its length."""
    app = FastAPI()
    problems.install(app)

    @app.post("/")
    async def post(request: Request) -> Response:
        return Response(str(len(await reader.read(request))))

    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://api.test")


class Dripping:
    """Bodies that stop after their first bytes until they may continue."""

    def __init__(self, first: bytes) -> None:
        self.first = first
        self.started = asyncio.Semaphore(0)
        self.may_continue = asyncio.Event()

    async def body(self) -> AsyncIterator[bytes]:
        yield self.first
        self.started.release()
        await self.may_continue.wait()
        yield b"x"


async def test_small_bodies_that_drip_keep_no_webhook_waiting(api: httpx.AsyncClient) -> None:
    dripping = Dripping(b"{")
    calls = [
        asyncio.create_task(api.post("/jobs/edit", content=dripping.body(), headers=SIGNATURE)) for _ in range(200)
    ]
    for _ in calls:
        await dripping.started.acquire()
    good = await post_signed(api, "/jobs/generate", generate_body())
    dripping.may_continue.set()
    dripped = {answer.status_code for answer in await asyncio.gather(*calls)}

    assert (good.status_code, dripped) == (202, {401})


async def test_large_bodies_take_places_and_small_ones_do_not() -> None:
    dripping = Dripping(b"x" * (SMALL + 1))
    async with client_of(READER) as client:
        calls = [asyncio.create_task(client.post("/", content=dripping.body())) for _ in range(2)]
        for _ in calls:
            await dripping.started.acquire()
        small, large = await client.post("/", content=b"x" * SMALL), await client.post("/", content=dripping.first)
        dripping.may_continue.set()
        dripped = [answer.text for answer in await asyncio.gather(*calls)]
        later = await client.post("/", content=dripping.first)

    assert (small.status_code, small.text) == (200, str(SMALL))
    assert (large.status_code, large.headers["retry-after"]) == (503, "1")
    assert dripped == [str(SMALL + 2)] * 2
    assert later.status_code == 200


async def test_a_body_that_does_not_arrive_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "GRACE_SECONDS", 0.05)
    async with client_of(READER) as client:
        answer = await client.post("/", content=Dripping(b"{").body())

    assert answer.status_code == 408
    assert answer.json()["type"] == "/problems#body-too-slow"


@pytest.mark.parametrize(
    ("bytes_a_second", "status"), [(2000, 408), (8000, 200)], ids=["below the rate", "above the rate"]
)
async def test_the_time_for_a_body_grows_with_what_has_arrived(
    monkeypatch: pytest.MonkeyPatch, event_loop_time: Callable[[float], None], bytes_a_second: int, status: int
) -> None:
    async def steady() -> AsyncIterator[bytes]:
        for _ in range(50):
            event_loop_time(0.2)
            await asyncio.sleep(0)
            yield b"x" * (bytes_a_second // 5)

    async with client_of(replace(READER, bound=Bound(1 << 20, 60.0))) as client:
        answer = await client.post("/", content=steady())

    assert answer.status_code == status


async def test_no_body_takes_longer_than_its_bound(event_loop_time: Callable[[float], None]) -> None:
    async def steady() -> AsyncIterator[bytes]:
        for _ in range(11):
            event_loop_time(1)
            await asyncio.sleep(0)
            yield b"x" * 10_000

    async with client_of(READER) as client:
        answer = await client.post("/", content=steady())

    assert answer.status_code == 408


@pytest.fixture
def event_loop_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the clock of the event loop forward by so many seconds."""
    offset = 0.0

    def clock() -> float:
        return time.monotonic() + offset

    def forward(seconds: float) -> None:
        nonlocal offset
        offset += seconds
        monkeypatch.setattr(asyncio.get_running_loop(), "time", clock)

    return forward
