"""The operator put together: which parts run side by side, and how they stop."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket

from videotutor_operator import handlers, health
from videotutor_operator.cache import Cache
from videotutor_operator.cluster import Cluster, connect
from videotutor_operator.errors import ClusterError
from videotutor_operator.queue import WorkQueue
from videotutor_operator.reconcile import Installation, Reconciler
from videotutor_operator.reporter import Reporter
from videotutor_operator.resync import INTERVAL, Resync
from videotutor_operator.settings import Settings

STUCK_SECONDS = 120.0
"""A pass that takes longer than this will not end by itself."""

log = logging.getLogger(__name__)


class App:
    """One running operator."""

    def __init__(self, settings: Settings, cluster: Cluster) -> None:
        self._settings = settings
        self._cache = Cache()
        self._queue = WorkQueue(self._look_at, expected=ClusterError)
        self._reporter = Reporter(settings.receiver(), self._cache.videojob, self._queue.add)
        installation = Installation(settings.site(), settings.runtime(), instance=socket.gethostname())
        self._reconciler = Reconciler(installation, cluster, self._cache, self._reporter)
        self._resync = Resync(cluster, self._cache, self._queue)
        self._stop = asyncio.Event()
        self._working: list[asyncio.Task[None]] = []
        self._watching: list[asyncio.Task[None]] = []

    async def _look_at(self, name: str) -> float | None:
        return await self._reconciler.look_at(name)

    def alive(self) -> dict[str, str]:
        """What is wrong enough for a restart."""
        problems = {part.get_name(): "it ended" for part in (*self._working, *self._watching) if part.done()}
        if self._queue.longest_pass() > STUCK_SECONDS:
            problems["queue"] = f"a pass takes longer than {STUCK_SECONDS:.0f} s"
        if self._resync.last is not None:
            age = asyncio.get_running_loop().time() - self._resync.last
            if age > 3 * INTERVAL:
                problems["cluster"] = f"not listed for {age:.0f} s"
        return problems

    def ready(self) -> dict[str, str]:
        """What keeps the operator from working."""
        if self._resync.last is None:
            return {"cache": "the first list has not arrived"}
        return self.alive()

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT, or until a part fails, which is raised."""
        server = await health.serve(self._settings.health_port, self.alive, self.ready)
        try:
            await self._until_stopped()
        finally:
            await self._end_parts()
            await server.cleanup()

    async def _until_stopped(self) -> None:
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        self._on_signals()
        first = asyncio.create_task(self._resync.first(), name="first list")
        await asyncio.wait({first, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not first.done():
            first.cancel()
            return
        first.result()
        log.info("the cluster is listed; %d VideoJobs to look at", len(self._queue))
        registry = handlers.registry(self._cache, self._queue)
        watching = handlers.watch(self._settings.served, registry, self._on_signals, self._settings.watch_inactivity)
        self._working = [
            asyncio.create_task(self._queue.run(self._settings.workers), name="queue"),
            asyncio.create_task(self._resync.run(), name="resync"),
            asyncio.create_task(self._reporter.run(), name="reports"),
        ]
        self._watching = [asyncio.create_task(watching, name="watch")]
        done, _ = await asyncio.wait({*self._working, *self._watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for part in done:
            part.result()
        if stopping not in done:
            raise ClusterError(f"{', '.join(part.get_name() for part in done)} ended by itself")

    async def _end_parts(self) -> None:
        """Stop working, then sending, then watching: Kopf would wait for tasks that still run."""
        await _cancelled(self._working)
        await self._reporter.close()
        await _cancelled(self._watching)

    def _on_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def run(settings: Settings) -> None:
    """Connect to the cluster and run the operator there."""
    api = await connect()
    try:
        await App(settings, Cluster(api, settings.served)).run()
    finally:
        await api.close()
