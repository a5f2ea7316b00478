"""Delivery state of each VideoJob, and which is due; its size does not depend on the reports."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from videotutor_operator.reports.convex import Failed


@dataclass(slots=True, eq=False)
class DeliveryState:
    """The reports of one VideoJob. `since`, `deleted_at`: monotonic seconds; `deleted_at` once it was deleted.

    `offered`, `acknowledged`: the highest sequence numbers so far. `busy`: a report is in flight.
    """

    uid: str
    key: str
    acknowledged: int
    offered: int = 0
    failures: int = 0
    since: float = 0.0
    deleted_at: float | None = None
    trouble: Failed | None = None
    busy: bool = False
    timer: asyncio.TimerHandle | None = None

    @property
    def is_pending(self) -> bool:
        """Whether a report is not acknowledged yet."""
        return self.offered > self.acknowledged

    def offer(self, sequence: int) -> None:
        """Note a state with this sequence number."""
        if not self.is_pending:
            self.since = time.monotonic()
        self.offered = max(self.offered, sequence)


class DeliveryQueue:
    """Delivery states by uid. Each is sent once at a time, in the order in which they became due."""

    def __init__(self) -> None:
        self._states: dict[str, DeliveryState] = {}
        self._due: OrderedDict[str, None] = OrderedDict()
        self._any_due = asyncio.Event()

    def __len__(self) -> int:
        return len(self._states)

    def pending(self) -> Iterator[DeliveryState]:
        """Iterate over states with an unacknowledged report."""
        return (state for state in self._states.values() if state.is_pending)

    def get(self, uid: str) -> DeliveryState | None:
        """Return the state of a VideoJob, if any."""
        return self._states.get(uid)

    def get_or_add(self, uid: str, key: str, acknowledged: int) -> DeliveryState:
        """Return the state of a VideoJob, a new one where there is none."""
        return self._states.setdefault(uid, DeliveryState(uid, key, acknowledged))

    def remove(self, uid: str) -> None:
        """Remove a state. A report in flight changes nothing here."""
        if state := self._states.pop(uid, None):
            self._cancel_timer(state)
            self._due.pop(uid, None)

    def enqueue(self, state: DeliveryState, *, first: bool = False) -> None:
        """Make a state due now; `first`: before the others, since it was taken without a try."""
        if state.busy or self._states.get(state.uid) is not state:
            return
        self._cancel_timer(state)
        self._due[state.uid] = None
        if first:
            self._due.move_to_end(state.uid, last=False)
        self._any_due.set()

    def enqueue_after(self, state: DeliveryState, seconds: float) -> None:
        """Make a state due after a delay, unless it is enqueued before that."""
        if self._states.get(state.uid) is state:
            self._cancel_timer(state)
            state.timer = asyncio.get_running_loop().call_later(seconds, self.enqueue, state)

    def _cancel_timer(self, state: DeliveryState) -> None:
        if state.timer:
            state.timer.cancel()
            state.timer = None

    async def wait(self) -> None:
        """Wait until a state is due."""
        while not self._due:
            self._any_due.clear()
            await self._any_due.wait()

    def take(self) -> DeliveryState | None:
        """Take the state that has been due for longest; it can be enqueued again when `busy` is reset."""
        if not self._due:
            return None
        state = self._states[self._due.popitem(last=False)[0]]
        state.busy = True
        return state
