"""The proxy does to a request what it says, and to no other."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientError, ClientPayloadError, ClientSession, ClientTimeout, web

from tests.chaos import proxy as proxy_module
from tests.chaos.api_proxy import ApiProxy
from tests.chaos.experiments import Experiment
from tests.chaos.injector import Injector, kind_of
from tests.chaos.upstream import Upstream

JOBS = "/apis/batch/v1/namespaces/ns/jobs"
EVENT: dict[str, Any] = {"type": "ADDED", "object": {"metadata": {"name": "a-job"}}}


@dataclass
class ApiServer:
    """Creates Jobs, and sends every watch one event before it falls silent."""

    created: list[str] = field(default_factory=list)

    async def create(self, request: web.Request) -> web.Response:
        self.created.append((await request.json())["name"])
        return web.json_response({"kind": "Job"}, status=201)

    async def list(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") != "true":
            return web.json_response({"items": self.created, "query": request.query_string})
        response = web.StreamResponse(headers={"content-type": "application/json"})
        await response.prepare(request)
        await response.write(json.dumps(EVENT).encode() + b"\n")
        await asyncio.Event().wait()
        return response


@dataclass
class Scene:
    """A client behind a proxy, and the names of the processes that were killed."""

    api: ApiServer
    injector: Injector
    session: ClientSession
    address: str
    killed: list[str]

    async def create(self, name: str) -> int:
        async with self.session.post(f"{self.address}{JOBS}", json={"name": name}) as answer:
            return answer.status

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        async with self.session.get(f"{self.address}{JOBS}", params={"watch": "true"}) as answer:
            yield (json.loads(line) async for line in answer.content)


@asynccontextmanager
async def scene(faults: str = "") -> AsyncIterator[Scene]:
    """An API server, a proxy with faults, and a client; the client repeats nothing by itself."""
    api, killed = ApiServer(), list[str]()
    app = web.Application()
    app.add_routes([web.post(JOBS, api.create), web.get(JOBS, api.list)])
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    upstream = Upstream(f"http://127.0.0.1:{runner.addresses[0][1]}")
    injector = Injector(Experiment.parse(faults).faults if faults else ())
    injector.counted = {"operator"}
    proxy = ApiProxy(upstream, injector, killed.append)
    try:
        async with proxy.served() as address, ClientSession(timeout=ClientTimeout(total=5)) as session:
            yield Scene(api, injector, session, f"{address}/operator", killed)
    finally:
        await runner.cleanup()


async def test_without_a_fault_everything_passes_and_is_counted() -> None:
    async with scene() as it:
        assert await it.create("one") == 201
        async with it.session.get(f"{it.address}{JOBS}?labelSelector=a%3Db") as answer:
            assert await answer.json() == {"items": ["one"], "query": "labelSelector=a%3Db"}

        assert [str(request) for request in it.injector.requests] == ["create jobs (1)", "list jobs (2)"]
        assert it.injector.hits == []


async def test_what_is_not_counted_is_not_disturbed() -> None:
    async with scene("drop-before:1") as it:
        it.injector.counted = {"another"}
        assert await it.create("one") == 201

        assert [str(request) for request in it.injector.seen] == ["create jobs (0)"]
        assert it.injector.requests == ()


async def test_dropped_before_it_takes_no_effect() -> None:
    async with scene("drop-before:2") as it:
        await it.create("one")
        with pytest.raises(ClientError):
            await it.create("two")
        await it.create("three")

        assert it.api.created == ["one", "three"]


async def test_dropped_after_it_takes_effect_and_the_answer_is_lost() -> None:
    async with scene("drop-after:2") as it:
        await it.create("one")
        with pytest.raises(ClientError):
            await it.create("two")

        assert it.api.created == ["one", "two"]
        assert [str(hit) for hit in it.injector.hits] == ["create jobs (2)"]


@pytest.mark.parametrize("status", [409, 429, 500, 504])
async def test_answered_in_the_servers_place_it_takes_no_effect(status: int) -> None:
    async with (
        scene(f"answer-{status}:1") as it,
        it.session.post(f"{it.address}{JOBS}", json={"name": "one"}) as answer,
    ):
        assert answer.status == status
        assert (await answer.json())["code"] == status
        assert answer.headers.get("retry-after") == ("1" if status == 429 else None)
        assert it.api.created == []


async def test_delayed_it_takes_effect_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxy_module, "DELAY_SECONDS", 0.2)
    async with scene("delay:1") as it:
        begun = time.monotonic()

        assert await it.create("one") == 201
        assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize(
    ("mode", "created"),
    [("kill-before", []), ("kill-after", ["one"]), ("leader-kill-before", []), ("leader-kill-after", ["one"])],
)
async def test_the_process_that_asks_is_killed_before_or_after_the_effect(mode: str, created: list[str]) -> None:
    async with scene(f"{mode}:1") as it:
        with pytest.raises(ClientError):
            await it.create("one")

        assert it.killed == ["operator"]
        assert it.api.created == created


async def test_a_frozen_watch_says_nothing_more_and_stays_open() -> None:
    async with scene("watch-freeze:2") as it, it.watch() as events:
        assert await anext(events) == EVENT
        assert await it.create("one") == 201

        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(events), 0.3)
        assert [str(hit) for hit in it.injector.hits] == ["create jobs (2)"]


async def test_an_expired_watch_ends_with_an_error_event() -> None:
    async with scene("watch-expire:2") as it, it.watch() as events:
        assert await anext(events) == EVENT
        await it.create("one")

        rest = [event async for event in events]
        assert [(event["type"], event["object"]["code"]) for event in rest] == [("ERROR", 410)]


async def test_a_watch_is_refused_as_too_old_and_nothing_else_is() -> None:
    async with scene("watch-410:1") as it:
        assert await it.create("one") == 201
        async with it.session.get(f"{it.address}{JOBS}", params={"watch": "true"}) as answer:
            assert answer.status == 410
        async with it.watch() as events:
            assert await anext(events) == EVENT


async def test_a_watch_fault_with_no_watch_open_waits_for_one() -> None:
    async with scene("watch-expire:1") as it:
        await it.create("one")
        assert it.injector.hits == []
        async with it.watch() as events:
            assert "ERROR" in [event["type"] async for event in events]


async def test_a_watch_is_dropped_without_an_end() -> None:
    async with scene("drop-after:1") as it:
        with pytest.raises((ClientError, ClientPayloadError)):
            async with it.watch() as events:
                await anext(events)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", JOBS, "create jobs"),
        ("GET", f"{JOBS}/calculus-plan", "get jobs"),
        ("GET", "/api/v1/pods", "list pods"),
        ("GET", "/apis/batch/v1", "discover"),
        ("DELETE", f"{JOBS}/calculus-plan", "delete jobs"),
        ("PUT", "/apis/videotutor.dev/v1alpha1/namespaces/ns/videojobs/calculus/status", "status videojobs"),
        ("PUT", "/apis/coordination.k8s.io/v1/namespaces/ns/leases/operator", "replace leases"),
    ],
)
def test_a_path_says_what_a_request_is_about(method: str, path: str, kind: str) -> None:
    assert kind_of(method, path, watch=False) == kind


async def test_the_second_fault_counts_from_the_request_that_the_first_hit() -> None:
    async with scene("answer-409:2+answer-500:2") as it:
        answers = [await it.create(str(n)) for n in range(5)]

        assert answers == [201, 409, 201, 500, 201]
        assert [str(hit) for hit in it.injector.hits] == ["create jobs (2)", "create jobs (4)"]


async def test_a_watch_that_froze_is_not_disturbed_again() -> None:
    async with scene("watch-freeze:2+watch-expire:1") as it, it.watch() as frozen:
        assert await anext(frozen) == EVENT
        await it.create("one")
        await it.create("two")
        assert len(it.injector.hits) == 1

        async with it.watch() as events:
            assert "ERROR" in [event["type"] async for event in events]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(frozen), 0.1)
