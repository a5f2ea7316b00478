"""Which VideoJobs have something to tell, and whose turn it is: a few words for each, whatever it has to say."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from videotutor_operator.reports.convex import Failed


@dataclass(slots=True, eq=False)
class Line:
    """How far the reports of one VideoJob got. `since`, `left_at`: monotonic seconds; `left_at` when it was deleted."""

    uid: str
    key: str
    acknowledged: int
    offered: int = 0
    failures: int = 0
    since: float = 0.0
    left_at: float | None = None
    trouble: Failed | None = None
    busy: bool = False
    timer: asyncio.TimerHandle | None = None

    @property
    def pending(self) -> bool:
        """Whether something is not acknowledged yet."""
        return self.offered > self.acknowledged

    def offer(self, sequence: int) -> None:
        """There is a state with this number."""
        if not self.pending:
            self.since = time.monotonic()
        self.offered = max(self.offered, sequence)


class Lines:
    """Lines by uid. Each has one turn at a time; turns go to who has waited longest."""

    def __init__(self) -> None:
        self._lines: dict[str, Line] = {}
        self._ready: OrderedDict[str, None] = OrderedDict()
        self._any_ready = asyncio.Event()

    def __len__(self) -> int:
        return len(self._lines)

    def pending(self) -> Iterator[Line]:
        """Those with something that is not acknowledged."""
        return (line for line in self._lines.values() if line.pending)

    def get(self, uid: str) -> Line | None:
        """The line of a VideoJob, if it has one."""
        return self._lines.get(uid)

    def open(self, uid: str, key: str, acknowledged: int) -> Line:
        """The line of a VideoJob, a new one where there is none."""
        return self._lines.setdefault(uid, Line(uid, key, acknowledged))

    def close(self, uid: str) -> None:
        """Forget a line. What is being sent of it still arrives, and changes nothing here."""
        line = self._lines.pop(uid, None)
        if line:
            self._stop_waiting(line)
            self._ready.pop(uid, None)

    def ready(self, line: Line, *, first: bool = False) -> None:
        """It wants a turn, now; `first`: before the others, since it had one and could not use it."""
        if line.busy or self._lines.get(line.uid) is not line:
            return
        self._stop_waiting(line)
        self._ready[line.uid] = None
        if first:
            self._ready.move_to_end(line.uid, last=False)
        self._any_ready.set()

    def later(self, line: Line, seconds: float) -> None:
        """It wants a turn after a while, or when it is `ready` before that."""
        if self._lines.get(line.uid) is line:
            self._stop_waiting(line)
            line.timer = asyncio.get_running_loop().call_later(seconds, self.ready, line)

    def _stop_waiting(self, line: Line) -> None:
        if line.timer:
            line.timer.cancel()
            line.timer = None

    async def any_ready(self) -> None:
        """Wait until somebody wants a turn."""
        while not self._ready:
            self._any_ready.clear()
            await self._any_ready.wait()

    def take(self) -> Line | None:
        """Give a turn to the first that waits; it is over when `busy` is reset."""
        if not self._ready:
            return None
        line = self._lines[self._ready.popitem(last=False)[0]]
        line.busy = True
        return line
