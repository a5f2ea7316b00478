"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from videojob.base import ellipsize
from videotutor_operator.cluster.requests import Cluster, FailedCreations
from videotutor_operator.core.model import NO_POD, NOT_STARTED, QUOTA, Child, Wait
from videotutor_operator.core.task import NO_POD_AFTER, UNSTARTED
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.pods import LONGEST_WAITING
from videotutor_operator.recent import Recent
from videotutor_operator.times import seconds_until

FRESH_SECONDS = 2.0
"""How long the messages of a namespace, or of a pod, are cached: in a burst, hundreds of Jobs wait for their pods."""
WORDLESS = timedelta(seconds=25)
"""How much longer to wait for a message before the status says that there is no pod: the Job controller may be busy."""
NAMESPACES = 50
"""Namespaces at most whose messages are cached."""
REMEMBERED = 1_000
"""Jobs and pods at most whose message is remembered, since events expire."""
_PREAMBLE = re.compile(r"^(\(combined from similar events\): )?(Error creating: )?(pods \"[^\"]*\" is forbidden: )?")


class Podless:
    """Cached messages by the uid of the Job or pod. `clock`: monotonic seconds."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.monotonic) -> None:
        self._cluster = cluster
        self._clock = clock
        self._read: Recent[str, tuple[float, FailedCreations]] = Recent(NAMESPACES)
        self._requested_at: Recent[str, float] = Recent(REMEMBERED)
        self._known: Recent[str, Wait] = Recent(REMEMBERED)

    async def explain(self, namespace: str, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts, with Kubernetes' message for the first one without a pod, or whose pod does not start.

        Others of the same kind share it. Where events cannot be read, the message is less precise and later; nothing
        else fails.
        """
        found = tuple(children)
        if without := [c for c in found if c.uid and _lasts(c.podless_since, NO_POD_AFTER, now)]:
            wait = await self._why_no_pod(namespace, without[0].uid)
            found = tuple(replace(c, wait=wait or _without_words(c, now)) if c in without else c for c in found)
        if unstarted := [c for c in found if _lasts(c.unstarted_since, UNSTARTED, now)]:
            wait = await self._why_not_started(namespace, unstarted[0].pod_uid)
            found = tuple(replace(c, wait=wait) if c in unstarted else c for c in found)
        return found

    async def _why_no_pod(self, namespace: str, uid: str) -> Wait | None:
        return await self._remember(uid, self._failed_creation(namespace, uid), wait_of)

    async def _why_not_started(self, namespace: str, uid: str) -> Wait | None:
        if self._clock() - self._requested_at.get(uid, float("-inf")) < FRESH_SECONDS:
            return self._known.get(uid)
        self._requested_at[uid] = self._clock()
        return await self._remember(uid, self._cluster.why_not_started(namespace, uid), _unstarted_wait)

    async def _failed_creation(self, namespace: str, uid: str) -> str:
        at, read = self._read.get(namespace, (float("-inf"), FailedCreations()))
        if self._clock() - at >= FRESH_SECONDS:
            self._read[namespace] = self._clock(), FailedCreations()  # meanwhile others do not read them too
            read = await self._cluster.failed_creations(namespace)
            self._read[namespace] = self._clock(), read
        message = read.messages.get(uid, "")
        return message if message or read.complete else await self._cluster.why_no_pod(namespace, uid)

    async def _remember(self, uid: str, request: Awaitable[str], read: Callable[[str], Wait]) -> Wait | None:
        """The wait for the message that a request returns, or for the last one where it returns or gets none."""
        try:
            message = await request
        except ClusterError:
            message = ""
        if message:
            self._known[uid] = read(message)
        return self._known.get(uid)


def _without_words(child: Child, now: datetime) -> Wait | None:
    """The wait without a message, once none is expected any more."""
    return child.wait if _lasts(child.podless_since, NO_POD_AFTER + WORDLESS, now) else None


def _lasts(since: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Whether something is so for an interval."""
    return since is not None and not seconds_until(since + interval, now, interval)


def wait_of(message: str) -> Wait:
    """The wait for the message of a FailedCreate event, without the pod's name, which changes each time."""
    words = ellipsize(_PREAMBLE.sub("", message), LONGEST_WAITING)
    return Wait(QUOTA if "exceeded quota" in words else NO_POD, f"Kubernetes makes no pod: {words}")


def _unstarted_wait(message: str) -> Wait:
    return Wait(NOT_STARTED, ellipsize(f"the node does not start its pod: {message}", LONGEST_WAITING))
