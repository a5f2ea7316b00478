"""How many Jobs may be active at once, in the installation and in each namespace, and which VideoJob is next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from videojob.phases import Phase
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.model import UNLIMITED, VideoJob

RANK = {Phase.STITCHING: 0, Phase.RENDERING: 1}
"""Later stages first, so that videos get done; all others plan."""


class Waiter(NamedTuple):
    """A VideoJob that could start more Jobs; the least is next. `created_at`: RFC 3339, the oldest first."""

    rank: int
    created_at: str
    key: str
    namespace: str
    wanted: int


class Budget:
    """Who may start how many Jobs. `active`: Jobs that hold a place now, or may, by namespace."""

    def __init__(self, limits: Limits, active: Callable[[], Mapping[str, int]]) -> None:
        self._limits = limits
        self._active = active
        self._reserved: Counter[str] = Counter()
        self._waiting: dict[str, Waiter] = {}

    def room(self, job: VideoJob) -> int:
        """How many Jobs this VideoJob may start now: what is free, less what those before it wait for."""
        total, own = self._free(), self._free(job.namespace)
        # By the phase that its last pass decided, which the stored one may be behind
        me = self._waiting.get(job.key) or _waiter(job, job.status.phase, 0)
        for other, share in self._shares(without=job.key) if min(total, own) > 0 else ():
            if other > me:
                break
            total -= share
            own -= share if other.namespace == job.namespace else 0
        return max(min(total, own), 0)

    def settle(self, job: VideoJob, phase: Phase, started: int, denied: int) -> None:
        """A pass decided: it starts so many Jobs, which are reserved, and was denied so many."""
        self._reserved[job.namespace] += started
        if denied:
            self._waiting[job.key] = _waiter(job, phase, denied)
        else:
            self._waiting.pop(job.key, None)

    def release(self, namespace: str) -> None:
        """A reserved Job was created, or was not: either way it is known by other means from now on."""
        self._reserved[namespace] -= 1

    def forget(self, key: str) -> None:
        """A VideoJob is gone, or is reconciled again for another reason than a place that comes free."""
        self._waiting.pop(key, None)

    def next(self) -> tuple[str, ...]:
        """The keys of those that can start something now, the first ones first."""
        return tuple(waiter.key for waiter, share in self._shares() if share)

    def _shares(self, without: str = "") -> Iterator[tuple[Waiter, int]]:
        """The waiters in their order until nothing is free, each with how many Jobs it may start after those before.

        `without`: a key that is left out.
        """
        free = self._free()
        near: dict[str, int] = {}
        for waiter in sorted(self._waiting.values()) if free > 0 else ():
            if waiter.key == without:
                continue
            own = near.setdefault(waiter.namespace, self._free(waiter.namespace))
            share = max(min(waiter.wanted, own, free), 0)
            near[waiter.namespace] = own - share
            free -= share
            yield waiter, share
            if free <= 0:
                return

    def _free(self, namespace: str | None = None) -> int:
        """Places that are free in the installation, or in a namespace."""
        limit = self._limits.max_active_jobs if namespace is None else self._limits.max_active_jobs_per_namespace
        if not limit:
            return UNLIMITED
        active = self._active()
        if namespace is not None:
            return limit - active.get(namespace, 0) - self._reserved[namespace]
        return limit - sum(active.values()) - sum(self._reserved.values())


def _waiter(job: VideoJob, phase: Phase, wanted: int) -> Waiter:
    return Waiter(RANK.get(phase, 2), job.created_at, job.key, job.namespace, wanted)
