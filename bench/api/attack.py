"""Clients that hold connections: silent ones, bodies that drip, downloads that are not read."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

SILENT, DRIPPING, PAUSED = 600, 64, 200
_DOWNLOADS = 100
_AGAIN_SECONDS = 0.05
_BODY = b"POST /jobs/generate HTTP/1.1\r\nHost: api\r\nContent-Length: 1000\r\n"
_SIGNATURE = b"X-Webhook-Signature: sha256=" + b"0" * 64 + b"\r\n\r\n{"


@asynccontextmanager
async def attacking(url: str, download: str) -> AsyncIterator[None]:
    """Hold all these connections while the context is open; one that the server closes is opened again.

    `download`: path of a file that the paused clients request.
    """
    # Pipelined, since one small video may be in the buffers on the way as a whole
    paused = f"GET {download} HTTP/1.1\r\nHost: api\r\n\r\n".encode() * _DOWNLOADS
    silent = [b"", b"GET /health HTTP/1.1\r\nHost: api\r\n"]
    openings = [silent[number % 2] for number in range(SILENT)] + [_BODY + _SIGNATURE] * DRIPPING + [paused] * PAUSED
    tasks = [asyncio.create_task(_hold(url, opening)) for opening in openings]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _hold(url: str, opening: bytes) -> None:
    address = urlsplit(url)
    while True:
        with contextlib.suppress(OSError):
            # A small buffer, which is full at once
            reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=4096)
            try:
                writer.write(opening)
                await writer.drain()
                if opening.startswith(b"GET /videos"):
                    await asyncio.Event().wait()  # the reader stops at its limit
                while await reader.read(4096):
                    pass
            finally:
                writer.transport.abort()
        await asyncio.sleep(_AGAIN_SECONDS)
