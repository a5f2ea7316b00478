"""Connections that are silent, slow or stalled, on a real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from starlette.responses import FileResponse, Response

from videotutor_api.http import connections
from videotutor_api.http.connections import BoundedProtocol

HEAD = b"GET / HTTP/1.1\r\nHost: api\r\n"
INVALID = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"
    b"Invalid HTTP request received."
)
SECONDS = 0.2
"""Each deadline of these tests; the real ones are 10 to 75 s."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Protocol(BoundedProtocol):
    incomplete: ClassVar[dict[BoundedProtocol, None]] = {}
    stalled: ClassVar[dict[BoundedProtocol, None]] = {}


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[uvicorn.Server]:
    """A server whose deadlines are short, each to be made long by a test."""
    for name in ("HEAD_SECONDS", "REQUEST_SECONDS", "DRAIN_SECONDS", "STALLED_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(connections, name, SECONDS)
    (tmp_path / "video").write_bytes(bytes(1 << 26))
    app = FastAPI()

    @app.get("/")
    async def get() -> Response:
        return Response("well")

    @app.post("/")
    async def post(request: Request) -> Response:
        return Response(str(len(await request.body())))

    @app.post("/unread")
    async def unread() -> Response:
        return Response("well")

    @app.get("/video")
    async def video() -> Response:
        return FileResponse(tmp_path / "video")

    config = uvicorn.Config(app, port=0, http=Protocol, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(server._serve())
        await until(lambda: server.started)
        yield server
        server.should_exit = True
        await task
    assert (Protocol.incomplete, Protocol.stalled) == ({}, {})


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    number: int = server.servers[0].sockets[0].getsockname()[1]
    return number


async def until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 -- polled with a deadline
            await asyncio.sleep(0.005)


@asynccontextmanager
async def connected(port: int, sent: bytes = b"") -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    writer.write(sent)
    await writer.drain()
    yield reader, writer
    writer.transport.abort()


async def is_well(port: int) -> bool:
    async with httpx.AsyncClient() as client:
        return (await client.get(f"http://127.0.0.1:{port}/")).text == "well"


async def end_of(reader: asyncio.StreamReader) -> bytes:
    """What is sent until the server closes the connection."""
    received = bytearray()
    try:
        async with asyncio.timeout(10):
            while part := await reader.read(1 << 16):
                received += part
    except ConnectionResetError:
        pass
    return bytes(received)


@pytest.mark.parametrize("sent", [b"", b"G", HEAD, b"\r\n"], ids=["nothing", "a byte", "half a head", "an empty line"])
async def test_a_connection_without_a_request_is_closed(port: int, sent: bytes) -> None:
    async with connected(port, sent) as (reader, _):
        assert await end_of(reader) in {b"", INVALID}


async def test_a_head_that_drips_does_not_prolong_its_deadline(port: int) -> None:
    async with connected(port) as (reader, writer):
        closed = asyncio.create_task(end_of(reader))
        async with asyncio.timeout(10):
            while not closed.done():
                writer.write(b"X")
                await asyncio.sleep(SECONDS / 10)
        assert await closed == b""


async def test_a_body_that_does_not_arrive_is_closed(port: int) -> None:
    async with connected(port, b"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\nx") as (reader, _):
        assert await end_of(reader) == b""


async def test_a_further_request_has_a_deadline_too(port: int) -> None:
    async with connected(port, HEAD + b"\r\n") as (reader, writer):
        assert await reader.readuntil(b"well") != b""
        writer.write(HEAD)
        assert await end_of(reader) == b""


async def test_half_of_a_pipelined_request_has_a_deadline_too(port: int) -> None:
    async with connected(port, HEAD + b"\r\n" + HEAD) as (reader, writer):
        assert await reader.readuntil(b"well") != b""
        writer.write(b"X")
        assert await end_of(reader) == b""


async def test_an_idle_connection_stays_open_between_requests(port: int) -> None:
    async with connected(port, HEAD + b"\r\n") as (reader, writer):
        assert await reader.readuntil(b"well") != b""
        await asyncio.sleep(2 * SECONDS)  # that nothing happens has no other sign
        writer.write(HEAD + b"\r\n")
        assert await reader.readuntil(b"well") != b""


async def test_a_request_that_takes_long_to_answer_is_not_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STALLED_SECONDS", 60)
    request = b"GET /video HTTP/1.1\r\nHost: api\r\n\r\n"
    async with connected(port, request) as (reader, _):
        await asyncio.sleep(2 * SECONDS)
        received = 0
        while received < 1 << 26:
            received += len(await reader.read(1 << 20))


async def test_a_client_that_reads_nothing_is_closed(server: uvicorn.Server, port: int) -> None:
    async with connected(port, b"GET /video HTTP/1.1\r\nHost: api\r\n\r\n") as (reader, _):
        await reader.readexactly(1)
        await until(lambda: not server.server_state.connections)
        assert len(await end_of(reader)) < 1 << 26


async def test_a_client_that_reads_slowly_is_served(port: int) -> None:
    received = 0
    async with connected(port, b"GET /video HTTP/1.1\r\nHost: api\r\n\r\n") as (reader, _):
        for _ in range(20):
            await asyncio.sleep(SECONDS / 4)
            received += len(await reader.readexactly(1 << 20))
        assert received == 20 << 20


async def test_of_too_many_incomplete_requests_the_oldest_goes(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_INCOMPLETE", 20)
    for name in ("HEAD_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(connections, name, 60)
    async with AsyncExitStack() as stack:
        kinds = [b"", HEAD, b"POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\nx"]
        held = [await stack.enter_async_context(connected(port, kinds[number % 3])) for number in range(60)]
        await until(lambda: len(Protocol.incomplete) == 20)
        assert await is_well(port)
        assert await closed(held[:39]) == 39
        assert await closed(held[41:]) == 0


async def closed(held: Iterable[Connection]) -> int:
    """How many of these connections the server has closed."""

    async def is_closed(reader: asyncio.StreamReader) -> bool:
        try:
            async with asyncio.timeout(0.3):
                return await reader.read(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    return sum(await asyncio.gather(*(is_closed(reader) for reader, _ in held)))


BODY = b"POST %s HTTP/1.1\r\nHost: api\r\nContent-Length: 9\r\n\r\nx"


@pytest.mark.parametrize("path", [b"/", b"/unread"])
@pytest.mark.parametrize("before", [b"", HEAD + b"\r\n"], ids=["alone", "pipelined"])
@pytest.mark.parametrize("later", [b"", b"y"], ids=["silent", "a byte"])
async def test_a_body_that_stops_is_closed_wherever_it_stops(
    server: uvicorn.Server, port: int, path: bytes, before: bytes, later: bytes
) -> None:
    async with connected(port, before + BODY % path) as (reader, writer):
        if before or path == b"/unread":
            assert await reader.readuntil(b"well") != b""
        writer.write(later)
        await until(lambda: not server.server_state.connections)
        await end_of(reader)


async def test_the_rest_of_a_body_is_read_after_an_early_response(port: int) -> None:
    async with connected(port, BODY % b"/unread") as (reader, writer):
        assert await reader.readuntil(b"well") != b""
        writer.write(b"x" * 8 + HEAD + b"\r\n")
        assert await reader.readuntil(b"well") != b""


async def test_the_rest_of_a_body_is_not_awaited_as_long_as_a_body(
    server: uvicorn.Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 60)
    async with connected(port, BODY % b"/unread"):
        await until(lambda: bool(server.server_state.connections))
        await until(lambda: not server.server_state.connections)


async def test_garbage_after_an_unread_response_is_closed(server: uvicorn.Server, port: int) -> None:
    async with connected(port, b"GET /video HTTP/1.1\r\nHost: api\r\n\r\n\0garbage\r\n\r\n") as (reader, _):
        await reader.readexactly(1)
        await until(lambda: not server.server_state.connections)


async def test_a_body_of_tiny_chunks_is_refused(port: int) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with connected(port, chunked + b"1\r\nx\r\n" * 3000) as (reader, _):
        assert (await end_of(reader)).startswith(b"HTTP/1.1 400")
    async with connected(port, chunked + (b"64\r\n" + b"x" * 100 + b"\r\n") * 3000 + b"0\r\n\r\n") as (reader, _):
        assert await reader.readuntil(b"300000") != b""


async def test_the_kernel_buffers_little_for_a_client_that_does_not_read(server: uvicorn.Server, port: int) -> None:
    async with connected(port):
        await until(lambda: bool(server.server_state.connections))
        [connection] = server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == 2 * connections.SEND_BUFFER


async def test_of_too_many_clients_that_do_not_read_the_first_goes(
    server: uvicorn.Server, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_STALLED", 3)
    monkeypatch.setattr(connections, "STALLED_SECONDS", 60)
    request = b"GET /video HTTP/1.1\r\nHost: api\r\n\r\n"
    async with AsyncExitStack() as stack:
        readers = []
        for _ in range(6):
            newest = next(reversed(Protocol.stalled), None)
            reader, _ = await stack.enter_async_context(connected(port, request))
            readers.append(reader)
            await until(lambda newest=newest: next(reversed(Protocol.stalled), None) is not newest)  # type: ignore[misc]
        await until(lambda: len(server.server_state.connections) == 3)
        for reader in readers[:3]:
            assert len(await end_of(reader)) < 1 << 26
        assert await is_well(port)


async def test_a_client_that_begins_a_request_is_younger_than_idle_strangers(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_INCOMPLETE", 5)
    for name in ("HEAD_SECONDS", "REQUEST_SECONDS"):
        monkeypatch.setattr(connections, name, 60)
    async with AsyncExitStack() as stack:
        reader, writer = await stack.enter_async_context(connected(port, HEAD + b"\r\n"))
        await reader.readuntil(b"well")
        for number in range(4):
            await stack.enter_async_context(connected(port))
            await until(lambda held=number + 2: len(Protocol.incomplete) == held)  # type: ignore[misc]
        writer.write(BODY % b"/")
        await until(lambda: list(Protocol.incomplete)[-1]._state == "body")
        for _ in range(3):
            await stack.enter_async_context(connected(port))
        assert await is_well(port)
        writer.write(b"x" * 8)
        assert await reader.readuntil(b"\r\n\r\n9") != b""
