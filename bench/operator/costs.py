"""What the operator spends on one video: processor time, and requests that write."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from bench.common.errors import BenchError
from bench.common.figures import Figure
from bench.operator.process import OperatorProcess

CPU_BAR_MS = 40
WRITE_BARS = {"jobs": 5, "videojobs": 8, "events": 6}
WRITE_TITLES = {"jobs": "Jobs created", "videojobs": "status writes", "events": "events created"}

_QUIET_SHARE = 0.05
_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 90


@dataclass
class Costs:
    """Costs of each run, per video."""

    cpu_ms: dict[str, float] = field(default_factory=dict)
    ideal_ms: dict[str, float] = field(default_factory=dict)
    """Processor time of the ideal client, which runs in this process: how slow the machine is just then."""
    writes: dict[str, Counter[str]] = field(default_factory=dict)
    videos: dict[str, int] = field(default_factory=dict)

    @asynccontextmanager
    async def of(self, run: str, videos: int, operator: OperatorProcess) -> AsyncIterator[None]:
        """Books what the operator spends while the body makes so many videos, and until it is at rest again."""
        cpu, writes = operator.cpu_seconds(), await operator.writes()
        yield
        await at_rest(operator)
        self.cpu_ms[run] = 1000 * (operator.cpu_seconds() - cpu) / videos
        self.writes[run] = await operator.writes() - writes
        if not self.writes[run]:
            raise BenchError("the operator's metrics count no request that writes")
        self.videos[run] = videos

    @contextmanager
    def of_floor(self, run: str, videos: int) -> Iterator[None]:
        """Books what the ideal client spends while the body makes so many videos."""
        cpu = time.process_time()
        yield
        self.ideal_ms[run] = 1000 * (time.process_time() - cpu) / videos

    def figures(self, command: str) -> list[Figure]:
        """Of writes the worst run decides; of processor time the worst of the largest, where idling counts least."""
        if not self.videos:
            return []
        most = max(self.videos.values())
        cpu = {run: [value] for run, value in self.cpu_ms.items() if self.videos[run] == most}
        worst = max(cpu, key=lambda run: cpu[run])
        title = f"operator CPU per 3-scene VideoJob; the ideal client's: {self.ideal_ms[worst]:.0f} ms"
        ideal = {f"{run}, ideal client": [self.ideal_ms[run]] for run in cpu}
        found = [Figure("cpu", title, "ms", cpu[worst][0], CPU_BAR_MS, samples={**cpu, **ideal}, command=command)]
        for resource, bar in WRITE_BARS.items():
            counts = {run: [writes[resource] / self.videos[run]] for run, writes in self.writes.items()}
            title = f"API writes per 3-scene VideoJob: {WRITE_TITLES[resource]}"
            found.append(Figure(f"writes-{resource}", title, "", _worst(counts), bar, samples=counts, command=command))
        return found


def _worst(samples: Mapping[str, Sequence[float]]) -> float:
    return max(value for values in samples.values() for value in values)


async def at_rest(operator: OperatorProcess) -> None:
    """Wait until the operator has nothing to do: hardly any processor time for a second."""
    before = operator.cpu_seconds()
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        await asyncio.sleep(_POLL_SECONDS)
        now = operator.cpu_seconds()
        if now - before < _QUIET_SHARE * _POLL_SECONDS:
            return
        before = now
    raise BenchError(f"the operator still works {_PATIENCE_SECONDS} s after everything was done")
