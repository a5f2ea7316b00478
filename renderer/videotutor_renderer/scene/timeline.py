"""When everything happens: the measured length of each beat's speech is the clock of the scene."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from videojob.storyboard import Beat

FRAMES_PER_SECOND = 30
SAMPLE_RATE = 48_000
AAC_FRAME = 1024
"""Samples of one AAC frame (ISO/IEC 14496-3)."""

QUANTUM = 16
"""Frames that a scene's length is a multiple of: 16 frames at 30/s last exactly as long as 25 AAC frames at 48 kHz."""

LEAD_IN = 0.7
GAP = 0.4
TAIL = 0.9
PAUSE = 2.0
"""Seconds of a beat that says nothing."""

LEAST_BEAT = 1.2


@dataclass(frozen=True)
class Cue:
    """A beat in seconds from the scene's start; `spoken` is how long its speech lasts, within start and end.

    Silence that follows it is after its end.
    """

    start: float
    end: float
    spoken: float


@dataclass(frozen=True)
class Need:
    """Seconds that a beat needs for what appears in it: while it is told, and in silence when its words have ended."""

    told: float
    silent: float = 0.0


@dataclass(frozen=True)
class Timeline:
    """The cues of a scene and its length in frames."""

    cues: tuple[Cue, ...]
    frames: int

    @property
    def seconds(self) -> float:
        """Length of the scene."""
        return self.frames / FRAMES_PER_SECOND

    @property
    def samples(self) -> int:
        """Length of its sound at 48 kHz; a whole number of AAC frames."""
        return self.frames * SAMPLE_RATE // FRAMES_PER_SECOND


def timeline(beats: Sequence[Beat], spoken: Sequence[float], needed: Sequence[Need]) -> Timeline:
    """Lay beats out one after the other.

    `spoken`: how long each one's speech lasts in seconds, `needed`: how long what appears in it does. The room around
    the first and the last beat is for the voice: a scene that says nothing does without.
    """
    lead_in, tail = (LEAD_IN, TAIL) if any(beat.say.strip() for beat in beats) else (0.0, 0.0)
    cues: list[Cue] = []
    at = lead_in
    for beat, seconds, need in zip(beats, spoken, needed, strict=True):
        length = max(seconds if beat.say.strip() else PAUSE, need.told, LEAST_BEAT)
        cues.append(Cue(at, at + length, seconds))
        at += length + need.silent + GAP
    end = at - GAP + tail
    return Timeline(tuple(cues), math.ceil(end * FRAMES_PER_SECOND / QUANTUM) * QUANTUM)


def reading_time(text: str) -> float:
    """Seconds in which a subtitle can be read: 15 characters a second, 6 in scripts of whole words or syllables.

    The rates are those of Netflix's timed text guides, rounded down.
    """
    dense = sum("\u2e80" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af" for character in text)
    return max(LEAST_BEAT, dense / 6 + (len(text) - dense) / 15) if text.strip() else 0.0
