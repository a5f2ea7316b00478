"""Lets one run at a time change a cluster. The kernel frees the lock when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dev.cluster.progress import say


@contextmanager
def locked(path: Path, *, purpose: str) -> Iterator[None]:
    """Holds the lock file while the body runs; waits for whoever holds it and says so. The body may delete the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        file = path.open("a+b")
        _acquire(file, purpose)
        if _is_still_at(path, file):
            break
        file.close()  # the one before us removed it: another may hold its successor
    with file:
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        yield


def _acquire(file: IO[bytes], purpose: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().decode(errors="replace").strip() or "unknown"
        say(f"waiting for another run to finish (process {holder}) before {purpose}")
        fcntl.flock(file, fcntl.LOCK_EX)


def _is_still_at(path: Path, file: IO[bytes]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
