"""How long each caption stays: long enough to be read, where neighbours and pauses leave the time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FASTEST = 20
"""Latin letters a second, the limit of Netflix's Timed Text Style Guide for adults."""
LEAST = 1.0
"""Seconds that even one word needs; five sixths are the least of that guide."""


@dataclass(frozen=True)
class Span:
    """When a caption is spoken, in seconds, and how many seconds reading it takes."""

    start: float
    end: float
    need: float


def needed(letters: float) -> float:
    """Seconds that so many letters are read in."""
    return max(LEAST, letters / FASTEST)


def paced(spans: Sequence[Span], until: float) -> list[tuple[float, float]]:
    """When each caption is shown: with its speech, longer or earlier where that is too fast to be read.

    One that needs more time gets it from the pause after it, then from the neighbours that have some to spare. Where
    all together have too little, each gets the same share of what it needs. `until`: when the last one must be gone.
    """
    runs = [[i] for i in range(len(spans))]

    def room(run: int) -> float:
        """Seconds that a run of captions has to spare up to the next run."""
        ends = spans[runs[run + 1][0]].start if run + 1 < len(runs) else until
        return ends - spans[runs[run][0]].start - sum(spans[i].need for i in runs[run])

    while len(runs) > 1 and (short := next((run for run in range(len(runs)) if room(run) < 0), None)) is not None:
        sides = [side for side in (short - 1, short + 1) if 0 <= side < len(runs)]
        first = min(short, max(sides, key=room))
        runs[first : first + 2] = [runs[first] + runs[first + 1]]
    starts = [*(spans[run[0]].start for run in runs[1:]), until]
    return [time for run, end in zip(runs, starts, strict=True) for time in _shared([spans[i] for i in run], end)]


def _shared(run: Sequence[Span], end: float) -> list[tuple[float, float]]:
    """The times of captions that follow one another up to `end`, each as near to its speech as the others allow."""
    left = sum(span.need for span in run)
    share = min(1.0, (end - run[0].start) / left)
    times: list[tuple[float, float]] = []
    at = run[0].start
    for span in run:
        starts = min(max(span.start, at), end - share * left)
        left -= span.need
        at = min(max(span.end, starts + share * span.need), end - share * left)
        times.append((starts, at))
    return times
