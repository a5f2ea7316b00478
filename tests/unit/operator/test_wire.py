"""Requests and answers of a real server on this machine: what comes whole, and what becomes of trouble."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from kubernetes.aio import client

from videotutor_operator.cluster import wire as wire_module
from videotutor_operator.cluster.wire import Wire, resource_of
from videotutor_operator.errors import (
    ClusterError,
    Conflict,
    Expired,
    Forbidden,
    Missing,
    Refused,
    Terminating,
    Unanswered,
)
from videotutor_operator.metrics import REGISTRY

PATIENCE = 60
"""Seconds that no test should take."""


@asynccontextmanager
async def connected_to(address: str) -> AsyncIterator[Wire]:
    wire = Wire(client.Configuration(host=address))
    try:
        yield wire
    finally:
        await wire.close()


@asynccontextmanager
async def talking_to(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[Wire]:
    """A connection to a server that answers every request so."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with (
        asyncio.timeout(PATIENCE),
        TestServer(app) as server,
        connected_to(str(server.make_url("")).rstrip("/")) as wire,
    ):
        yield wire


class Conversation:
    """A stream whose parts are sent one by one, each when so many lines of those before have been read."""

    def __init__(self, *parts: tuple[int, bytes], then: Callable[[web.Request], None] = lambda _: None) -> None:
        self._parts = parts
        self._then = then
        self._reading = asyncio.Condition()
        self._left = False
        self.read: list[bytes] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for lines, part in self._parts:
            await self._until_read(lines)
            await response.write(part)
        await self._until_read(sum(part.count(b"\n") for _, part in self._parts))
        self._then(request)
        return response

    async def _until_read(self, lines: int) -> None:
        async with self._reading:
            await self._reading.wait_for(lambda: len(self.read) >= lines or self._left)

    async def follow(self, wire: Wire, silence: float = PATIENCE) -> None:
        """Read it to its end, or to the first error."""
        try:
            async for line in wire.stream("/api/v1/pods", [("watch", "true")], silence):
                await self._note(line)
        finally:
            self._left = True
            await self._note()

    async def _note(self, *lines: bytes) -> None:
        async with self._reading:
            self.read.extend(lines)
            self._reading.notify_all()


def refusing(status: int, body: str = '{"kind":"Status","message":"no"}') -> Callable[..., Awaitable[web.Response]]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, content_type="application/json")

    return answer


def cut(request: web.Request) -> None:
    """Break the connection off."""
    assert request.transport
    request.transport.abort()


async def test_lines_split_over_parts_and_several_in_one_part_arrive_whole_and_at_once() -> None:
    stream = Conversation((0, b"one\ntw"), (1, b"o\nthree\nfo"), (3, b"u"), (3, b"r\n"))
    async with talking_to(stream.answer) as wire:
        await stream.follow(wire)
    assert stream.read == [b"one", b"two", b"three", b"four"]


async def test_a_line_larger_than_any_buffer_arrives_whole() -> None:
    long = b"x" * 3_000_000
    stream = Conversation((0, long + b"\nshort\n"))
    async with talking_to(stream.answer) as wire:
        await stream.follow(wire)
    assert stream.read == [long, b"short"]


async def test_a_connection_cut_in_the_middle_of_a_line_gives_the_whole_lines_before_and_an_error() -> None:
    stream = Conversation((0, b"one\ntw"), then=cut)
    async with talking_to(stream.answer) as wire:
        with pytest.raises(ClusterError, match="GET /api/v1/pods"):
            await stream.follow(wire)
    assert stream.read == [b"one"]


async def test_a_stream_that_falls_silent_is_an_error_after_so_many_seconds() -> None:
    stream = Conversation((0, b"one\n"), (2, b"never sent"))
    async with talking_to(stream.answer) as wire:
        with pytest.raises(ClusterError, match="Timeout"):
            await stream.follow(wire, silence=0.05)
    assert stream.read == [b"one"]


