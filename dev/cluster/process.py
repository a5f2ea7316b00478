"""Runs other programs: their output is kept, failures say what failed, and orphans of a killed run can be found.

Every program is started with a marker in its environment. When a run is killed, what it had started goes on
without it; the next run finds those processes by the marker and ends them before it starts the same work again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from dev.cluster.errors import ClusterError

WORK_MARKER = "VIDEOTUTOR_CLUSTER_WORK"
ENGINE_MARKER = "VIDEOTUTOR_CLUSTER_ENGINE"
_TAIL_LINES = 25
_END_SECONDS = 10.0


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    marker: str = "",
    timeout: float | None = None,
    cwd: Path | None = None,
) -> str:
    """Runs a command and returns its standard output.

    Raises:
        ClusterError: it is not there, took longer than `timeout` seconds, or failed; with the end of its output.
    """
    try:
        done = subprocess.run(
            [str(part) for part in command],
            env={**(environment if environment is not None else os.environ), WORK_MARKER: marker},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
            cwd=cwd,
        )
    except FileNotFoundError as error:
        raise ClusterError(f"{command[0]}: no such program") from error
    except subprocess.TimeoutExpired as error:
        raise ClusterError(f"{_title(command)}: no answer after {timeout:g} s") from error
    if done.returncode != 0:
        output = (done.stdout + done.stderr).decode(errors="replace")
        raise ClusterError(f"{_title(command)} failed with exit code {done.returncode}:\n{tail(output)}")
    return done.stdout.decode(errors="replace")


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    marker: str = "",
    cwd: Path | None = None,
) -> None:
    """Runs a long command with its output in `log`. Raises ClusterError with the log's end when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log.open("wb") as output:
            done = subprocess.run(
                [str(part) for part in command],
                env={**(environment if environment is not None else os.environ), WORK_MARKER: marker},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                cwd=cwd,
            )
    except FileNotFoundError as error:
        raise ClusterError(f"{command[0]}: no such program") from error
    if done.returncode != 0:
        end = tail(log.read_text(errors="replace"))
        raise ClusterError(f"{_title(command)} failed with exit code {done.returncode} (all of it: {log}):\n{end}")


def succeeds(command: Sequence[str | Path], *, environment: Mapping[str, str] | None = None, timeout: float) -> bool:
    """Whether a command ends with exit code 0 within `timeout` seconds."""
    try:
        run(command, environment=environment, timeout=timeout)
    except ClusterError:
        return False
    return True


def tail(text: str, lines: int = _TAIL_LINES) -> str:
    """The last lines of a text, indented."""
    return "\n".join(f"    {line}" for line in text.strip().splitlines()[-lines:])


def wait_until(condition: Callable[[], bool], *, seconds: float, every: float = 0.2) -> bool:
    """Polls until the condition holds; False when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True


def marked(marker: str, value: str) -> Iterator[int]:
    """The processes, other than this one, that were started with the marker set to this value."""
    entry = f"{marker}={value}".encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and int(folder.name) != os.getpid():
            try:
                variables = (folder / "environ").read_bytes().split(b"\0")
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue  # it has ended, or is another user's
            if entry in variables:
                yield int(folder.name)


def end(find: Callable[[], Sequence[int]]) -> None:
    """Kills what `find` names, again and again, as some may start others meanwhile.

    Raises:
        ClusterError: some are still there after ten seconds.
    """

    def none_left() -> bool:
        pids = find()
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # ended by itself
        return not pids

    if not wait_until(none_left, seconds=_END_SECONDS):
        raise ClusterError(f"these processes do not end: {', '.join(map(str, find()))}")


def end_orphans(key: str) -> None:
    """Ends what a run that was killed had started (builds, downloads), so that it does not meddle with this one."""
    end(lambda: list(marked(WORK_MARKER, key)))


def _title(command: Sequence[str | Path]) -> str:
    return " ".join(str(part) for part in command[:4]) + (" …" if len(command) > 4 else "")  # noqa: PLR2004
