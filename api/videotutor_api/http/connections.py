"""Connections of the HTTP server: deadlines and limits that uvicorn does not have.

uvicorn waits for the first request of a connection for ever, and for a client that stops reading. Here a request must
be complete within a deadline, a stalled download is aborted, and of too many incomplete requests the oldest goes.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

HEAD_SECONDS = 10.0
"""From the connection, or from the first byte after a response, to the end of the request's head."""

REQUEST_SECONDS = 75.0
"""The same to the end of its body; longer than the largest body may take (`routes.images.PICTURE`)."""

STALLED_SECONDS = 60.0
"""How long a client may read nothing of a response. A paused player continues with a Range request."""

MAX_INCOMPLETE = 1024
"""Connections without a complete request. A good request is complete within milliseconds, so that where there are more,
the oldest is an idle or a hostile one."""


class BoundedProtocol(H11Protocol):
    """One connection. It is incomplete until a whole request has arrived, and again after each response."""

    incomplete: ClassVar[dict[BoundedProtocol, None]] = {}
    """Incomplete connections of the listener, the oldest first; each listener has a class of its own."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._has_head = False
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Start the deadline of the first request."""
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """End all timers."""
        self._forget()
        self._cancel_stalled()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Start the deadline of a further request with its first byte."""
        if self._deadline is None and self._is_between_requests():
            self._expect_request()
        super().data_received(data)

    def handle_events(self) -> None:
        """Move the deadline when the request's head is complete, and end it with the request."""
        super().handle_events()
        if self not in self.incomplete:
            return
        if self.conn.their_state in {h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR}:
            self._forget()
        elif self.conn.their_state is h11.SEND_BODY and not self._has_head:
            self._has_head = True
            self._set_deadline(REQUEST_SECONDS)

    def on_response_complete(self) -> None:
        """Count the connection as incomplete again; uvicorn closes it after its keep-alive timeout."""
        super().on_response_complete()
        if self.transport.is_closing():
            self._expect_reading()
        elif self._is_between_requests():
            self._join_incomplete()

    def timeout_keep_alive_handler(self) -> None:
        """Close the idle connection, also if its client does not read the rest of the last response."""
        super().timeout_keep_alive_handler()
        self._expect_reading()

    def pause_writing(self) -> None:
        """Abort the connection if the client reads nothing for `STALLED_SECONDS`."""
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        """The client reads."""
        self._cancel_stalled()
        super().resume_writing()

    def _expect_reading(self) -> None:
        self._cancel_stalled()
        self._stalled = self.loop.call_later(STALLED_SECONDS, self.abort)

    def _is_between_requests(self) -> bool:
        return self.conn.their_state is h11.IDLE

    def _expect_request(self) -> None:
        self._join_incomplete()
        self._has_head = False
        self._set_deadline(HEAD_SECONDS)

    def _join_incomplete(self) -> None:
        self.incomplete[self] = None
        if len(self.incomplete) > MAX_INCOMPLETE:
            next(iter(self.incomplete)).abort()

    def _set_deadline(self, seconds: float) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self.abort)

    def abort(self) -> None:
        """Close the connection at once, without what was not sent."""
        self._forget()
        self.transport.abort()

    def _forget(self) -> None:
        self.incomplete.pop(self, None)
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_stalled(self) -> None:
        if self._stalled:
            self._stalled.cancel()
            self._stalled = None
