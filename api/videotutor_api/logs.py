"""Structured logs: one JSON object a line, with the request's id, never with a body or a secret."""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar
from typing import TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Id of the request that is being answered; empty outside of one."""


class _WithRequestId(logging.Filter):
    """Adds the request's id to each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        if identity := request_id.get():
            record.request_id = identity
        return True


def configure(level: str) -> None:
    """Send every log of the process to standard error as JSON; uvicorn's too, as it is run without its own setup."""
    logging.basicConfig(level=level, handlers=[json_handler(sys.stderr)], force=True)
    # One line for each request to Convex would repeat what the access log says.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def json_handler(stream: TextIO) -> logging.Handler:
    """A handler that writes one JSON object a line."""
    handler = logging.StreamHandler(stream)
    names = {"asctime": "at", "levelname": "level", "name": "logger"}
    formatter = JsonFormatter(
        "{asctime}{levelname}{name}{message}",
        datefmt="%Y-%m-%dT%H:%M:%S%z",
        style="{",
        rename_fields=names,
        # uvicorn sends some messages twice, once with colours.
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
    )
    handler.setFormatter(formatter)
    handler.addFilter(_WithRequestId())
    return handler
