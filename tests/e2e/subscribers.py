"""Subscribers of a Convex session in other processes, so that their blocking clients disturb nobody."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

from tests.e2e.system import ROOT


class Subscriber:
    """What the JavaScript client of a browser sees of a session."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def until_the_end(self, seconds: float = 240) -> list[dict[str, Any]]:
        """Every change up to the final state.

        Raises:
            subprocess.TimeoutExpired: the end did not come within so many seconds.
        """
        output, _ = self._process.communicate(timeout=seconds)
        assert self._process.returncode == 0
        # the client says on standard output, too, when it loses the connection
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


@contextmanager
def subscribed(convex_url: str, session: str, generation: int = 1) -> Iterator[Subscriber]:
    """A subscriber that is connected and ends with the given generation of the session's video."""
    command = ["node", str(ROOT / "tests/e2e/subscriber.mjs"), convex_url, session, str(generation)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert "subscribed" in process.stdout.readline()
        try:
            yield Subscriber(process)
        finally:
            process.kill()


def phases(changes: list[dict[str, Any]]) -> list[str]:
    """The phases of the session's job in the order in which they were seen."""
    seen = [change["value"]["phase"] for change in changes if change["kind"] == "job" and change["value"]]
    return [phase for phase, _ in groupby(seen)]
