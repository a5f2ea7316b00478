"""Leader election over a Lease: of several operators one works, the others stand by.

The algorithm is client-go's (`tools/leaderelection/leaderelection.go`): a candidate takes a Lease that has not changed
for its duration *by the candidate's own clock*, so clocks need not agree; every write carries the resourceVersion that
was read, so that of two candidates one wins; a leader that has not renewed for two thirds of the duration stops, which
is before anybody else may start.

`kubernetes.aio.leaderelection` was the first choice. It reckons with `time.time()`, so that a step of the clock makes
two leaders; a renewal that hangs is not cut off at the deadline; it starts the next leader before the cancelled work
has ended, and never releases. Wrapping the lock mends none of that, since all of it is in the loop.
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
from videotutor_operator.leadership.lease import Raw, blank, claimed, duration_of, given_up, holder_of

NEVER = float("-inf")
RELEASE_TRIES = 3
"""A renewal under way when the Lease is released may come in between; more than that cannot."""

log = logging.getLogger(__name__)


def now() -> float:
    """Seconds on a clock that nobody sets; on Linux one that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lock(Protocol):
    """Where Leases are kept; both raise `ClusterError`."""

    async def read_lease(self, namespace: str, name: str) -> Raw:
        """The Lease. Raises Missing where there is none."""

    async def write_lease(self, lease: Raw) -> Raw:
        """Create it, or replace it as it was read; the answer is what is stored. Raises Conflict when it changed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which Lease, who wants it, and how long things last, in seconds and client-go's proportions."""

    namespace: str
    name: str
    identity: str
    duration: float

    @property
    def deadline(self) -> float:
        """A leader that has not renewed for so long leads no more."""
        return self.duration * 2 / 3

    @property
    def renewal(self) -> float:
        """Between two renewals."""
        return min(2.0, self.deadline / 5)

    @property
    def look(self) -> float:
        """Between two looks of one that stands by: what a release costs at most, before jitter of a fifth."""
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
        """Who held the Lease when it was last seen; empty for nobody."""
        return holder_of(self._lease)

    def problem(self) -> str:
        """Why the election does not work; empty while it does."""
        if self._clock() - self._answered < self._terms.duration:
            return ""
        return self._problem or "the Lease has not been read yet"

    async def win(self) -> None:
        """Stand by until this process leads."""
        while not await self.attempt():  # noqa: ASYNC110 -- the Lease is polled: a watch would cost a connection
            await asyncio.sleep(self._terms.look * random.uniform(1, 1.2))  # noqa: S311 -- jitter, not a secret

    async def hold(self) -> None:
        """Renew for as long as this process leads.

        Raises:
            ClusterError: it leads no more.
        """
        while self.leads():
            await self.attempt()
            await asyncio.sleep(min(self._terms.renewal, max(0.0, self._until - self._clock())))
        raise ClusterError(f"this process leads no more: {self._problem or 'the Lease was not renewed in time'}")

    async def attempt(self) -> bool:
        """Try once to get or to renew the Lease; whether this process leads."""
        patience = self._terms.deadline / 2
        if self.leads():
            patience = min(patience, self._until - self._clock())
        try:
            async with asyncio.timeout(patience):
                await self._get_or_renew()
        except (ClusterError, TimeoutError) as error:
            self._note(f"the Lease cannot be had: {str(error) or 'no answer'}")
        else:
            self._note("")
            self._answered = self._clock()
        return self.leads()

    async def release(self) -> None:
        """Stop leading, and give the Lease up if it is still ours, so that the next one leads at once."""
        if not self.leads():
            return
        self._until = NEVER
        for _ in range(RELEASE_TRIES):
            if self.leader != self._terms.identity:
                return
            try:
                self._see(await self._lock.write_lease(given_up(self._lease)))
            except Conflict:
                await self._look()

    async def _get_or_renew(self) -> None:
        if not self.leads():  # a leader knows what it wrote last
            await self._look()
        if self._is_taken():
            return
        asked = self._clock()
        claim = claimed(self._lease, self._terms.identity, self._terms.duration)
        try:
            self._see(await self._lock.write_lease(claim))
        except Conflict:  # somebody else was first, or a renewal took effect though its answer was lost
            await self._look()
        else:
            self._until = asked + self._terms.deadline

    async def _look(self) -> None:
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
        """Whether somebody else holds it, and has not been silent for its duration."""
        if self.leader in {"", self._terms.identity}:
            return False
        return self._clock() < self._changed + duration_of(self._lease)

    def _note(self, problem: str) -> None:
        if problem and (problem != self._problem or self.leads()):
            log.warning("%s", problem)
        self._problem = problem
