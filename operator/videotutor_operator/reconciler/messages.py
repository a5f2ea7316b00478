"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from videotutor_operator.cluster.requests import NO_POD_EVENTS, NOT_STARTED_EVENTS, Cluster, Message, Messages
from videotutor_operator.core.changes import settled_words
from videotutor_operator.core.model import Child, Wait
from videotutor_operator.core.task import NO_POD_AFTER, UNSTARTED
from videotutor_operator.errors import ClusterError, TooLarge
from videotutor_operator.observed.cache import Cache, Waiting
from videotutor_operator.recent import Recent
from videotutor_operator.reconciler.waits import wait_for_pod, wait_for_start
from videotutor_operator.times import CLOCKS_APART, parse, seconds_until_lasting

READ_SECONDS = 3.0
"""How often the messages of a namespace are read, while a Job or pod of it waits."""
LONGEST_READ = 3.0
"""Seconds for all messages of a namespace, and for those that are then read one by one; the next time continues."""
NAMESPACES_AT_ONCE = 4
SINGLE_READS = 20
"""VideoJobs at most of a namespace whose messages are read one by one each time, where it has too many for one page."""
REMEMBERED = 1_000
"""Jobs and pods at most whose messages are read one by one in turn."""
log = logging.getLogger(__name__)


class Source(NamedTuple):
    """Events that explain one kind of wait.

    `events`: their field selector; `waiting`: what waits now; `after`: how long something waits before its messages are
    read; `wait`: the wait for a message.
    """

    events: str
    waiting: Callable[[], tuple[Waiting, ...]]
    after: timedelta
    wait: Callable[[str], Wait]


class MessageReader:
    """Reads the messages beside the passes, and remembers them, since events expire, for as long as something waits.

    Passes request nothing: in a burst, hundreds of Jobs wait for their pods, and nearly all have no message; and an API
    server that is slow with events must not delay them. `clock`: UTC; `monotonic`: seconds; `wake`: enqueues the key of
    a VideoJob.
    """

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        wake: Callable[[str], None],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._sources = (
            Source(NO_POD_EVENTS, cache.jobs_without_pods, NO_POD_AFTER, wait_for_pod),
            Source(NOT_STARTED_EVENTS, cache.unstarted_pods, UNSTARTED, wait_for_start),
        )
        self._wake = wake
        self._clock = clock
        self._monotonic = monotonic
        self._requested_at: Recent[str, float] = Recent(REMEMBERED)
        self._waits: dict[str, Wait] = {}
        self._failed: Recent[tuple[str, str], str] = Recent(REMEMBERED)

    async def run(self) -> None:
        """Read the messages from time to time, until cancelled."""
        pause = READ_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = await self.read()

    async def read(self) -> float:
        """Read the messages of all that waits, once for each namespace, and wake VideoJobs with new ones.

        Where events cannot be read, the status has no cause; nothing else fails. Returns the seconds until the next
        time.
        """
        now, due = self._clock(), dict[tuple[Source, str], list[Waiting]]()
        known, self._waits = self._waits, {}
        for source in self._sources:
            for waiting in source.waiting():
                if waiting.uid in known:
                    self._waits[waiting.uid] = known[waiting.uid]
                if not seconds_until_lasting(waiting.since, source.after, now):
                    due.setdefault((source, waiting.namespace), []).append(waiting)
        at_once = asyncio.Semaphore(NAMESPACES_AT_ONCE)
        pauses = await asyncio.gather(*(self._try(*where, waiting, at_once) for where, waiting in due.items()))
        return max((READ_SECONDS, *pauses))

    async def _try(self, source: Source, namespace: str, waiting: list[Waiting], at_once: asyncio.Semaphore) -> float:
        """Read the messages of a namespace. Returns for how many seconds the API server accepts no more requests."""
        problem, pause = "", 0.0
        try:
            async with at_once:
                await self._read(source, namespace, waiting)
        except ClusterError as error:
            problem, pause = str(error), error.retry_after or 0.0
        except TimeoutError:
            problem = f"no response in {LONGEST_READ:.0f} s"
        except Exception as error:
            problem = type(error).__name__
            log.exception("the events of the namespace %s are not read", namespace)
        if problem and self._failed.get((source.events, namespace)) != problem:
            log.warning("the events of the namespace %s are not read: %s", namespace, problem)
        self._failed[source.events, namespace] = problem
        return pause

    async def _read(self, source: Source, namespace: str, waiting: list[Waiting]) -> None:
        found = await self._read_all(source, namespace, waiting)
        for one in waiting:
            self._learn(source, one, found.by_uid.get(one.uid, Message()))
        missing = [] if found.complete else [one for one in waiting if one.uid not in found.by_uid]
        async with asyncio.timeout(LONGEST_READ):
            for one in self._next(missing):
                self._requested_at[one.uid] = self._monotonic()
                with suppress(TooLarge):
                    self._learn(source, one, await self._cluster.message(namespace, source.events, one.uid))

    async def _read_all(self, source: Source, namespace: str, waiting: list[Waiting]) -> Messages:
        """The messages of a namespace; incomplete where it has too many to be read in time."""
        try:
            async with asyncio.timeout(LONGEST_READ):
                return await self._cluster.messages(namespace, source.events, [one.uid for one in waiting])
        except TimeoutError:
            return Messages(complete=False)

    def _next(self, waiting: list[Waiting]) -> list[Waiting]:
        """What is read one by one: one Job or pod of each VideoJob, those that waited longest first."""
        one_each = {one.videojob: one for one in reversed(waiting)}.values()
        return sorted(one_each, key=lambda one: self._requested_at.get(one.uid, float("-inf")))[:SINGLE_READS]

    def _learn(self, source: Source, waiting: Waiting, message: Message) -> None:
        """Remember a message, unless it is about an earlier pod."""
        at = parse(message.at)
        if not message.text or (at and at < waiting.since - CLOCKS_APART):
            return
        before, wait = self._waits.get(waiting.uid), source.wait(message.text)
        self._waits[waiting.uid] = wait
        if before is None or settled_words(before.message) != settled_words(wait.message):
            self._wake(waiting.videojob)

    def explain(self, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts of a VideoJob, with the message of one without a pod, and of one whose pod does not start.

        Others of the same kind share it.
        """
        no_pod = self._first(child.uid for child in children if child.podless_since)
        not_started = self._first(child.pod_uid for child in children if child.unstarted_since)
        return tuple(
            replace(child, wait=no_pod)
            if no_pod and child.podless_since
            else replace(child, wait=not_started)
            if not_started and _is_unstarted(child, now)
            else child
            for child in children
        )

    def _first(self, uids: Iterable[str]) -> Wait | None:
        return next((self._waits[uid] for uid in uids if uid in self._waits), None)


def _is_unstarted(child: Child, now: datetime) -> bool:
    return child.unstarted_since is not None and not seconds_until_lasting(child.unstarted_since, UNSTARTED, now)
