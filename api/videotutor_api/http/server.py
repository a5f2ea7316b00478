"""Serves the API on one port and its probes on another, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import signal
import socket
from collections.abc import Generator
from typing import ClassVar

import uvicorn
from starlette.types import ASGIApp

from videotutor_api.http.connections import BoundedProtocol
from videotutor_api.settings import Settings, SettingsError

GRACE_SECONDS = 10
"""For open requests after SIGTERM; a player continues an interrupted video with a Range request."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than the 60 s after which ingress controllers close theirs, so that
they do not send a request on one that this side closes."""


BACKLOG = 2048
"""Connections that wait to be accepted, which is uvicorn's own default."""


class ProbeProtocol(BoundedProtocol):
    """A connection of the probes' listener, which the connections of the other one do not displace."""

    incomplete: ClassVar[dict[BoundedProtocol, None]] = {}
    stalled: ClassVar[dict[BoundedProtocol, None]] = {}


class _Server(uvicorn.Server):
    """A server without signal handlers of its own: one process has two of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave the signals to `serve`."""
        yield


async def serve(app: ASGIApp, probes: ASGIApp, settings: Settings) -> None:
    """Serve both applications until SIGTERM or SIGINT. Probes get responses until the last request has ended.

    Raises:
        SettingsError: a port cannot be listened on.
    """
    _raise_file_limit()
    main = _Server(_config(app, BoundedProtocol))
    side = _Server(_config(probes, ProbeProtocol))
    listeners = [
        _listen(settings.host, *port) for port in ((settings.port, "PORT"), (settings.probe_port, "PROBE_PORT"))
    ]

    def stop() -> None:
        main.force_exit = main.should_exit  # the second signal does not wait for open requests
        main.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(side.serve([listeners[1]]))
        try:
            await main.serve([listeners[0]])
        finally:
            side.should_exit = True


def _listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket.

    Raises:
        SettingsError: the port is taken, or the host is none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise SettingsError(f"{variable}: cannot listen on {host} port {port}: {error.strerror}") from error


def _config(app: ASGIApp, protocol: type[BoundedProtocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _raise_file_limit() -> None:
    """Use as many file descriptors as the process may have: each connection and each open file needs one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
