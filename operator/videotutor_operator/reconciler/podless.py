"""Why Kubernetes creates no pod for a Job, or does not start it: the messages of events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from videojob.base import ellipsize
from videotutor_operator.cluster.requests import Cluster, Message
from videotutor_operator.core.changes import settled_words
from videotutor_operator.core.model import NOT_STARTED, Child, Wait
from videotutor_operator.core.task import NO_POD_AFTER, UNSTARTED
from videotutor_operator.errors import ClusterError, TooLarge
from videotutor_operator.observed.cache import Cache, JobWithoutPod
from videotutor_operator.observed.pods import LONGEST_WAITING
from videotutor_operator.recent import Recent
from videotutor_operator.reconciler.waits import wait_for_pod
from videotutor_operator.times import CLOCKS_APART, parse, seconds_until_lasting

READ_SECONDS = 3.0
"""How often the messages of a namespace are read, while a Job of it has no pod."""
LONGEST_READ = 5.0
"""Seconds for one namespace at most; the next time continues."""
NAMESPACES_AT_ONCE = 4
FRESH_SECONDS = 2.0
"""How long the message of a pod is cached."""
SINGLE_READS = 20
"""VideoJobs at most of a namespace whose messages are read one by one each time, where it has too many for one page."""
REMEMBERED = 1_000
"""Pods at most whose message is remembered, since events expire; of Jobs, those that have no pod."""
log = logging.getLogger(__name__)


class Podless:
    """Reads the messages, and remembers them by the uid of the Job or pod.

    `clock`: UTC; `monotonic`: seconds; `wake`: enqueues the key of a VideoJob.
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
        self._cache = cache
        self._wake = wake
        self._clock = clock
        self._monotonic = monotonic
        self._requested_at: Recent[str, float] = Recent(REMEMBERED)
        self._of_jobs: dict[str, Wait] = {}
        self._of_pods: Recent[str, Wait] = Recent(REMEMBERED)
        self._failed: Recent[str, str] = Recent(REMEMBERED)

    async def run(self) -> None:
        """Read the messages of Jobs without pods from time to time, until cancelled."""
        pause = READ_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = await self.read()

    async def read(self) -> float:
        """Read the messages of all Jobs without pods, once for each namespace, and wake VideoJobs with new ones.

        Passes do not request them: in a burst, hundreds of Jobs wait for their pods, and nearly all have no message.
        Where events cannot be read, the status has no cause; nothing else fails. Returns the seconds until the next
        time.
        """
        now, without = self._clock(), self._cache.jobs_without_pods()
        self._of_jobs = {job.uid: self._of_jobs[job.uid] for job in without if job.uid in self._of_jobs}
        waiting: dict[str, list[JobWithoutPod]] = {}
        for job in without:
            if not seconds_until_lasting(job.since, NO_POD_AFTER, now):
                waiting.setdefault(job.namespace, []).append(job)
        at_once = asyncio.Semaphore(NAMESPACES_AT_ONCE)
        pauses = await asyncio.gather(*(self._try(namespace, jobs, at_once) for namespace, jobs in waiting.items()))
        return max((READ_SECONDS, *pauses))

    async def _try(self, namespace: str, jobs: list[JobWithoutPod], at_once: asyncio.Semaphore) -> float:
        """Read the messages of a namespace. Returns for how many seconds the API server accepts no more requests."""
        problem, pause = "", 0.0
        try:
            async with at_once, asyncio.timeout(LONGEST_READ):
                await self._read(namespace, jobs)
        except ClusterError as error:
            problem, pause = str(error), error.retry_after or 0.0
        except TimeoutError:
            problem = f"no response in {LONGEST_READ:.0f} s"
        except Exception as error:
            problem = type(error).__name__
            log.exception("the events of the namespace %s are not read", namespace)
        if problem and self._failed.get(namespace) != problem:
            log.warning("the events of the namespace %s are not read: %s", namespace, problem)
        self._failed[namespace] = problem
        return pause

    async def _read(self, namespace: str, jobs: list[JobWithoutPod]) -> None:
        found = await self._cluster.failed_creations(namespace, [job.uid for job in jobs])
        for job in jobs:
            self._learn(job, found.messages.get(job.uid, Message()))
        missing = [] if found.complete else [job for job in jobs if job.uid not in found.messages]
        for job in self._next(missing):
            self._requested_at[job.uid] = self._monotonic()
            with suppress(TooLarge):
                self._learn(job, await self._cluster.why_no_pod(namespace, job.uid))

    def _next(self, jobs: list[JobWithoutPod]) -> list[JobWithoutPod]:
        """The Jobs whose messages are requested one by one: one of each VideoJob, those that waited longest first."""
        one_each = {job.videojob: job for job in reversed(jobs)}.values()
        return sorted(one_each, key=lambda job: self._requested_at.get(job.uid, float("-inf")))[:SINGLE_READS]

    def _learn(self, job: JobWithoutPod, message: Message) -> None:
        """Remember a message, unless it is about an earlier pod."""
        at = parse(message.at)
        if not message.text or (at and at < job.since - CLOCKS_APART):
            return
        before, wait = self._of_jobs.get(job.uid), wait_for_pod(message.text)
        self._of_jobs[job.uid] = wait
        if before is None or settled_words(before.message) != settled_words(wait.message):
            self._wake(job.videojob)

    async def explain(self, namespace: str, children: Sequence[Child], now: datetime) -> tuple[Child, ...]:
        """The attempts, with Kubernetes' message for the first one without a pod, or whose pod does not start.

        Others of the same kind share it.
        """
        found = tuple(children)
        without = [child for child in found if child.podless_since]
        if wait := next((self._of_jobs[child.uid] for child in without if child.uid in self._of_jobs), None):
            found = tuple(replace(child, wait=wait) if child.podless_since else child for child in found)
        if unstarted := [child for child in found if _is_unstarted(child, now)]:
            wait = await self._why_not_started(namespace, unstarted[0].pod_uid)
            found = tuple(replace(child, wait=wait) if child in unstarted else child for child in found)
        return found

    async def _why_not_started(self, namespace: str, uid: str) -> Wait | None:
        """The wait for the latest message of a pod, or for the last one where there is none any more."""
        if self._monotonic() - self._requested_at.get(uid, float("-inf")) >= FRESH_SECONDS:
            self._requested_at[uid] = self._monotonic()
            if message := await _text(self._cluster.why_not_started(namespace, uid)):
                words = ellipsize(f"the node does not start its pod: {message}", LONGEST_WAITING)
                self._of_pods[uid] = Wait(NOT_STARTED, words)
        return self._of_pods.get(uid)


async def _text(request: Awaitable[Message]) -> str:
    """The text of the message that a request returns; empty where events cannot be read."""
    try:
        return (await request).text
    except ClusterError:
        return ""


def _is_unstarted(child: Child, now: datetime) -> bool:
    return child.unstarted_since is not None and not seconds_until_lasting(child.unstarted_since, UNSTARTED, now)
