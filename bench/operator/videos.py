"""Videos made by the operator: from the first VideoJob's creation to the last one's `Succeeded`."""

from __future__ import annotations

import asyncio
import time

from bench.operator.api import VIDEOJOBS, Api
from bench.operator.errors import BenchError
from bench.operator.work import Load, Run, videojob_manifest
from videojob.phases import TERMINAL, Phase


async def make(api: Api, namespace: str, load: Load, *, within: float) -> Run:
    """Make every video with the operator that serves the namespace.

    Raises:
        BenchError: one of them ended otherwise.
        TimeoutError: that takes longer than `within` seconds.
    """
    path = f"{VIDEOJOBS}/namespaces/{namespace}/videojobs"
    begun: dict[str, float] = {}
    ended: dict[str, float] = {}
    async with asyncio.timeout(within), asyncio.TaskGroup() as creating:
        changes = api.watch(path, await api.version_of(path))
        started = time.perf_counter()
        for name in load.names():
            begun[name] = time.perf_counter()
            creating.create_task(api.call("POST", path, videojob_manifest(name, load.spec(name))))
        async for change in changes:
            name, status = change["object"]["metadata"]["name"], change["object"].get("status", {})
            phase = status.get("phase")
            if phase in TERMINAL and phase != Phase.SUCCEEDED:
                raise BenchError(f"{name} is {phase}: {status.get('message')}")
            if name in begun and phase == Phase.SUCCEEDED:
                ended.setdefault(name, time.perf_counter())
            if len(ended) == load.videos:
                break
        wall = time.perf_counter() - started
    return Run(wall, tuple(ended[name] - begun[name] for name in ended))
