"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from videojob.base import ellipsize
from videotutor_operator.cluster.requests import Cluster, FailedCreations
from videotutor_operator.core.changes import settled_words
from videotutor_operator.core.model import NO_POD, NOT_STARTED, QUOTA, Child, Wait
from videotutor_operator.core.task import NO_POD_AFTER, UNSTARTED
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache, JobWithoutPod
from videotutor_operator.observed.pods import LONGEST_WAITING
from videotutor_operator.recent import Recent
from videotutor_operator.times import seconds_until

READ_SECONDS = 3.0
"""How often the messages of a namespace are read, while a Job of it has no pod."""
FRESH_SECONDS = 2.0
"""How long the message of a pod is cached."""
SINGLE_READS = 20
"""VideoJobs at most of a namespace whose messages are read one by one each time, where it has too many for one page."""
REMEMBERED = 1_000
"""Jobs and pods at most whose message is remembered, since events expire."""
log = logging.getLogger(__name__)

_PREAMBLE = re.compile(r"^(\(combined from similar events\): )?(Error creating: )?(pods \"[^\"]*\" is forbidden: )?")


class Podless:
    """Cached messages by the uid of the Job or pod. `clock`: UTC; `monotonic`: seconds; `wake`: enqueues a key."""

    def __init__(
        self,
        cluster: Cluster,
        cache: Cache,
        wake: Callable[[str], None],
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cluster = cluster
        self._cache = cache
        self._wake = wake
        self._clock = clock
        self._monotonic = monotonic
        self._requested_at: Recent[str, float] = Recent(REMEMBERED)
        self._known: Recent[str, Wait] = Recent(REMEMBERED)

    async def run(self) -> None:
        """Read the messages of Jobs without pods from time to time, until cancelled."""
        while True:
            await asyncio.sleep(READ_SECONDS)
            try:
                await self.read()
            except Exception:  # they are only messages: no reason to end all passes
                log.exception("the events of Jobs without pods are not read; retry in %.0f s", READ_SECONDS)

    async def read(self) -> None:
        """Read the messages of all Jobs without pods, once for each namespace, and wake VideoJobs with new ones.

        Passes request none: in a burst, hundreds of Jobs wait for their pods, and nearly all have no message. Where
        events cannot be read, the status has no cause; nothing else fails.
        """
        now, waiting = self._clock(), dict[str, list[JobWithoutPod]]()
        for job in self._cache.jobs_without_pods():
            if _lasts(job.since, NO_POD_AFTER, now):
                waiting.setdefault(job.namespace, []).append(job)
        for namespace, jobs in waiting.items():
            try:
                found = await self._cluster.failed_creations(namespace)
                messages = found.messages if found.complete else await self._read_singly(namespace, jobs, found)
            except ClusterError:
                continue
            for job in jobs:
                self._learn(job, messages.get(job.uid, ""))

    async def _read_singly(self, namespace: str, jobs: list[JobWithoutPod], found: FailedCreations) -> dict[str, str]:
        """The messages with those of Jobs that are not among them: of one for each VideoJob, and in turn."""
        first = {job.videojob: job.uid for job in reversed(jobs) if job.uid not in found.messages}
        in_turn = sorted(first.values(), key=lambda uid: self._requested_at.get(uid, float("-inf")))
        messages = dict(found.messages)
        for uid in in_turn[:SINGLE_READS]:
            self._requested_at[uid] = self._monotonic()
            messages[uid] = await self._cluster.why_no_pod(namespace, uid)
        return messages

    def _learn(self, job: JobWithoutPod, message: str) -> None:
        if not message:
            return
        before, wait = self._known.get(job.uid), wait_of(message)
        self._known[job.uid] = wait
        if before is None or settled_words(before.message) != settled_words(wait.message):
            self._wake(job.videojob)

    async def explain(self, namespace: str, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts, with Kubernetes' message for the first one without a pod, or whose pod does not start.

        Others of the same kind share it.
        """
        found = tuple(children)
        without = [child for child in found if child.podless_since]
        if wait := next((self._known[child.uid] for child in without if child.uid in self._known), None):
            found = tuple(replace(child, wait=wait) if child.podless_since else child for child in found)
        if unstarted := [child for child in found if _lasts(child.unstarted_since, UNSTARTED, now)]:
            wait = await self._why_not_started(namespace, unstarted[0].pod_uid)
            found = tuple(replace(child, wait=wait) if child in unstarted else child for child in found)
        return found

    async def _why_not_started(self, namespace: str, uid: str) -> Wait | None:
        """The wait for the latest message of a pod, or for the last one where there is none any more."""
        if self._monotonic() - self._requested_at.get(uid, float("-inf")) >= FRESH_SECONDS:
            self._requested_at[uid] = self._monotonic()
            if message := await _message(self._cluster.why_not_started(namespace, uid)):
                words = ellipsize(f"the node does not start its pod: {message}", LONGEST_WAITING)
                self._known[uid] = Wait(NOT_STARTED, words)
        return self._known.get(uid)


async def _message(request: Awaitable[str]) -> str:
    """The message that a request returns; empty where events cannot be read."""
    try:
        return await request
    except ClusterError:
        return ""


def _lasts(since: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Whether something is so for an interval."""
    return since is not None and not seconds_until(since + interval, now, interval)


def wait_of(message: str) -> Wait:
    """The wait for the message of a FailedCreate event, without the pod's name, which changes each time."""
    words = ellipsize(_PREAMBLE.sub("", message), LONGEST_WAITING)
    return Wait(QUOTA if "exceeded quota" in words else NO_POD, f"Kubernetes makes no pod: {words}")
