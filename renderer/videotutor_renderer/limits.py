"""What each part of a scene may cost, and which part it was that cost more.

Typst and the encoder are not to be interrupted, and end the process where memory runs out. So the kernel keeps the
bounds, and the process above (`supervisor.py`) says what was being worked on when it ended this one.
"""

from __future__ import annotations

import math
import mmap
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError, bad_scene

SECONDS = 10
"""Of computing for one part; the largest that the contract allows takes about one."""
MEMORY = 768 * 2**20
"""Bytes that one part may need more than there were before it."""
LARGEST_FILE = 4 * 2**30
"""Bytes of one file of a scene; half an hour of 2160p needs less."""

_DATA_FIELD = 5
"""Where /proc/self/statm has the pages of data, which RLIMIT_DATA counts (proc_pid_statm(5))."""


class _Note:
    """The field that is being worked on: memory that a forked process shares with the one that it comes from."""

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        self._shared = mmap.mmap(-1, mmap.PAGESIZE)

    def write(self, field: str) -> None:
        self._shared[:] = field.encode()[: len(self._shared)].ljust(len(self._shared), b"\0")

    def read(self) -> str:
        return self._shared[:].rstrip(b"\0").decode(errors="replace")


_note = _Note()


@contextmanager
def working_on(field: str) -> Iterator[None]:
    """The block works on this field of a scene, for example `beats[0].show`.

    Raises:
        TaskError: it cannot be done, or needs more memory than it may; the message names the field.
    """
    before = [(kind, resource.getrlimit(kind)) for kind in (resource.RLIMIT_CPU, resource.RLIMIT_DATA)]
    _note.write(field)
    _lower(resource.RLIMIT_CPU, math.ceil(time.process_time()) + SECONDS)
    _lower(resource.RLIMIT_DATA, _data() + MEMORY)
    try:
        yield
    except MemoryError as error:
        raise bad_scene(f"{field}: it needs more than {MEMORY >> 20} MB of memory; make it smaller.") from error
    except RecursionError as error:
        raise bad_scene(f"{field}: it is nested too deeply; make it simpler.") from error
    except TaskError as error:
        if error.failure_class is not FailureClass.BAD_SCENE:
            raise
        raise bad_scene(f"{field}: {error}") from error
    else:
        _note.write("")
    finally:
        for kind, limits in before:
            resource.setrlimit(kind, limits)


def worked_on() -> str:
    """The field that this process, or one forked from it, is working on or failed at; empty when there is none."""
    return _note.read()


def note_anew() -> None:
    """What this process and those forked from it work on is no longer shared with the one that it comes from."""
    _note.renew()


def bound_files() -> None:
    """No file that this process and the speech engines it starts write may be larger than `LARGEST_FILE`."""
    _lower(resource.RLIMIT_FSIZE, LARGEST_FILE)


def _lower(kind: int, to: int) -> None:
    soft, hard = resource.getrlimit(kind)
    if soft == resource.RLIM_INFINITY or to < soft:
        resource.setrlimit(kind, (to, hard))


def _data() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[_DATA_FIELD]) * resource.getpagesize()
