"""Videos made by the operator: from the first VideoJob's creation to the last one's `Succeeded`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from bench.common.errors import BenchError
from bench.operator.api import VIDEOJOBS, Api
from bench.operator.work import Load, videojob_manifest
from videojob.phases import TERMINAL, Phase


async def make(
    api: Api,
    namespace: str,
    load: Load,
    *,
    within: float,
    observe: Callable[[dict[str, Any]], None] = lambda _: None,
) -> float:
    """Make every video with the operator that serves the namespace; the answer is how many seconds that took.

    `observe` is called with each version of each VideoJob.

    Raises:
        BenchError: one of them ended otherwise.
        TimeoutError: that takes longer than `within` seconds.
    """
    path = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs"
    waiting = set(load.names())
    async with asyncio.timeout(within), asyncio.TaskGroup() as creating:
        changes = api.watch(path, await api.version_of(path))
        started = time.perf_counter()
        for name in load.names():
            creating.create_task(api.call("POST", path, videojob_manifest(name, load.spec(name))))
        async for change in changes:
            observe(change["object"])
            name, status = change["object"]["metadata"]["name"], change["object"].get("status", {})
            phase = status.get("phase")
            if phase in TERMINAL and phase != Phase.SUCCEEDED:
                raise BenchError(f"{name} is {phase}: {status.get('message')}")
            if phase == Phase.SUCCEEDED:
                waiting.discard(name)
            if not waiting:
                break
        return time.perf_counter() - started
