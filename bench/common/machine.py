"""On what and with what it was measured: without that a figure says little."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dev.cluster.process import run

_GIBI = 1 << 30


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine, the code and the hour. `load` is the average of the last minute before the start."""

    cores: int
    memory_gib: float
    processor: str
    python: str
    load: float
    commit: str
    date: str

    @staticmethod
    def now(root: Path) -> Machine:
        """This machine, as it is before anything is started."""
        changed = run(["git", "status", "--porcelain", "--untracked-files=no", "operator", "crds"], cwd=root).strip()
        commit = run(["git", "rev-parse", "--short", "HEAD"], cwd=root).strip()
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
        return Machine(
            cores=len(os.sched_getaffinity(0)),
            memory_gib=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBI, 1),
            processor=processor or platform.machine(),
            python=platform.python_version(),
            load=round(os.getloadavg()[0], 2),
            commit=f"{commit} with changes" if changed else commit,
            date=datetime.now(UTC).strftime("%Y-%m-%d"),
        )

    def sentence(self) -> str:
        """For the page."""
        return (
            f"Measured on {self.date} at commit {self.commit}: {self.cores} cores ({self.processor}), "
            f"{self.memory_gib:.0f} GiB, Python {self.python}, load before the start {self.load}."
        )

    def to_json_object(self) -> dict[str, Any]:
        """For the results file."""
        return asdict(self)
