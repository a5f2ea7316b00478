"""Whether the public image registry can be used from here: decided quickly, once, and remembered for the run."""

from __future__ import annotations

import http
import urllib.error
import urllib.request
from functools import cache

_ADDRESS = "https://registry-1.docker.io/v2/"
_SECONDS = 4.0


@cache
def reachable() -> bool:
    """True when the registry answers; it answers strangers with 401."""
    try:
        with urllib.request.urlopen(_ADDRESS, timeout=_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        return error.code == http.HTTPStatus.UNAUTHORIZED
    except (urllib.error.URLError, TimeoutError, OSError):
        return False
