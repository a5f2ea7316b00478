"""Connections of the HTTP server: deadlines and limits that uvicorn does not have.

uvicorn waits without a limit for the first request of a connection, and for a client that stops reading. Here a request
must be complete within a deadline, of too many incomplete requests the oldest goes, and of too many clients that do not
read their response the one that has not read for longest.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any, ClassVar

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte after a response, to the end of the request's head."""

REQUEST_SECONDS = 75.0
"""The same to the end of its body; longer than the largest body may take (`dependencies.PICTURE`)."""

DRAIN_SECONDS = 10.0
"""How long the rest of a body is read after the response, such as a 413: a client that sends reads it afterwards."""

STALLED_SECONDS = 60.0
"""How long a client may leave a response unread. A paused player continues with a Range request."""

MAX_INCOMPLETE = 1024
"""Connections without a complete request. A good request is complete within milliseconds, so that where there are more,
the oldest is an idle or a hostile one."""

MAX_STALLED = 128
"""Clients that do not read their response: fewer than the places of any kind of request (`limits.PLACES`)."""

SEND_BUFFER = 128 * 2**10
"""Bytes of the kernel's buffer, which doubles it (socket(7)) and would let it grow to 4 MB for each stalled client."""

MAX_HEAD_BYTES = 16 * 2**10
"""Longest head of a request, which is h11's own default."""

IDLE_SECONDS = 5.0
"""Beyond uvicorn's keep-alive timeout, whose timer the rest of a drained body ends."""

MOST_CHUNKS = 2000
LEAST_CHUNK = 64
"""A chunked body may have so many small chunks; each costs as much time as a large one. Bytes on average."""


class BoundedConnection(h11.Connection):
    """A connection's HTTP state that refuses bodies of very many very small chunks."""

    def __init__(self, max_incomplete_event_size: int) -> None:
        super().__init__(h11.SERVER, max_incomplete_event_size)
        self._chunks = 0
        self._size = 0

    def next_event(self) -> Any:
        """The next event, as h11 has it.

        Raises:
            h11.RemoteProtocolError: the chunks are too small.
        """
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = self._size = 0
        elif isinstance(event, h11.Data):
            self._chunks += 1
            self._size += len(event.data)
            if self._chunks > MOST_CHUNKS and self._size < self._chunks * LEAST_CHUNK:
                raise h11.RemoteProtocolError("the chunks of the body are too small")
        return event


class BoundedProtocol(H11Protocol):
    """One connection. It is incomplete until a whole request has arrived, and again after each response."""

    incomplete: ClassVar[dict[BoundedProtocol, None]] = {}
    """Connections of the listener without a complete request, by the age of that; each listener has its own class."""

    stalled: ClassVar[dict[BoundedProtocol, None]] = {}
    """Connections whose client does not read, by the time since it last did."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = BoundedConnection(config.h11_max_incomplete_event_size or MAX_HEAD_BYTES)
        self._state: object = None
        self._deadline: asyncio.TimerHandle | None = None
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Start the deadline of the first request."""
        super().connection_made(transport)
        if (accepted := transport.get_extra_info("socket")) is not None:
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._enter("head", HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """End all timers."""
        self._complete()
        self._end_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the deadline of a further request with its first byte."""
        if self.conn.their_state is h11.IDLE and self._state != "head":
            self._enter("head", HEAD_SECONDS)
        super().data_received(data)

    def handle_events(self) -> None:
        """Follow the requests that have arrived."""
        super().handle_events()
        self._follow()

    def on_response_complete(self) -> None:
        """Follow the connection into its next request; uvicorn closes an idle one after its keep-alive timeout."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()
        elif self.conn.their_state is h11.SEND_BODY and self.conn.our_state is h11.DONE:
            self._enter("drain", DRAIN_SECONDS)
        else:
            self._follow()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP, and close the connection also if its client does not read that."""
        super().send_400_response(msg)
        self._expect_reading()

    def timeout_keep_alive_handler(self) -> None:
        """Close the idle connection, also if its client does not read the rest of the last response."""
        super().timeout_keep_alive_handler()
        self._expect_reading()

    def pause_writing(self) -> None:
        """Abort the connection if the client reads nothing for `STALLED_SECONDS`, or too many do not read."""
        super().pause_writing()
        self._expect_reading()
        self.stalled[self] = None
        if len(self.stalled) > MAX_STALLED:
            next(iter(self.stalled)).abort()

    def resume_writing(self) -> None:
        """The client reads; a connection that is being closed keeps its deadline."""
        self.stalled.pop(self, None)
        if not self.transport.is_closing():
            self._end_patience()
        super().resume_writing()

    def abort(self) -> None:
        """Close the connection at once, without what was not sent."""
        self._complete()
        self._end_patience()
        self.transport.abort()

    def _follow(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY and self._state not in {"body", "drain"}:
            self._enter("body", REQUEST_SECONDS)
        elif state is h11.IDLE:
            if self.conn.trailing_data[0] and self._state != "head":
                self._enter("head", HEAD_SECONDS)
            elif self._state not in {"head", "idle"}:
                self._enter("idle", self.timeout_keep_alive + IDLE_SECONDS)
        elif state not in {h11.SEND_BODY, h11.IDLE}:
            self._complete()

    def _enter(self, state: str, seconds: float) -> None:
        """Count the connection as incomplete from now on, for this many seconds at most."""
        self._complete()
        self._state = state
        self._deadline = self.loop.call_later(seconds, self.abort)
        self.incomplete[self] = None
        if len(self.incomplete) > MAX_INCOMPLETE:
            next(iter(self.incomplete)).abort()

    def _complete(self) -> None:
        self._state = None
        self.incomplete.pop(self, None)
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _expect_reading(self) -> None:
        self._end_patience()
        self._patience = self.loop.call_later(STALLED_SECONDS, self.abort)

    def _end_patience(self) -> None:
        self.stalled.pop(self, None)
        if self._patience:
            self._patience.cancel()
            self._patience = None
