"""Write statuses, and after each its metrics and events; a refused one is said in a condition and an event."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from videojob.base import read
from videojob.status import VideoJobStatus
from videotutor_operator import metrics
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.conditions import mark_refused, mark_unreadable, merge_conditions
from videotutor_operator.core.model import VideoJob
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Missing, Refused, Unanswered
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.stored import pack, unpack
from videotutor_operator.recent import Recent
from videotutor_operator.reconciler.events import KubernetesEvent, event_manifest, events_between
from videotutor_operator.reconciler.measure import count
from videotutor_operator.reconciler.pace import Pace

FAILURES_ANNOUNCED = 3
"""Failed status writes in a row after which an event says so: a short outage needs none."""
UNCONFIRMED = 1_000
"""VideoJobs at most whose last status write had no response, or was refused in words that are remembered."""

log = logging.getLogger(__name__)


class Unconfirmed(NamedTuple):
    """The version of a VideoJob at a status write without a response, and its status before, packed.

    Not the VideoJob: its storyboard may take 20 MB as a model.
    """

    resource_version: str
    before: bytes


class StatusWriter:
    """Writes to the status subresource. `instance` names this process in events."""

    def __init__(
        self, cluster: Cluster, cache: Cache, pace: Pace, instance: str, clock: Callable[[], datetime]
    ) -> None:
        self._cluster = cluster
        self._cache = cache
        self._pace = pace
        self._instance = instance
        self._clock = clock
        self._unconfirmed: Recent[str, Unconfirmed] = Recent(UNCONFIRMED)
        self._refused: Recent[str, str] = Recent(UNCONFIRMED)

    async def write(self, job: VideoJob, status: VideoJobStatus, now: datetime) -> bool:
        """Write a status. Returns whether the API server accepted it; a refusal in new words becomes an event.

        Raises:
            Conflict: the VideoJob has changed since it was observed.
            Missing: it was deleted.
            ClusterError: the write failed, or got no response.
        """
        try:
            stored = await self._cluster.put_status(job, status)
        except (Refused, Forbidden) as error:
            metrics.STATUS_UNSTORED.labels("refused").inc()
            self._pace.record_refusal(job, now)
            forbidden = isinstance(error, Forbidden)
            verb = "forbids the operator to write the status" if forbidden else "refuses the status"
            if self._refused.get(job.uid) != str(error):
                self._refused[job.uid] = str(error)
                await self._write_event(job, KubernetesEvent("StatusRefused", f"Kubernetes {verb}: {error}"))
            if not forbidden:
                await self._write_refusal(job, str(error), now)
            return False
        except (Conflict, Missing):
            raise
        except ClusterError as error:
            if isinstance(error, Unanswered):
                self._unconfirmed[job.uid] = Unconfirmed(job.resource_version, pack(job.status.to_json_object()))
            if self._pace.record_failure(job, now) == FAILURES_ANNOUNCED:
                note = f"Kubernetes does not store the status, which is tried again: {error}"
                await self._write_event(job, KubernetesEvent("StatusNotStored", note))
            raise
        self.forget(job.uid)
        self._cache.put_videojob(stored)
        count(job, status, now)
        if lost := self._pace.record_write(job, status, stored, now):
            metrics.STATUS_UNSTORED.labels("pruned").inc()
            fields = ", ".join(sorted(".".join(("status", *path)) for path in lost))
            why = "the CRD is older than this operator, or a policy changes it"
            log.warning("%s: Kubernetes does not store %s: %s", job.key, fields, why)
        return True

    async def confirm(self, job: VideoJob, now: datetime) -> None:
        """Count and announce a status whose response was lost, once it is observed."""
        found = self._unconfirmed.get(job.uid)
        if found is None or found.resource_version == job.resource_version:
            return
        del self._unconfirmed[job.uid]
        before = replace(job, status=read(VideoJobStatus, unpack(found.before)))
        if before.status != job.status:
            self._pace.record_stored(job, now)
            count(before, job.status, now)
            await self.announce(before, job.status)

    async def announce(self, job: VideoJob, status: VideoJobStatus) -> None:
        """Write Kubernetes events for the changes in a stored status: last, since no work depends on them."""
        for item in events_between(job.status, status):
            await self._write_event(job, item)

    async def mark_unreadable(self, job: VideoJob, now: datetime) -> float | None:
        """Set the condition Readable to False where only a newer version can read the status; the rest stays.

        Returns after how many seconds to try again, None where nothing is left to do.
        """
        status = job.raw_status or {}
        conditions = mark_unreadable(job, job.unreadable, now).conditions
        wanted = {**status, "conditions": merge_conditions(status.get("conditions"), conditions)}
        if wanted == status:
            return None
        if (seconds := self._pace.held_for(job, now)) > 0:
            return seconds
        try:
            self._cache.put_videojob(await self._cluster.put_raw_status(job, wanted))
        except (Conflict, Missing):
            return self._pace.record_conflict(job)
        except (Refused, Forbidden) as error:
            self._pace.record_refusal(job, now)
            log.warning("%s: its status cannot be read, and the condition was not written: %s", job.key, error)
            return self._pace.held_for(job, now)
        return None

    def forget(self, uid: str) -> None:
        """Remove a deleted VideoJob."""
        self._unconfirmed.pop(uid, None)
        self._refused.pop(uid, None)

    async def _write_refusal(self, job: VideoJob, why: str, now: datetime) -> None:
        """Add the refusal to the stored status, which the API server accepted before."""
        status = mark_refused(job, why, now)
        if status == job.status:
            return
        try:
            self._cache.put_videojob(await self._cluster.put_status(job, status))
        except ClusterError as error:
            log.warning("%s: its status is refused, and the condition was not written: %s", job.key, error)

    async def _write_event(self, job: VideoJob, item: KubernetesEvent) -> None:
        level = logging.WARNING if item.warning else logging.INFO
        log.log(level, "%s: %s: %s", job.key, item.reason, item.note, extra={"videojob": job.key})
        try:
            await self._cluster.create_event(event_manifest(job, item, self._instance, self._clock()))
        except ClusterError as error:
            log.warning("no Kubernetes event for %s: %s", job.key, error)
