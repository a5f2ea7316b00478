"""One pass over one VideoJob: read the cache, decide, write the status once, report, act, write events."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import assert_never

from videojob.phases import TERMINAL
from videojob.status import VideoJobStatus
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.changes import RESTING
from videotutor_operator.core.decide import decide
from videotutor_operator.core.lingering import is_overdue
from videotutor_operator.core.model import (
    Action,
    Child,
    CreateJob,
    Decision,
    DeleteJob,
    DeleteVideoJob,
    EndJob,
    NudgeJob,
    Site,
    State,
    VideoJob,
)
from videotutor_operator.core.step import soonest
from videotutor_operator.errors import ClusterError, Conflict, Missing, Refused, Terminating
from videotutor_operator.manifests.job import Runtime, job_manifest
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.removed import Removed
from videotutor_operator.queue import Deferred
from videotutor_operator.reconciler.budget import Budget
from videotutor_operator.reconciler.evidence import Evidence
from videotutor_operator.reconciler.measure import QueueWaits
from videotutor_operator.reconciler.messages import READ_SECONDS, MessageReader
from videotutor_operator.reconciler.pace import REFUSED_INTERVAL, Pace
from videotutor_operator.reconciler.refusals import LONGEST_SECONDS, Refusals
from videotutor_operator.reconciler.removals import Removals
from videotutor_operator.reconciler.statuses import StatusWriter
from videotutor_operator.reconciler.turns import Turns
from videotutor_operator.reports.reporter import Reporter

FOLLOW_UP_SECONDS = 10.0
"""How soon to reconcile again after a write, where neither the decision nor an event is due earlier."""
STUCK_AFTER = timedelta(seconds=60)
"""How long a Job may wait for its pod, or its pod for a node, before it takes a place in its own namespace only."""
COUNTED_EVERY = timedelta(seconds=1)
"""How often such Jobs are counted."""
DENIED_SECONDS = 300.0
"""How soon to reconcile again where there was no room; a free place wakes the next VideoJob earlier."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Installation:
    """Settings of all passes. `instance` names this process in events."""

    site: Site
    runtime: Runtime
    instance: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    limits: Limits = field(default_factory=Limits)


