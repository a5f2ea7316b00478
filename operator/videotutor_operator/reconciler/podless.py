"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from videojob.base import shorten
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import NO_POD, NOT_STARTED, QUOTA, Child, Wait
from videotutor_operator.core.task import PODLESS, UNSTARTED
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.pods import LONGEST_WAITING
from videotutor_operator.recent import Recent

FRESH_SECONDS, SILENT_SECONDS = 6.0, 1.0
"""How long a message is cached, less than the interval of nudges; and how long a missing one is."""
WORDLESS = timedelta(seconds=6)
"""How much longer to wait for a message before the status says that there is no pod."""
REMEMBERED = 1_000
"""Jobs at most whose message is cached."""
_PREAMBLE = re.compile(r"^(\(combined from similar events\): )?(Error creating: )?(pods \"[^\"]*\" is forbidden: )?")


class Podless:
    """Cached messages by the uid of the Job or pod. `clock`: monotonic seconds."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.monotonic) -> None:
        self._cluster = cluster
        self._clock = clock
        self._known: Recent[str, tuple[float, Wait | None]] = Recent(REMEMBERED)

    async def explain(self, namespace: str, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts, with Kubernetes' message for the first one without a pod, or whose pod does not start.

        Others of the same kind share it. Where events cannot be read, the message is less precise and later; nothing
        else fails.
        """
        found = tuple(children)
        if without := [c for c in found if c.podless_since and c.podless_since + PODLESS <= now and c.uid]:
            wait = await self._words(namespace, without[0].uid, self._cluster.why_no_pod, wait_of)
            found = tuple(replace(c, wait=wait or _without_words(c, now)) if c in without else c for c in found)
        if unstarted := [c for c in found if c.unstarted_since and c.unstarted_since + UNSTARTED <= now]:
            wait = await self._words(namespace, unstarted[0].pod_uid, self._cluster.why_not_started, _unstarted_wait)
            found = tuple(replace(c, wait=wait) if c in unstarted else c for c in found)
        return found

    async def _words(
        self, namespace: str, uid: str, request: Callable[[str, str], Awaitable[str]], read: Callable[[str], Wait]
    ) -> Wait | None:
        at, wait = self._known.get(uid, (float("-inf"), None))
        if self._clock() - at > (FRESH_SECONDS if wait else SILENT_SECONDS):
            try:
                message = await request(namespace, uid)
            except ClusterError:
                message = ""
            wait = read(message) if message else wait
            at = self._clock()
        self._known[uid] = at, wait
        return wait


def _without_words(child: Child, now: datetime) -> Wait | None:
    """The wait without a message, once none is expected any more."""
    late = child.podless_since is not None and child.podless_since + PODLESS + WORDLESS <= now
    return child.wait if late else None


def wait_of(message: str) -> Wait:
    """The wait for the message of a FailedCreate event, without the pod's name, which changes each time."""
    words = shorten(_PREAMBLE.sub("", message), LONGEST_WAITING)
    return Wait(QUOTA if "exceeded quota" in words else NO_POD, f"Kubernetes makes no pod: {words}")


def _unstarted_wait(message: str) -> Wait:
    return Wait(NOT_STARTED, shorten(f"the node does not start its pod: {message}", LONGEST_WAITING))
