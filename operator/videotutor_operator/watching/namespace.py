"""Lists and watches that keep the cache up to date, for one served namespace or for all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from videotutor_operator.cluster.requests import WATCH_SECONDS, Cluster
from videotutor_operator.cluster.resources import JOBS, PODS, VIDEOJOBS
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache
from videotutor_operator.queue import Enqueue, backoff
from videotutor_operator.watching import videojobs
from videotutor_operator.watching.probe import Probe
from videotutor_operator.watching.resync import Resync
from videotutor_operator.watching.watch import Watch
from videotutor_operator.watching.workloads import WorkloadWatcher

DEAD_SECONDS = WATCH_SECONDS + 90.0
"""A watch that is silent for longer, while the API server serves its kind, does not recover: each is requested again
before that."""
CATCH_UP_SECONDS = 20.0
"""From the start of Kopf to a list, which finds what was deleted between the list before and the start of the watch."""
LONGEST_BACKOFF = 20.0
"""Seconds between two starts of Kopf, before jitter of a half."""

log = logging.getLogger(__name__)


class NamespaceWatcher:
    """Lists and watches the VideoJobs, Jobs and pods of one namespace, or of all (None)."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        enqueue: Enqueue,
        namespace: str | None,
        on_signals: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._on_signals = on_signals
        self._resync = Resync(cluster, cache, enqueue, namespace)
        self.watches = {resource.plural: Watch(resource) for resource in (VIDEOJOBS, JOBS, PODS)}
        self._probe = Probe(cluster, namespace, self.watches.values())
        self._registry = videojobs.registry(cache, enqueue, self.watches[VIDEOJOBS.plural])
        self._workloads = [
            WorkloadWatcher(cluster, cache, enqueue, self._resync, self.watches[resource.plural])
            for resource in (JOBS, PODS)
        ]

    @property
    def listed(self) -> asyncio.Event:
        """Set after the first list."""
        return self._resync.listed

    def dead_watches(self) -> dict[str, str]:
        """Watches that a restart may fix, with how long they have been silent."""
        silences = {plural: watch.dead_for() for plural, watch in self.watches.items()}
        return {f"watch of {p}": f"silent for {s:.0f} s" for p, s in silences.items() if s > DEAD_SECONDS}

    def readiness_problems(self) -> dict[str, str]:
        """Reasons why the cache is not up to date: a first list that is missing, kinds that are not served."""
        if not self.listed.is_set():
            return {"cache": "the first list has not arrived"}
        return {plural: watch.problem for plural, watch in self.watches.items() if watch.problem}

    async def run(self, silence: float) -> None:
        """List and watch until cancelled. A watch without a line for `silence` seconds is requested again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._resync.run(), name="resync")
            group.create_task(self._probe.run(), name="probe")
            group.create_task(self._follow_videojobs(silence), name="watch of videojobs")
            for watcher in self._workloads:
                group.create_task(watcher.run(silence), name="watch of workloads")

    async def _follow_videojobs(self, silence: float) -> None:
        """Run Kopf, and restart it when it gives up: an API server or a CRD may be missing for a while."""
        await self.listed.wait()
        self.watches[VIDEOJOBS.plural].note_sign_of_life()
        loop, failures = asyncio.get_running_loop(), 0
        while True:
            started = loop.time()
            catch_up = loop.call_later(CATCH_UP_SECONDS, self._resync.request)
            try:
                await videojobs.follow(self._namespace, self._registry, self._on_signals, silence)
            except ClusterError as error:
                log.warning("the watch of VideoJobs ended and is started again: %s", error)
            finally:
                catch_up.cancel()
            failures = 0 if loop.time() - started > LONGEST_BACKOFF else failures
            while True:
                failures += 1
                await asyncio.sleep(backoff(failures, longest=LONGEST_BACKOFF))
                if await self._can_follow():
                    break

    async def _can_follow(self) -> bool:
        """Whether VideoJobs are served and Kopf would discover them; then update the cache."""
        await self._probe.check(self.watches[VIDEOJOBS.plural])
        try:
            if not await self._cluster.is_discoverable(VIDEOJOBS):
                return False
            await self._resync.run_once()
        except ClusterError as error:
            log.info("the watch of VideoJobs cannot start: %s", error)  # the probe warns, once
            return False
        return True