async def test_a_stream_that_breaks_the_protocol_is_an_error_after_so_many_seconds() -> None:
    read = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\none\n\r\n")
        await read.wait()
        writer.write(b"no size\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with asyncio.timeout(PATIENCE), server:
        host, port = server.sockets[0].getsockname()
        async with connected_to(f"http://{host}:{port}") as wire:
            lines = wire.stream("/api/v1/pods", [("watch", "true")], silence=0.5)
            assert await anext(lines) == b"one"
            read.set()
            with pytest.raises(ClusterError, match="GET /api/v1/pods"):
                await anext(lines)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How often streams were not read for a moment."""
    taken: list[float] = []

    async def pause(_: object) -> None:
        taken.append(wire_module.GATHER_SECONDS)

    monkeypatch.setattr(wire_module, "_let_gather", pause)
    return taken


async def test_after_each_whole_line_those_that_follow_are_gathered(pauses: list[float]) -> None:
    stream = Conversation((0, b"one\n"), (1, b"two\nthree\n"), (3, b"fo"), (3, b"ur\n"))
    async with talking_to(stream.answer) as wire:
        await stream.follow(wire)

    assert stream.read == [b"one", b"two", b"three", b"four"]
    assert len(pauses) == 3, "half a line is no reason to wait for the other half"


async def test_a_backlog_is_read_without_pauses(pauses: list[float]) -> None:
    line = b"x" * 250_000
    stream = Conversation((0, (line + b"\n") * 40))
    async with talking_to(stream.answer) as wire:
        await stream.follow(wire)

    assert stream.read == [line] * 40
    assert len(pauses) <= 2, "at its end, and where a part of it happens to end with a line"


async def test_watches_of_many_namespaces_leave_connections_for_requests() -> None:
    done = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/version":
            return web.json_response({"major": "1"})
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one\n")
        await done.wait()
        return response

    async with talking_to(answer) as wire:
        streams = [wire.stream(f"/watch/{number}", [], PATIENCE) for number in range(150)]
        assert await asyncio.gather(*(anext(lines) for lines in streams)) == [b"one"] * 150
        assert await wire.call("GET", "/version") == {"major": "1"}
        done.set()


KINDS = [
    (400, Refused),
    (403, Forbidden),
    (404, Missing),
    (409, Conflict),
    (410, Expired),
    (422, Refused),
    (429, ClusterError),
    (500, Unanswered),
]


@pytest.mark.parametrize(("status", "kind"), KINDS)
async def test_an_answer_that_is_not_good_is_an_error_of_its_kind_in_the_servers_words(
    status: int, kind: type[ClusterError]
) -> None:
    async with talking_to(refusing(status)) as wire:
        with pytest.raises(ClusterError, match=r"^no$") as called:
            await wire.call("GET", "/api/v1/pods")
        with pytest.raises(ClusterError, match=r"^no$") as streamed:
            await anext(aiter(wire.stream("/api/v1/pods", [], PATIENCE)))
    assert (type(called.value), type(streamed.value)) == (kind, kind)


async def test_a_403_of_a_namespace_that_is_being_deleted_is_an_error_of_its_own() -> None:
    cause = {
        "reason": "NamespaceTerminating",
        "message": "namespace a is being terminated",
        "field": "metadata.namespace",
    }
    status = {"message": "no", "reason": "Forbidden", "details": {"causes": [cause]}}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response(status, status=HTTPStatus.FORBIDDEN)

    async with talking_to(answer) as wire:
        with pytest.raises(Terminating, match=r"^no$"):
            await wire.call("POST", "/apis/batch/v1/namespaces/a/jobs", body={})


async def test_an_answer_of_something_between_that_speaks_no_json_is_told_by_its_status() -> None:
    async with talking_to(refusing(502, "<html>Bad Gateway</html>")) as wire:
        with pytest.raises(ClusterError, match=r"^POST /api/v1/pods answered 502$"):
            await wire.call("POST", "/api/v1/pods", body={})


async def test_a_request_whose_connection_ends_without_an_answer_is_an_error() -> None:
    async def answer(request: web.Request) -> web.Response:
        cut(request)
        return web.Response()

    async with talking_to(answer) as wire:
        with pytest.raises(ClusterError, match=r"^PUT /api/v1/pods: "):
            await wire.call("PUT", "/api/v1/pods", body={})


@pytest.mark.parametrize(
    ("method", "content_type"),
    [("POST", "application/json"), ("PUT", "application/json"), ("PATCH", "application/merge-patch+json")],
)
async def test_a_body_is_sent_as_it_is_and_a_patch_is_merged(method: str, content_type: str) -> None:
    sent: list[tuple[str, str, Any]] = []

    async def answer(request: web.Request) -> web.Response:
        sent.append((request.method, request.headers["Content-Type"], await request.json()))
        return web.json_response({"answered": True})

    body = {"spec": {"activeDeadlineSeconds": 60, "nothing": None, "when": "2026-03-01T12:00:00Z"}}
    async with talking_to(answer) as wire:
        assert await wire.call(method, "/apis/batch/v1/namespaces/a/jobs/b", body=body) == {"answered": True}
    assert sent == [(method, content_type, body)]


@pytest.mark.parametrize(
    ("method", "manager"),
    [("POST", "videotutor-operator"), ("PUT", "videotutor-operator"), ("PATCH", "videotutor-operator"), ("GET", None)],
)
async def test_each_request_names_the_operator_and_each_write_its_field_manager(
    method: str, manager: str | None
) -> None:
    seen: list[tuple[str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.headers.get("User-Agent"), request.query.get("fieldManager")))
        return web.json_response({})

    async with talking_to(answer) as wire:
        await wire.call(method, "/apis/batch/v1/namespaces/a/jobs/b")
    assert seen == [(f"videotutor-operator/{version('videotutor-operator')}", manager)]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "seconds"), [("7", 7.0), ("86400", 60.0), (None, None), ("Wed, 21 Oct 2026 07:28:00 GMT", None)]
)
async def test_an_error_has_the_seconds_of_retry_after_at_most_a_minute(
    status: int, header: str | None, seconds: float | None
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": header} if header else {})

    async with talking_to(answer) as wire:
        with pytest.raises(ClusterError) as called:
            await wire.call("POST", "/api/v1/pods", body={})
    assert called.value.retry_after == seconds


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/apis/videotutor.dev/v1alpha1/namespaces/a/videojobs/b/status", "videojobs/status"),
        ("/apis/videotutor.dev/v1alpha1/videojobs", "videojobs"),
        ("/apis/batch/v1/namespaces/a/jobs", "jobs"),
        ("/apis/batch/v1/namespaces/a/jobs/b", "jobs"),
        ("/api/v1/namespaces/a/pods", "pods"),
        ("/api/v1/namespaces/a", "namespaces"),
        ("/version", ""),
    ],
)
def test_a_path_is_counted_for_its_resource_and_not_for_its_names(path: str, resource: str) -> None:
    assert resource_of(path) == resource


def counted_so_far(code: str) -> float:
    labels = {"verb": "POST", "resource": "jobs", "code": code}
    return REGISTRY.get_sample_value("videotutor_api_requests_total", labels) or 0.0


async def test_an_answer_is_counted_with_its_status_and_a_connection_that_ends_without_one_as_an_error() -> None:
    answers = iter([201, None])

    async def answer(request: web.Request) -> web.Response:
        status = next(answers)
        if status is None:
            cut(request)
        return web.json_response({}, status=status or 200)

    before = counted_so_far("201"), counted_so_far("error")
    async with talking_to(answer) as wire:
        await wire.call("POST", "/apis/batch/v1/namespaces/a/jobs", body={})
        with pytest.raises(ClusterError):
            await wire.call("POST", "/apis/batch/v1/namespaces/a/jobs", body={})
    assert (counted_so_far("201"), counted_so_far("error")) == (before[0] + 1, before[1] + 1)


async def test_credentials_are_asked_for_at_each_request_since_a_token_is_renewed() -> None:
    seen: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"])
        return web.json_response({})

    tokens = iter(["first", "second"])

    def renew(configuration: client.Configuration) -> None:
        configuration.api_key["BearerToken"] = f"bearer {next(tokens)}"

    async with talking_to(answer) as wire:
        wire.configuration.api_key["BearerToken"] = "bearer none"
        wire.configuration.refresh_api_key_hook = renew
        for _ in range(2):
            await wire.call("GET", "/version")
    assert seen == ["bearer first", "bearer second"]
