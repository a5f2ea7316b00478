"""Leader election over a Lease: of several operators one leads, the others are standbys.

The algorithm is client-go's (`tools/leaderelection/leaderelection.go`): a candidate takes a Lease that has not changed
for its duration *by the candidate's own clock*, so clocks need not agree; every write carries the resourceVersion that
was read, so that one of two candidates wins; a leader that has not renewed for two thirds of the duration stops,
before another one may start.

`kubernetes.aio.leaderelection` is not used. It measures with `time.time()`, so that a step of the clock makes two
leaders; it does not cancel a renewal at the deadline; it starts the next leader before the cancelled work has ended,
and never releases. All of that is in its loop, so that wrapping the lock fixes none of it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from videotutor_operator.errors import ClusterError, Conflict, Missing
from videotutor_operator.leadership.lease import Raw, blank, claim, duration_of, holder_of, release

NEVER = float("-inf")
RELEASE_TRIES = 3
"""A renewal in flight may conflict with a release; nothing else does."""

log = logging.getLogger(__name__)


def now() -> float:
    """Return the seconds of a monotonic clock; on Linux one that includes the time in which the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lock(Protocol):
    """Reads and writes Leases; both methods raise `ClusterError`."""

    async def read_lease(self, namespace: str, name: str) -> Raw:
        """Return the Lease. Raises Missing where there is none."""

    async def write_lease(self, lease: Raw) -> Raw:
        """Create it, or replace the one that was read. Returns the stored one. Raises Conflict when it changed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which Lease, the candidate's identity, and durations in seconds, in client-go's proportions."""

    namespace: str
    name: str
    identity: str
    duration: float

    @property
    def deadline(self) -> float:
        """Seconds without a renewal after which a leader has lost leadership."""
        return self.duration * 2 / 3

    @property
    def renewal(self) -> float:
        """Interval between two renewals."""
        return min(2.0, self.deadline / 5)

    @property
    def poll(self) -> float:
        """Interval between two reads of a standby, before jitter of a fifth: the longest gap after a release."""
        return self.renewal / 2


class Election:
    """One candidate."""

    def __init__(self, lock: Lock, terms: Terms, clock: Callable[[], float] = now) -> None:
        self._lock = lock
        self._terms = terms
        self._clock = clock
        self._lease = self._none = blank(terms.namespace, terms.name)
        self._changed = NEVER
        self._until = NEVER
        self._answered = NEVER
        self._problem = ""

    def leads(self) -> bool:
        """Whether this process may write now."""
        return self._clock() < self._until

    @property
    def leader(self) -> str:
        """Identity of the holder when the Lease was last read; empty where there is none."""
        return holder_of(self._lease)

    def problem(self) -> str:
        """Return why the election fails; empty while it works."""
        if self._clock() - self._answered < self._terms.duration:
            return ""
        return self._problem or "the Lease has not been read yet"

    async def win(self) -> None:
        """Wait until this process leads."""
        while not await self.attempt():  # noqa: ASYNC110 -- the Lease is polled: a watch would cost a connection
            await asyncio.sleep(self._terms.poll * random.uniform(1, 1.2))  # noqa: S311 -- jitter, not a secret

    async def hold(self) -> None:
        """Renew for as long as this process leads.

        Raises:
            ClusterError: leadership was lost.
        """
        while self.leads():
            await self.attempt()
            await asyncio.sleep(min(self._terms.renewal, max(0.0, self._until - self._clock())))
        raise ClusterError(f"leadership lost: {self._problem or 'the Lease was not renewed in time'}")

    async def attempt(self) -> bool:
        """Try once to acquire or renew the Lease. Returns whether this process leads."""
        patience = self._terms.deadline / 2
        if self.leads():
            patience = min(patience, self._until - self._clock())
        try:
            async with asyncio.timeout(patience):
                await self._acquire_or_renew()
        except (ClusterError, TimeoutError) as error:
            self._note(f"the Lease cannot be acquired or renewed: {str(error) or 'no response'}")
        else:
            self._note("")
            self._answered = self._clock()
        return self.leads()

    async def release(self) -> None:
        """Stop leading, and release the Lease if this process holds it, so that a standby leads at once."""
        if not self.leads():
            return
        self._until = NEVER
        for _ in range(RELEASE_TRIES):
            if self.leader != self._terms.identity:
                return
            try:
                self._see(await self._lock.write_lease(release(self._lease)))
            except Conflict:
                await self._read()

    async def _acquire_or_renew(self) -> None:
        if not self.leads():  # a leader uses what it wrote last
            await self._read()
        if self._is_taken():
            return
        asked = self._clock()
        try:
            self._see(await self._lock.write_lease(claim(self._lease, self._terms.identity, self._terms.duration)))
        except Conflict:  # another candidate was first, or a renewal took effect although its response was lost
            await self._read()
        else:
            self._until = asked + self._terms.deadline

    async def _read(self) -> None:
        try:
            self._see(await self._lock.read_lease(self._terms.namespace, self._terms.name))
        except Missing:
            self._see(self._none)

    def _see(self, lease: Raw) -> None:
        if lease.get("spec") != self._lease.get("spec"):
            self._changed = self._clock()
        self._lease = lease
        if self.leader != self._terms.identity:
            self._until = NEVER

    def _is_taken(self) -> bool:
        """Whether another candidate holds it, and has renewed within its duration."""
        if self.leader in {"", self._terms.identity}:
            return False
        return self._clock() < self._changed + duration_of(self._lease)

    def _note(self, problem: str) -> None:
        if problem and (problem != self._problem or self.leads()):
            log.warning("%s", problem)
        self._problem = problem
