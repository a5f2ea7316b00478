"""The local Convex server as a process of its own, for tests of the API with Convex beside it."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).parents[3] / "dev" / "convex-local"
START_SECONDS = 60


@dataclass(frozen=True)
class LocalConvex:
    """Where a local Convex answers: functions, and HTTP actions."""

    url: str
    site_url: str


@contextmanager
def local_convex(webhook_secret: str) -> Iterator[LocalConvex]:
    """A server without sign-in, as in the demo; ends with the block."""
    variables = {
        "PORT": "0",
        "SITE_PORT": "0",
        "HOST": "127.0.0.1",
        "VIDEOTUTOR_ANONYMOUS": "allow",
        "VIDEOTUTOR_API_URL": "http://127.0.0.1:9",
        "WEBHOOK_SECRET": webhook_secret,
        "CALLBACK_SECRET": "the-other-secret-of-these-tests",
    }
    process = subprocess.Popen(
        ["node", "--import", "tsx", "src/main.ts"],
        cwd=PACKAGE,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
    )
    try:
        yield _addresses(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _addresses(process: subprocess.Popen[bytes]) -> LocalConvex:
    """The first line that the server writes, once it listens."""
    assert process.stdout
    ready, _, _ = select.select([process.stdout], [], [], START_SECONDS)
    assert ready, f"the local Convex does not listen after {START_SECONDS} s"
    line = process.stdout.readline()
    assert line, "the local Convex ended before it listened"
    found = json.loads(line)
    return LocalConvex(found["url"], found["siteUrl"])
