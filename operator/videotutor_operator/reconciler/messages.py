"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
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
from videotutor_operator.times import CLOCKS_APART, seconds_until_lasting

READ_SECONDS = 3.0
"""How often the messages of a namespace are read, while a Job or pod of it waits."""
LONGEST_READ = 3.0
"""Seconds for all messages of a namespace, and for those that are then read one by one; the next time continues."""
NAMESPACES_AT_ONCE = 16
"""Namespaces whose messages are requested at once; those whose messages could not be read come last."""
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


class Known(NamedTuple):
    """A message as it came, when, and the wait for it."""

    text: str
    at: datetime | None
    wait: Wait


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
        self._known: dict[str, Known] = {}
        self._failed: Recent[tuple[str, str], str] = Recent(REMEMBERED)

    async def read(self) -> float:
        """Read the messages of all that waits, once for each namespace, and wake VideoJobs with new ones.

        Where events cannot be read, the status has no cause; nothing else fails. Returns the seconds until the next
        time.
        """
        now, due = self._clock(), dict[tuple[Source, str], list[Waiting]]()
        known, self._known = self._known, {}
        for source in self._sources:
            for waiting in source.waiting():
                if (former := known.get(waiting.uid)) and _is_about(waiting, former.at):
                    self._known[waiting.uid] = former
                if not seconds_until_lasting(waiting.since, source.after, now):
                    due.setdefault((source, waiting.namespace), []).append(waiting)
        at_once = asyncio.Semaphore(NAMESPACES_AT_ONCE)
        places = sorted(due, key=lambda place: bool(self._failed.get((place[0].events, place[1]))))
        pauses = await asyncio.gather(*(self._try(*place, due[place], at_once) for place in places))
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
            if self._learn(source, one, found.by_uid.get(one.uid, Message())):
                await asyncio.sleep(0)  # to redact the messages that someone forged takes a while
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
        """What is read one by one: one Job or pod of each VideoJob, those first that were not for the longest."""
        one_each: dict[str, Waiting] = {}
        for one in sorted(waiting, key=lambda one: self._requested_at.get(one.uid, float("-inf"))):
            one_each.setdefault(one.videojob, one)
        return list(one_each.values())[:SINGLE_READS]

    def _learn(self, source: Source, waiting: Waiting, message: Message) -> bool:
        """Remember a message, unless it is about an earlier pod. Returns whether it is a new one."""
        before = self._known.get(waiting.uid)
        if not message.text or not _is_about(waiting, message.at) or (before and before.text == message.text):
            return False
        wait = source.wait(message.text)
        self._known[waiting.uid] = Known(message.text, message.at, wait)
        if before is None or settled_words(before.wait.message) != settled_words(wait.message):
            self._wake(waiting.videojob)
        return True

    def explain(self, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts of a VideoJob, with the messages about those without a pod and those whose pod does not start.

        A Job without a message has that of another one: most causes are the same for all.
        """
        shared = next((known for child in children if child.podless_since and (known := self._wait(child.uid))), None)
        return tuple(self._explain(child, shared, now) for child in children)

    def _explain(self, child: Child, shared: Wait | None, now: datetime) -> Child:
        if child.podless_since:
            wait = self._wait(child.uid) or shared
        else:
            wait = self._wait(child.pod_uid) if _is_unstarted(child, now) else None
        return replace(child, wait=wait) if wait else child

    def _wait(self, uid: str) -> Wait | None:
        return self._known[uid].wait if uid in self._known else None


def _is_about(waiting: Waiting, at: datetime | None) -> bool:
    """Whether a message is about this wait, not about an earlier one of the same Job."""
    return at is None or at >= waiting.since - CLOCKS_APART


def _is_unstarted(child: Child, now: datetime) -> bool:
    return child.unstarted_since is not None and not seconds_until_lasting(child.unstarted_since, UNSTARTED, now)
