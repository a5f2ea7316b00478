"""A way to the API server that can be blocked: connections stay open and nothing comes through, as in a partition."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import yaml


class Tunnel:
    """TCP, byte for byte, while `open` is set."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.open = asyncio.Event()
        self.open.set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either side ends it."""
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._carry(reader, far_writer))
                group.create_task(self._carry(far_reader, writer))
        finally:
            writer.close()
            far_writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def tunnelled(kubeconfig: Path, copy: Path) -> AsyncIterator[Tunnel]:
    """A tunnel to a cluster, and a copy of its kubeconfig that leads through it."""
    settings = yaml.safe_load(kubeconfig.read_text())  # noqa: ASYNC240 -- nothing else runs yet
    (cluster,) = settings["clusters"]
    url = urlsplit(cluster["cluster"]["server"])
    tunnel = Tunnel(url.hostname or "", url.port or 443)
    server = await asyncio.start_server(tunnel.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    cluster["cluster"]["server"] = f"https://127.0.0.1:{port}"
    copy.write_text(yaml.safe_dump(settings))  # noqa: ASYNC240 -- same
    try:
        yield tunnel
    finally:
        server.close()
        tunnel.open.set()
