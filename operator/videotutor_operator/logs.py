"""Logs as one JSON object a line, for machines and people."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

CHATTY = ("httpx", "httpcore", "aiohttp.access")
"""Loggers that write a line for each request."""


class JsonFormatter(logging.Formatter):
    """Time, level, logger and message, with the VideoJob and the traceback, if any."""

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if videojob := getattr(record, "videojob", None):
            entry["videojob"] = videojob
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure(level: str) -> None:
    """Write logs of this level and above to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
