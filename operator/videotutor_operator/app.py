"""The operator as a whole: which tasks run side by side, and how they stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from videojob.phases import Phase
from videotutor_operator import health, metrics
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.cluster.wire import connect
from videotutor_operator.errors import ClusterError
from videotutor_operator.leadership.leader import Election, Terms
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import WorkQueue
from videotutor_operator.reconciler.reconciler import Installation, Reconciler
from videotutor_operator.reports.reporter import Reporter
from videotutor_operator.settings import Settings
from videotutor_operator.tasks import TaskSet
from videotutor_operator.watching.namespace import NamespaceWatcher

FIRST_READ_SECONDS = 5.0
"""How long the first pass waits for the first list and for messages about Jobs without pods."""
LISTING_SECONDS = 1.0
"""How soon a pass is tried again before the first list of its namespace is complete."""
STUCK_SECONDS = 120.0
"""A pass without progress for this long is stuck; one request takes at most 15 s."""
RELEASE_SECONDS = 0.6
STOP_SECONDS = 0.2
EXIT_SECONDS = 0.3
"""Longest waits for the release of the Lease, the end of the tasks and the end of the process."""

log = logging.getLogger(__name__)


class App:
    """One running operator.

    A standby watches too, so that its cache is complete when it takes over; the leader also reconciles. A leader that
    loses leadership ends the process, and with it everything in memory; the next start is a standby.
    """

    def __init__(self, settings: Settings, cluster: Cluster, stop: asyncio.Event) -> None:
        self._settings = settings
        self._cache = Cache()
        self._queue = WorkQueue(self._reconcile)
        self._reporter = Reporter(settings.receiver(), self._cache.videojob, self._queue.add)
        installation = Installation(settings.site(), settings.runtime(), settings.identity, limits=settings.limits())
        self._reconciler = Reconciler(installation, cluster, self._cache, self._reporter, self._queue.add)
        cluster.progress = self._queue.note_progress
        self._election = _election(settings, cluster)
        self._watchers = {
            namespace: NamespaceWatcher(cluster, self._cache, self._enqueue, namespace, lambda: on_signals(stop))
            for namespace in settings.served_namespaces or (None,)
        }
        self._stop = stop
        self._standby = self._election is not None
        if self._standby:
            self._cache.stand_by()
        self._watching = TaskSet()
        self._working = TaskSet()
        metrics.WORKQUEUE_DEPTH.set_function(lambda: len(self._queue))
        metrics.LEADER.set_function(self._leads)
        metrics.VIDEOJOBS.read = self._phases
        metrics.WATCH_AGE.read = self._watch_ages

    async def _reconcile(self, key: str) -> float | None:
        """Run a pass, unless the Jobs and VideoJobs of its namespace are not all known yet."""
        watcher = self._watchers.get(key.partition("/")[0]) or self._watchers[None]
        return await self._reconciler.reconcile(key) if watcher.listed.is_set() else LISTING_SECONDS

    def _enqueue(self, key: str, after: float = 0.0) -> None:
        """Enqueue a key, after so many seconds at the latest.

        A standby drops it, and enqueues all keys in its cache at takeover.
        """
        if not self._standby:
            self._queue.add_after(key, after)

    def _take_over(self) -> None:
        """Start reconciling: enqueue what the cache holds, since a standby enqueues nothing."""
        self._standby = False
        for key in self._cache.take_over():
            self._queue.add(key)

    def liveness(self) -> dict[str, str]:
        """Return problems that a restart of this process may fix; a missing API server or CRD is none."""
        ended = (*self._watching.ended_tasks(), *self._working.ended_tasks())
        problems = dict.fromkeys(ended, "task exited unexpectedly")
        if self._queue.longest_silence() > STUCK_SECONDS:
            problems["queue"] = f"a pass has made no progress for {STUCK_SECONDS:.0f} s"
        return problems | self._of_watchers(NamespaceWatcher.dead_watches)

    def ready(self) -> dict[str, str]:
        """Return what prevents this process from leading, or a standby from taking over at once."""
        problems = self.liveness() | self._of_watchers(NamespaceWatcher.readiness_problems)
        if self._election and (why := self._election.problem()):
            problems["election"] = why
        return problems

    def _of_watchers(self, check: Callable[[NamespaceWatcher], dict[str, str]]) -> dict[str, str]:
        """Return the problems of all watchers; with their namespace where several are served."""
        several = len(self._watchers) > 1
        return {
            f"{namespace}: {name}" if several else name: problem
            for namespace, watcher in self._watchers.items()
            for name, problem in check(watcher).items()
        }

    def about(self) -> dict[str, str]:
        """Return the role of this replica, and the leader."""
        role = {"role": "leader" if self._leads() else "standby"}
        return {**role, "leader": self._election.leader} if self._election else role

    def _watch_ages(self) -> Mapping[str, float]:
        """Seconds since the last sign of life of the oldest watch of each kind."""
        watches = [
            (plural, watch.age()) for watcher in self._watchers.values() for plural, watch in watcher.watches.items()
        ]
        return {plural: age for plural, age in sorted(watches, key=lambda item: item[1] or 0) if age is not None}

    def _leads(self) -> bool:
        return self._election is None or self._election.leads()

    def _phases(self) -> Mapping[str, float]:
        if not self._leads():
            return {}
        return {**dict.fromkeys(Phase, 0), **self._cache.phases()}

    async def run(self) -> None:
        """Run until the stop event is set.

        Raises:
            ClusterError: a task ended by itself, or leadership was lost.
        """
        server = await health.serve(self._settings.health_port, self.liveness, self.ready, self.about)
        living = asyncio.create_task(self._live(), name="life")
        stopping = asyncio.create_task(self._stop.wait(), name="stop")
        try:
            await asyncio.wait({living, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if living.done():
                living.result()
        finally:
            living.cancel()
            stopping.cancel()
            await self._end()
            await server.cleanup()

    async def _live(self) -> None:
        for namespace, watcher in self._watchers.items():
            name = f"watches of {namespace or 'all namespaces'}"
            self._watching.start(name, watcher.run(self._settings.watch_inactivity))
        if self._election:
            log.info("waiting for leadership")
            await self._watching.run_until(self._election.win())
            self._working.start("lease", self._election.hold())
        log.info("working")
        self._take_over()
        await self._watching.run_until(self._read_waits())
        self._working.start("queue", self._queue.run(self._settings.workers))
        self._working.start("reports", self._reporter.run())
        self._working.start("waits", self._reconciler.watch_waits())
        await self._working.run_until(self._watching.run_until(asyncio.Event().wait()))

    async def _read_waits(self) -> None:
        """Learn why Jobs have no pods before the first pass, which would write that nothing is known of it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_READ_SECONDS):
                for watcher in self._watchers.values():
                    await watcher.listed.wait()
                await self._reconciler.messages.read()

    async def _end(self) -> None:
        """Stop reconciling, release the Lease, then stop the watches: Kopf would wait for tasks that still run."""
        log.info("stopping")
        stopped = asyncio.create_task(self._working.stop(STOP_SECONDS))
        if self._election:
            try:
                async with asyncio.timeout(RELEASE_SECONDS):
                    await self._election.release()
            except (ClusterError, TimeoutError) as error:
                log.warning("the Lease is not released and must expire: %s", str(error) or "no response")
        await stopped
        await self._reporter.close()
        await self._watching.stop(STOP_SECONDS)


def _election(settings: Settings, cluster: Cluster) -> Election | None:
    if not settings.lease:
        return None
    terms = Terms(settings.namespace, settings.lease, settings.identity, settings.lease_seconds)
    election = Election(cluster, terms)
    cluster.may_write = election.leads
    return election


def on_signals(stop: asyncio.Event) -> None:
    """Let SIGTERM and SIGINT stop the operator."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)


async def run(settings: Settings) -> None:
    """Connect to the cluster and run the operator there.

    The process ends soon after, even while a thread hangs in a DNS lookup, which cannot be cancelled.
    """
    stop = asyncio.Event()
    on_signals(stop)
    wire = await connect()
    try:
        await App(settings, Cluster(wire, settings.writes_per_second), stop).run()
    finally:
        last = threading.Timer(EXIT_SECONDS, os._exit, [0 if stop.is_set() else 1])
        last.daemon = True
        last.start()
        await wire.close()
