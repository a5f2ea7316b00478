"""How many Jobs may be active at once, in the installation and in each namespace, and which VideoJob is next."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from typing import NamedTuple

from videojob.phases import Phase
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.model import UNLIMITED, VideoJob

RANK = {Phase.STITCHING: 0, Phase.RENDERING: 1}
"""Later stages first, so that videos finish; all other phases count as planning."""


class Waiter(NamedTuple):
    """A VideoJob that could start more Jobs; the smallest is next. `created_at`: RFC 3339, the oldest first."""

    rank: int
    created_at: str
    key: str
    namespace: str
    wanted: int


class Budget:
    """How many Jobs each VideoJob may start.

    `active`: Jobs that take a place now, or may, by namespace; `stuck`: those among them that have waited for long. One
    that waits takes a place in its namespace only, so that a full quota or a missing node of one tenant delays no other
    tenant; no namespace has more Jobs than the installation may have.
    """

    def __init__(
        self,
        limits: Limits,
        active: Callable[[], Mapping[str, int]],
        stuck: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._limits = limits
        self._active = active
        self._stuck = stuck
        self._reserved: Counter[str] = Counter()
        self._waiting: dict[str, Waiter] = {}
        self._queues: dict[str, list[Waiter]] = {}

    def room(self, job: VideoJob) -> int:
        """How many Jobs this VideoJob may start now: free places, less those for waiters before it."""
        total, own = self._free(), self._free(job.namespace)
        # By the phase of its last pass: the stored one may be older
        me = self._waiting.get(job.key) or _waiter(job, job.status.phase, 0)
        for other, share in self._shares(without=job.key) if min(total, own) > 0 else ():
            if other > me:
                break
            total -= share
            own -= share if other.namespace == job.namespace else 0
        return max(min(total, own), 0)

    def settle(self, job: VideoJob, phase: Phase, started: int, denied: int) -> None:
        """Record a decision: reserve places for the Jobs that it starts, and note how many were denied."""
        if started:
            self._reserved[job.key] += started
        self.forget(job.key)
        if denied:
            waiter = self._waiting[job.key] = _waiter(job, phase, denied)
            insort(self._queues.setdefault(job.namespace, []), waiter)

    def release(self, job: VideoJob) -> None:
        """Release the place of a Job whose creation was tried, if one is reserved: `active` counts it from now on."""
        self._reserved[job.key] -= 1
        if self._reserved[job.key] <= 0:
            del self._reserved[job.key]

    def release_all(self, job: VideoJob) -> None:
        """Release the places of the Jobs whose creation was not tried."""
        del self._reserved[job.key]

    def forget(self, key: str) -> None:
        """Remove a VideoJob that was deleted, or is reconciled for another reason than a free place."""
        waiter = self._waiting.pop(key, None)
        if waiter is None:
            return
        queue = self._queues[waiter.namespace]
        del queue[bisect_left(queue, waiter)]
        if not queue:
            del self._queues[waiter.namespace]

    def next(self) -> tuple[str, ...]:
        """The keys of VideoJobs that can start Jobs now, in order."""
        return tuple(waiter.key for waiter, share in self._shares() if share)

    def _shares(self, without: str = "") -> Iterator[tuple[Waiter, int]]:
        """The waiters in order until no place is free, each with how many Jobs it may start.

        `without`: a key to skip.
        """
        free = self._free()
        if free <= 0:
            return
        for waiter, wanted in merge(*(self._shares_in(namespace, without) for namespace in self._queues)):
            share = min(wanted, free)
            free -= share
            yield waiter, share
            if not free:
                return

    def _shares_in(self, namespace: str, without: str) -> Iterator[tuple[Waiter, int]]:
        """The waiters of a namespace in order until no place is free in it, each with how many Jobs it may start."""
        free = self._free(namespace)
        for waiter in self._queues[namespace]:
            if free <= 0:
                return
            if waiter.key != without:
                share = min(waiter.wanted, free)
                free -= share
                yield waiter, share

    def _free(self, namespace: str | None = None) -> int:
        """Places that are free in the installation, or in a namespace."""
        limit, own = self._limits.max_active_jobs, self._limits.max_active_jobs_per_namespace or UNLIMITED
        if namespace is not None:
            own = min(own, limit or UNLIMITED)
            return (
                own - self._active().get(namespace, 0) - self._reserved_in(namespace) if own < UNLIMITED else UNLIMITED
            )
        if not limit:
            return UNLIMITED
        # What a namespace has beyond its own limit, such as Jobs that someone labelled, takes no place of others
        stuck = self._stuck()
        taken = sum(min(max(number - stuck.get(name, 0), 0), own) for name, number in self._active().items())
        return limit - taken - sum(self._reserved.values())

    def _reserved_in(self, namespace: str) -> int:
        """Places that running passes have reserved: at most as many keys as the queue has workers."""
        return sum(places for key, places in self._reserved.items() if key.startswith(f"{namespace}/"))


def _waiter(job: VideoJob, phase: Phase, wanted: int) -> Waiter:
    return Waiter(RANK.get(phase, 2), job.created_at, job.key, job.namespace, wanted)
