"""Captions in WebVTT (W3C): what is said, when, in pieces short enough to read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from videotutor_renderer.latex.inline import shown
from videotutor_renderer.limits import working_on
from videotutor_renderer.scene.pace import Span, needed, paced
from videotutor_renderer.scene.phrases import NO_BREAK_SPACE, phrases, width
from videotutor_renderer.scene.timeline import TAIL, Cue

LONGEST = 84
"""Characters of one caption: two lines of 42, the usual limit of broadcasters."""

_EFFORTS = {"N": 4.0, "S": 7.0, "P": 3.0}
"""Letters of "seven", of "equals"; and the time of a few in a pause. By Unicode's general categories."""

_SENTENCE = re.compile(r"(?<=[.!?;:。！？؟])\s+|(?<=[。！？])")  # noqa: RUF001 - full stops of other scripts


@dataclass(frozen=True)
class Caption:
    """One caption, in seconds; lines are separated by line feeds."""

    start: float
    end: float
    text: str


def captions(says: Sequence[str], cues: Sequence[Cue]) -> list[Caption]:
    """The captions of a scene: formulas in plain characters, broken at phrases, as slow as can be read if possible."""
    texts: list[str] = []
    spans: list[Span] = []
    for i, (say, cue) in enumerate(zip(says, cues, strict=True)):
        with working_on(f"beats[{i}].say"):
            pieces = _pieces(say)
        efforts = [*accumulate(map(_effort, pieces))]
        spoken = cue.spoken or cue.end - cue.start
        ends = [cue.start + spoken * effort / efforts[-1] for effort in efforts[:-1]]
        for text, start, end in zip(pieces, [cue.start, *ends], [*ends, cue.end], strict=False):
            texts.append(text)
            spans.append(Span(start, end, needed(width(text))))
    times = paced(spans, cues[-1].end + TAIL) if spans else []
    return [Caption(start, end, text) for text, (start, end) in zip(texts, times, strict=True)]


def reading(say: str) -> float:
    """Seconds in which the captions of a passage can be read; some voices rush over what is not words."""
    return sum(needed(width(piece)) for piece in _pieces(say))


@lru_cache(maxsize=32)
def _pieces(say: str) -> tuple[str, ...]:
    return tuple(phrases(shown(" ".join(say.split()), space=NO_BREAK_SPACE)))


def _effort(text: str) -> float:
    """How long it takes to say, in letters: digits and signs are words, and punctuation is a pause."""
    return sum(_EFFORTS.get(unicodedata.category(character)[:1], 1.0) for character in text)


def can_be_seen(text: str) -> bool:
    """Whether there is anything but spaces and characters that only control or join others."""
    return any(unicodedata.category(character)[:1] not in {"Z", "C"} for character in text)


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
    """The lines of a caption; an empty one would end it."""
    lines = ["".join(" " if unicodedata.category(c) == "Cc" else c for c in line) for line in text.split("\n")]
    plain = "\n".join(filter(str.strip, lines))
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _stamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
