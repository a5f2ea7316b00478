"""Measured processes: each is bounded in time and has one core, the one that the whole benchmark runs on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.common.errors import BenchError

ROOT = Path(__file__).parents[2]
OUT = ROOT / "out" / "bench"
PYTHON = Path(sys.executable)

_SAMPLE_SECONDS = 0.01
_LAST_LINES = 5
_MEGA = 10**6


def on_one_core() -> None:
    """Keep this process and all that it starts on one core: the last that it may use."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def environment() -> dict[str, str]:
    """As in the renderer's image, where modules are compiled already: the first round compiles them into a cache."""
    mine = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**mine, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(OUT / "pycache")}


def last_line(module: str, *arguments: str | Path, within: float, python: Path = PYTHON) -> dict[str, Any]:
    """What a module of this project, run by an interpreter, says in the last line of its output, which is JSON.

    Raises:
        BenchError: it fails, or takes longer than `within` seconds.
    """
    output = run([python, "-m", module, *arguments], within=within)
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


def run(command: Sequence[str | Path], *, within: float) -> str:
    """The standard output of a command.

    Raises:
        BenchError: it fails, or takes longer than `within` seconds.
    """
    try:
        done = subprocess.run(
            command, check=False, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=within
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{_title(command)}: not ready after {within:g} s") from error
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-_LAST_LINES:])
        raise BenchError(f"{_title(command)}: exit code {done.returncode}\n{said}")
    return done.stdout


def peak_mb(command: Sequence[str | Path], log: Path, *, within: float, extra: Mapping[str, str]) -> float:
    """The most memory that a command's processes have at once, in MB, what several share counted once.

    Raises:
        BenchError: it fails, or takes longer than `within` seconds.
    """
    peak, ends = 0, time.monotonic() + within
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env={**environment(), **extra}, cwd=ROOT, stdout=output, stderr=output) as process,
    ):
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            if time.monotonic() > ends:
                process.kill()
                raise BenchError(f"{_title(command)}: not ready after {within:g} s")
            time.sleep(_SAMPLE_SECONDS)
    if process.returncode:
        raise BenchError(f"{_title(command)}: exit code {process.returncode}, see {log}")
    return peak / _MEGA


def _memory(pid: int) -> int:
    """Bytes of a process and of those that it has started: proportional set size (proc(5), smaps_rollup)."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):  # it has just ended
        return 0
    size = next((line.split()[1] for line in rollup.splitlines() if line.startswith("Pss:")), "0")
    return 1024 * int(size) + sum(_memory(int(child)) for child in children)


def _title(command: Sequence[str | Path]) -> str:
    return " ".join(str(part).removeprefix(f"{ROOT}/") for part in command[:3])
