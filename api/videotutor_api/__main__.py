"""Starts the API: `python -m videotutor_api`."""

from __future__ import annotations

import asyncio
import os
import sys

from videojob.secret import redact_output
from videotutor_api.http.app import create_app, create_probes
from videotutor_api.http.server import serve
from videotutor_api.kubeconfig import load_configuration
from videotutor_api.logs import configure
from videotutor_api.settings import SettingsError, load_settings


def main() -> int:
    """Serve until SIGTERM. Returns EX_CONFIG (sysexits.h) where the environment is not usable."""
    redact_output(os.environ)
    try:
        settings = load_settings()
        kubernetes = asyncio.run(load_configuration())
    except SettingsError as error:
        return _report(error)
    configure(settings.log_level)
    app = create_app(settings, kubernetes)
    try:
        asyncio.run(serve(app, create_probes(app), settings))
    except SettingsError as error:
        return _report(error)
    return 0


def _report(error: SettingsError) -> int:
    sys.stderr.write(f"videotutor-api cannot start:\n{error}\n")
    return os.EX_CONFIG


if __name__ == "__main__":
    sys.exit(main())
