"""One pass over one VideoJob: read the cache, decide, write the status once, report, act, announce."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from videojob.phases import TERMINAL, Phase
from videojob.status import VideoJobStatus
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.decide import decide
from videotutor_operator.core.model import Action, CreateJob, DeleteJob, DeleteVideoJob, SetDeadline, Site, VideoJob
from videotutor_operator.core.step import soonest
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Missing, Refused, Terminating
from videotutor_operator.observed.cache import Cache
from videotutor_operator.passes.announce import News, event_manifest, news
from videotutor_operator.passes.manifests import Runtime, job_manifest
from videotutor_operator.passes.pace import Pace
from videotutor_operator.passes.refusals import FORBIDDEN_SECONDS, NAME_TAKEN_SECONDS, QUOTA, Refusals
from videotutor_operator.reports.reporter import Reporter

CONFLICT_SECONDS = 0.2
"""How soon to look again after somebody else wrote first; the watch usually is faster."""

RESTING = TERMINAL | {Phase.SUSPENDED}

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Installation:
    """What all passes have in common. `instance` names this process in events."""

    site: Site
    runtime: Runtime
    instance: str
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class Reconciler:
    """Makes passes. What it keeps in memory, a restart does not miss."""

    def __init__(self, installation: Installation, cluster: Cluster, cache: Cache, reporter: Reporter) -> None:
        self._installation = installation
        self._cluster = cluster
        self._cache = cache
        self._reporter = reporter
        self._refusals = Refusals()
        self._pace = Pace()

    async def look_at(self, key: str) -> float | None:
        """One pass; the answer is when to look again unasked, in seconds.

        The status is written before anything is done, so that what is done was decided on the newest VideoJob
        (optimistic concurrency), and so that the number of a report exists before the report. What a crash leaves
        undone in between is found undone by the next pass: names are deterministic.
        """
        job = self._cache.videojob(key)
        self._take_leave(key)
        if job is None or job.deleting:
            return None
        now = self._installation.clock()
        children = self._cache.children(job.uid) + self._refusals.children(job)
        delivery = self._reporter.delivery(job.uid)
        decision = decide(job, children, now, self._installation.site, delivery)
        self._offer(job, job.status, now)  # an operator that died may have stored it and not sent it
        differs = worth_writing(job.status, decision.status)
        if differs and (seconds := self._pace.wait(job, decision, now)):
            return soonest(seconds, decision.recheck_after)
        try:
            if differs:
                await self._write(job, decision.status, now)
        except Conflict:
            return CONFLICT_SECONDS
        except Missing:
            return None
        self._offer(job, decision.status, now)
        # It is deleted just as it was looked at, which it is no more once its status was written.
        actions = [action for action in decision.actions if not (differs and isinstance(action, DeleteVideoJob))]
        try:
            again = [await self._act(job, action) for action in actions]
        finally:
            if differs:
                await self._announce(job, decision.status)
        if differs:
            return 0.0  # the watch repeats nothing that is known
        return soonest(*again, decision.recheck_after)

    def _offer(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        if self._installation.site.tells(job.spec):
            self._reporter.offer(job, status, now)

    def _take_leave(self, key: str) -> None:
        """Forget the VideoJobs that had this key before."""
        for gone in self._cache.departed(key):
            self._refusals.forget(gone.uid)
            self._pace.forget(gone.uid)
            if self._installation.site.tells(gone.spec):
                self._reporter.offer_final(gone, self._installation.clock())

    async def _write(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> None:
        self._cache.put_videojob(await self._cluster.put_status(job, status))
        self._pace.wrote(job, status, now)

    async def _announce(self, job: VideoJob, status: VideoJobStatus) -> None:
        """Say what is news in a status that is written: last, since nobody waits for it."""
        for item in news(job.status, status):
            await self._announce_one(job, item)

    async def _announce_one(self, job: VideoJob, item: News) -> None:
        level = logging.WARNING if item.warning else logging.INFO
        log.log(level, "%s: %s: %s", job.key, item.reason, item.note, extra={"videojob": job.key})
        event = event_manifest(job, item, self._installation.instance, self._installation.clock())
        try:
            await self._cluster.create_event(event)
        except ClusterError as error:
            log.warning("no Kubernetes event for %s: %s", job.key, error)

    async def _act(self, job: VideoJob, action: Action) -> float | None:
        match action:
            case CreateJob():
                return await self._create(job, action)
            case DeleteJob(name, uid):
                if uid:
                    await self._cluster.delete_job(job.namespace, name, uid)
                    self._cache.forget_job(uid)
                    return 0.0
                return None
            case SetDeadline(name, uid, seconds):
                self._cache.put_job(await self._cluster.set_deadline(job.namespace, name, uid, seconds))
                return 0.0
            case DeleteVideoJob():
                await self._cluster.delete_videojob(job)
                return None
            case _:
                assert_never(action)

    async def _create(self, job: VideoJob, action: CreateJob) -> float | None:
        """Make a Job; one that cannot be made is remembered, and looked at at once, so that the status says so."""
        removed = self._cache.removed(job.uid, action.identity)
        manifest = job_manifest(job, action, self._installation.runtime, removed)
        try:
            made = await self._cluster.create_job(manifest)
            self._cache.put_job(made)
        except Refused as error:
            self._refusals.for_good(job, manifest, str(error))
        except Conflict as error:
            self._put_off(job, manifest, str(error), NAME_TAKEN_SECONDS)
        except Terminating:
            return None  # the VideoJob is about to be deleted with its namespace
        except Forbidden as error:
            self._put_off(job, manifest, f"Kubernetes forbids the Job: {error}", FORBIDDEN_SECONDS, QUOTA)
        else:
            self._refusals.made(job, manifest)
            # One that was there already may have ended, and have said so before anybody knew it.
            return 0.0 if made.get("status") else None
        return 0.0

    def _put_off(self, job: VideoJob, manifest: dict[str, Any], why: str, seconds: float, reason: str = "") -> None:
        log.warning("%s waits: %s", job.key, why)
        self._refusals.until(job, manifest, why, self._installation.clock() + timedelta(seconds=seconds), reason)


def worth_writing(before: VideoJobStatus, after: VideoJobStatus) -> bool:
    """Whether a status differs in more than a confirmation from Convex, which waits for the next change or the end."""
    if before == after:
        return False
    return after.phase in RESTING or _without_confirmation(before) != _without_confirmation(after)


def _without_confirmation(status: VideoJobStatus) -> VideoJobStatus:
    kept = tuple(c for c in status.conditions if c.type != "Reported" or c.reason not in {"Delivered", "Pending"})
    report = status.report.model_copy(update={"acknowledged": 0})
    return status.model_copy(update={"conditions": kept, "report": report})
