"""The process above the one that works: when the kernel or a crash ends that one, somebody is left to say why."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError, bad_scene, out_of_memory
from videotutor_renderer.limits import MEMORY, SECONDS, worked_on

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
    worker = get_context("fork").Process(target=lambda: sys.exit(work()))
    worker.start()
    signal.signal(signal.SIGTERM, lambda *_: worker.terminate())
    worker.join()
    code = worker.exitcode
    if code == -signal.SIGTERM:
        return TERMINATED
    if code is None or code < 0 or code == UNHANDLED:
        raise _failure(code or 0, worked_on())
    return code


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
