"""One JSON object a line on standard output: readable by `kubectl logs` and by any log collector."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def log(message: str, **fields: Any) -> None:
    """Write one line; fields are what a reader would search for (scene, seconds, bytes), never user text."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stdout.write(json.dumps({"at": at, "message": message, **fields}, ensure_ascii=False) + "\n")
    sys.stdout.flush()
