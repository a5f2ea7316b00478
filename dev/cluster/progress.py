"""Says what is being done, how long it should take and how long it has taken, on standard error."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

REMINDER_SECONDS = 20.0
_MINUTE = 60


def say(message: str) -> None:
    """One line for the person who waits. Standard output stays free for results."""
    print(message, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """`75` -> `1 min 15 s`; under ten seconds with one decimal."""
    if seconds < 10:  # noqa: PLR2004 - only how it looks
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def step(what: str, *, seconds: float) -> Iterator[None]:
    """Announces a step that should take about `seconds`, reminds that it still runs, and says how it ended."""
    started = time.monotonic()
    ended = threading.Event()

    def remind() -> None:
        while not ended.wait(REMINDER_SECONDS):
            say(f"  … {what}: {duration(time.monotonic() - started)} of about {duration(seconds)}")

    say(f"• {what} (about {duration(seconds)})")
    reminder = threading.Thread(target=remind, daemon=True)
    reminder.start()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    finally:
        ended.set()
        reminder.join()
        say(f"  {what}: {outcome} after {duration(time.monotonic() - started)}")