class Reconciler:
    """Runs passes. Its memory may be lost at any time. `wake`: puts a key on the work queue."""

    def __init__(
        self,
        installation: Installation,
        cluster: Cluster,
        cache: Cache,
        reporter: Reporter,
        wake: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._installation = installation
        self._cluster = cluster
        self._cache = cache
        self._reporter = reporter
        self._wake = wake
        self._refusals = Refusals(installation.clock)
        self._removals = Removals()
        self.messages = MessageReader(cluster, cache, wake, installation.clock)
        self._evidence = Evidence(cluster, cache)
        self._budget = Budget(installation.limits, self._active_jobs, self._stuck_jobs)
        self._stuck = (datetime.min.replace(tzinfo=UTC), Counter[str]())
        self._turns = Turns(cache.size, wake)
        self._pace = Pace()
        self._statuses = StatusWriter(cluster, cache, self._pace, installation.instance, installation.clock)
        self._waits = QueueWaits()

    def _active_jobs(self) -> Counter[str]:
        """Number of Jobs that take a place, or may, by namespace."""
        active, unknown = self._cache.active_jobs(), self._refusals.unknown_jobs()
        return active + unknown if unknown else active

    def _stuck_jobs(self) -> Counter[str]:
        """Number of Jobs that have waited for long, by namespace; counted once a second: each pass reads it often."""
        counted_at, stuck = self._stuck
        now = self._installation.clock()
        if not timedelta() <= now - counted_at < COUNTED_EVERY:
            stuck = self._cache.stuck_jobs(now - STUCK_AFTER)
            self._stuck = (now, stuck)
        return stuck

    async def reconcile(self, key: str) -> float | None:
        """Run one pass. Returns after how many seconds to reconcile again, None for at the next change.

        A free place wakes only VideoJobs whose latest pass was carried out: it shortens no backoff.

        Raises:
            Deferred: the VideoJob is large, and another large one has its pass; its key is enqueued when it can start.
        """
        if not self._turns.take(key):
            raise Deferred
        try:
            return await self._pass(key)
        except BaseException:
            self._budget.forget(key)
            raise
        finally:
            self._turns.release(key)
            self._wake_waiting()

    def _wake_waiting(self) -> None:
        for waiting in self._budget.next():
            self._wake(waiting)

    async def watch_waits(self) -> None:
        """Until cancelled: read why Jobs and pods wait, and wake who gets the places of those that wait for long."""
        pause = READ_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = await self.messages.read()
            self._wake_waiting()

    async def _pass(self, key: str) -> float | None:
        """Read, decide, and carry the decision out."""
        job = self._cache.videojob(key)
        self._forget_deleted(key)
        if job is None:
            return None
        now, job = self._installation.clock(), self._pace.restore(job)
        if job.unreadable:
            self._budget.forget(key)
            again = await self._act(job, list(decide(job, self._cache.children(job.uid), now).actions))
            return soonest(*again, await self._statuses.mark_unreadable(job, now))
        if await self._evidence.complete(job, self._cache.children(job.uid), now):
            return 0.0
        children = self.messages.explain(self._children(job, now), now)
        self._waits.observe(children)
        delivery = self._reporter.delivery(job.uid)
        site = replace(self._installation.site, room=self._budget.room(job))
        decision = decide(job, children, now, site, delivery)
        starts = sum(isinstance(action, CreateJob) for action in decision.actions)
        self._budget.settle(job, decision.status.phase, starts, decision.denied)
        try:
            return await self._carry_out(job, decision, now)
        finally:
            self._budget.release_all(job)

    def _children(self, job: VideoJob, now: datetime) -> tuple[Child, ...]:
        """Every attempt of a VideoJob: those that have a Job, and those that wait for one."""
        children = self._cache.children(job.uid)
        children += self._refusals.children(job, {child.identity for child in children})
        present = {child.identity for child in children}
        return children + self._removals.children(job, self._cache.removed(job.uid), present, now)

    async def _carry_out(self, job: VideoJob, decision: Decision, now: datetime) -> float | None:
        """Write the status, then act.

        In this order the decision rests on the newest VideoJob (optimistic concurrency), and the number of a report
        exists before the report. Where the API server refuses the status, Jobs still end, and none begins. The next
        pass completes what a crash interrupts: names are deterministic.
        """
        self._offer(job, job.status, now)  # a previous process may have stored it without sending it
        await self._statuses.confirm(job, now)
        starts = any(isinstance(action, CreateJob) for action in decision.actions)
        seconds = self._pace.wait(job, decision.status, now, busy=starts)
        if seconds and starts:
            return self._hold(job, seconds)  # no Job without a status that says so
        written = seconds == 0.0
        if written:
            try:
                if not await self._statuses.write(job, decision.status, now):
                    await self._act(job, self._ends(job, decision))
                    return self._hold(job, REFUSED_INTERVAL.total_seconds())
            except Conflict:
                return self._hold(job, self._pace.record_conflict(job))
            except Missing:  # its deletion is the next event, unless the CRD was deleted
                return self._hold(job, self._pace.record_conflict(job))
            self._offer(job, decision.status, now)
        try:
            # The VideoJob is deleted as it was observed; writing its status changes its version.
            actions = [a for a in decision.actions if not (written and isinstance(a, DeleteVideoJob))]
            again = await self._act(job, actions)
        finally:
            if written:
                await self._statuses.announce(job, decision.status)
        if written:
            return soonest(self._follow_up(job, decision, now), *again, decision.requeue_after)
        denied = soonest(DENIED_SECONDS, self._refusals.seconds_unknown()) if decision.denied else None
        return soonest(seconds, *again, decision.requeue_after, denied)

    def _follow_up(self, job: VideoJob, decision: Decision, now: datetime) -> float:
        """After how many seconds to reconcile again once a status is written: at once where Jobs may have to end."""
        overdue = any(is_overdue(child, now) for child in self._cache.children(job.uid))
        return 0.0 if overdue or decision.status.phase in RESTING else FOLLOW_UP_SECONDS

    def _ends(self, job: VideoJob, decision: Decision) -> list[Action]:
        """The actions of a decision that end what runs; Jobs that have ended may be needed for the stored status."""
        active = {child.uid for child in self._cache.children(job.uid) if child.state is State.ACTIVE}
        return [a for a in decision.actions if isinstance(a, EndJob) or (isinstance(a, DeleteJob) and a.uid in active)]

    def _hold(self, job: VideoJob, seconds: float) -> float:
        """Skip the decision. Returns after how many seconds to decide again; a free place does not shorten that."""
        self._budget.forget(job.key)
        return seconds

    def _offer(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        if self._installation.site.reports_on(job.spec):
            self._reporter.offer(job, status, now)

    def _forget_deleted(self, key: str) -> None:
        """Forget the VideoJobs that had this key before, and report how they ended."""
        for gone in self._cache.pop_deleted(key):
            self._budget.forget(key)
            for memory in (self._refusals, self._removals, self._evidence, self._pace, self._statuses):
                memory.forget(gone.uid)
            if self._installation.site.reports_on(gone.spec) and not _had_ended_unreadably(gone):
                self._reporter.offer_final(gone, self._installation.clock())

    async def _act(self, job: VideoJob, actions: list[Action]) -> list[float | None]:
        """Carry out all actions, even if some fail. Returns when to reconcile again, in seconds.

        Where the creation of a Job got no response, which can take a while, the next pass creates the others, so that a
        large VideoJob does not block the next one.

        Raises:
            ClusterError: the first failure of anything but a creation, once the rest is done.
        """
        again: list[float | None] = []
        failures: list[ClusterError] = []
        unanswered = False
        for action in actions:
            if isinstance(action, CreateJob) and unanswered:
                again.append(0.0)
                continue
            try:
                again.append(await self._act_once(job, action))
            except ClusterError as error:
                failures.append(error)
            unanswered |= isinstance(action, CreateJob) and self._refusals.was_unanswered(job, action.identity)
        if failures:
            raise failures[0]
        return again

    async def _act_once(self, job: VideoJob, action: Action) -> float | None:
        match action:
            case CreateJob():
                try:
                    return await self._create(job, action)
                finally:
                    self._budget.release(job)
            case DeleteJob(name, uid):
                if not uid:
                    return None
                self._cache.expect_deletion(uid)
                await self._cluster.delete_job(job.namespace, name, uid)
                self._cache.forget_job(uid)
                return 0.0
            case EndJob(name, uid, failure):
                self._cache.put_job(await self._cluster.end_job(job.namespace, name, uid, failure))
                return None
            case NudgeJob(name, uid):
                self._cache.put_job(await self._cluster.nudge_job(job.namespace, name, uid, self._installation.clock()))
                return None
            case DeleteVideoJob():
                await self._cluster.delete_videojob(job)
                return None
            case _:
                assert_never(action)

    async def _create(self, job: VideoJob, action: CreateJob) -> float | None:
        """Create a Job; a refused one is recorded, and the next pass, at once, writes that into the status."""
        removed = self._cache.removed(job.uid).get(action.identity, Removed())
        manifest = job_manifest(job, action, self._installation.runtime, removed.total)
        if manifest["metadata"]["name"] == removed.name:  # a Job of before a restart, which the count does not have
            manifest = job_manifest(job, action, self._installation.runtime, removed.total + 1)
        try:
            made = await self._cluster.create_job(manifest)
        except Refused as error:
            self._refusals.record_permanent(job, manifest, str(error))
        except Terminating:  # the VideoJob is about to be deleted with its namespace
            return self._hold(job, DENIED_SECONDS)
        except ClusterError as error:
            wait = self._refusals.record_temporary(job, manifest, error)
            log.warning("%s waits: %s", job.key, wait.message, extra={"videojob": job.key})
        else:
            self._cache.put_job(made)
            self._refusals.discard(job, manifest)
            if self._cache.is_gone(made["metadata"]["uid"]):  # it exists, without its label
                return self._hold(job, LONGEST_SECONDS)
            # An existing one may have ended before it was in the cache, a new one may be suspended by Kueue, and its
            # pod may have been observed before the response.
            return None if self._cache.is_new(made["metadata"]["uid"]) else 0.0
        return 0.0


def _had_ended_unreadably(job: VideoJob) -> bool:
    """Whether a newer version ended and reported a VideoJob: this one, which cannot read how, has nothing to report."""
    return bool(job.unreadable) and (job.raw_status or {}).get("phase") in TERMINAL
