"""The process above the one that works: when the kernel or a crash ends that one, somebody is left to say why."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import NoReturn

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError, bad_scene, out_of_memory
from videotutor_renderer.limits import MEMORY, SECONDS, note_anew, worked_on

TERMINATED = 128 + signal.SIGTERM
"""Exit code of what was told to end."""
UNHANDLED = 1
"""Exit code of Python after an exception that nobody caught, such as a panic in Typst."""


def supervised(work: Callable[[], int]) -> int:
    """Do the work in a process of its own, which is told to end when this one is; returns its exit code.

    Raises:
        TaskError: it was ended from outside or crashed; the message names the field that it was working on.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # its memory holds keys and other people's texts
    note_anew()  # scenes that are rendered side by side come from one process
    worker = get_context("fork").Process(target=lambda: anew(work))
    with sigterm_waits():
        worker.start()
        signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
    worker.join()
    code = worker.exitcode
    if code == -signal.SIGTERM:
        return TERMINATED
    if code is None or code < 0 or code == UNHANDLED:
        raise _failure(code or 0, worked_on())
    return code


@contextmanager
def sigterm_waits() -> Iterator[None]:
    """Being told to end takes effect after the block: no process is started that nobody knows of."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def anew(work: Callable[[], int]) -> NoReturn:
    """Do the work in a process forked while SIGTERM waited, which ends it again as it ends a new process."""
    signal.set_wakeup_fd(-1)  # that of an event loop stays with the process that forked
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    sys.exit(work())


def _failure(code: int, field: str) -> TaskError:
    """What ended the worker, as a failure that the operator knows what to do about."""
    name = signal.Signals(-code).name if code < 0 else "an unexpected error"
    if code == -signal.SIGKILL:
        return out_of_memory()  # the kernel's way where memory runs out
    if not field:
        return TaskError(FailureClass.INTERNAL, f"The renderer crashed: {name}.")
    if code == -signal.SIGXCPU:
        return bad_scene(f"{field}: it takes more than {SECONDS} s of computing; make it shorter or simpler.")
    if code == -signal.SIGABRT:  # how Typst ends when it gets no memory
        return bad_scene(f"{field}: it needs more than {MEMORY >> 20} MB of memory; make it smaller.")
    return bad_scene(f"{field}: the renderer crashes with it ({name}); make it shorter or simpler.")
