"""A page in a real Chromium, which playwright-core drives in a Node process of its own."""

from __future__ import annotations

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

SCRIPT = Path(__file__).with_name("chromium.mjs")
TIMEOUT_SECONDS = 45


class Page:
    """The page."""

    def __init__(self, process: Process) -> None:
        self._input = cast("asyncio.StreamWriter", process.stdin)
        self._output = cast("asyncio.StreamReader", process.stdout)

    async def run(self, expression: str) -> Any:
        """What comes of an expression of JavaScript; a promise is waited for.

        Raises:
            TimeoutError: nothing came of it.
            AssertionError: it threw, which the process has told on standard error.
        """
        self._input.write(f"{json.dumps(expression)}\n".encode())
        async with asyncio.timeout(TIMEOUT_SECONDS):
            answer = await self._output.readline()
        assert answer, f"Chromium's driver ended with: {expression}"
        return json.loads(answer)


@asynccontextmanager
async def opened(address: str) -> AsyncIterator[Page]:
    """The page at this address; Chromium ends with the block."""
    # A Chromium that is no distribution's own, as CI services have it, lacks H.264; Chrome has it everywhere.
    executable = shutil.which("google-chrome") or shutil.which("chromium") or "chromium"
    command = ("node", str(SCRIPT), executable, address)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, limit=2**24)
    try:
        yield Page(process)
    finally:
        cast("asyncio.StreamWriter", process.stdin).close()
        await process.wait()
