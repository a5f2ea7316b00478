"""Starts the API: `python -m videotutor_api`."""

from __future__ import annotations

import asyncio
import os
import sys

import uvicorn

from videojob.secret import redact_output
from videotutor_api.access import access
from videotutor_api.app import create_app
from videotutor_api.logs import configure
from videotutor_api.settings import SettingsError, load_settings

GRACE_SECONDS = 10
"""For open requests after SIGTERM; a video that is being sent is asked for again with Range."""

MAX_CONNECTIONS = 512
"""Open at once, 503 for more: some 100 kB each at most, beside the bodies that `signed` bounds, in 512 MiB."""


def main() -> int:
    """Serve until SIGTERM; the exit code is EX_CONFIG (sysexits.h) where the environment is not usable."""
    redact_output(os.environ)
    try:
        settings = load_settings()
        kubernetes = asyncio.run(access())
    except SettingsError as error:
        sys.stderr.write(f"videotutor-api cannot start:\n{error}\n")
        return os.EX_CONFIG
    configure(settings.log_level)
    uvicorn.run(
        create_app(settings, kubernetes),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
