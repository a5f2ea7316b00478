"""Captions in WebVTT (W3C): what is said, when, in pieces short enough to read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from videotutor_renderer.scene.timeline import Cue

LONGEST = 84
"""Characters of one caption: two lines of 42, the usual limit of broadcasters."""

_SENTENCE = re.compile(r"(?<=[.!?;:。！？؟])\s+|(?<=[。！？])")  # noqa: RUF001 - full stops of other scripts


@dataclass(frozen=True)
class Caption:
    """One caption, in seconds."""

    start: float
    end: float
    text: str


def captions(says: Sequence[str], cues: Sequence[Cue]) -> list[Caption]:
    """The captions of a scene; long passages are cut, each piece shown for its share of the time."""
    found: list[Caption] = []
    for say, cue in zip(says, cues, strict=True):
        pieces = split(" ".join(say.split()))
        total = sum(map(len, pieces))
        at = cue.start
        for piece in pieces:
            end = at + (cue.end - cue.start) * len(piece) / total
            found.append(Caption(at, end, piece))
            at = end
    return found


def split(text: str, longest: int = LONGEST) -> list[str]:
    """The text in pieces of at most so many characters: at sentences, else at spaces, else anywhere."""
    pieces: list[str] = []
    for sentence in filter(None, map(str.strip, _SENTENCE.split(text))):
        if pieces and len(pieces[-1]) + 1 + len(sentence) <= longest:
            pieces[-1] += f" {sentence}"
        else:
            pieces += _wrapped(sentence, longest)
    return pieces


def _wrapped(sentence: str, longest: int) -> list[str]:
    pieces = []
    while len(sentence) > longest:
        cut = sentence.rfind(" ", longest // 2, longest + 1)
        cut = cut if cut > 0 else longest
        pieces.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [piece for piece in [*pieces, sentence] if piece]


def web_vtt(cues: Sequence[Caption]) -> str:
    """A WebVTT file."""
    blocks = [f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{_escaped(cue.text)}\n" for cue in cues]
    return "\n".join(["WEBVTT\n", *blocks])


def read_web_vtt(text: str) -> list[Caption]:
    """The captions of a file that `web_vtt` wrote."""
    found = []
    for block in text.split("\n\n")[1:]:
        times, _, words = block.strip("\n").partition("\n")
        start, _, end = times.partition(" --> ")
        plain = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        found.append(Caption(_seconds(start), _seconds(end), plain))
    return found


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _escaped(text: str) -> str:
    plain = "".join(" " if unicodedata.category(character) == "Cc" else character for character in text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
