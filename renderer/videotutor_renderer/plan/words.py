"""Cutting prose to the lengths that a storyboard allows, at places where a reader would cut it."""

from __future__ import annotations

import re

from videotutor_renderer.scene.captions import split

LONGEST_TITLE = 90
LONGEST_POINT = 200
LONGEST_SHOWN_TITLE = 200
LONGEST_SAY = 1000

_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+(?=\S)|(?<=[。！？؟।])\s*(?=\S)")  # noqa: RUF001 - full stops of other scripts

_SHORT = re.compile(
    r"(?<!\w)(?:(?:[^\W\d_]\.)+[^\W\d_]|dr|mrs?|ms|prof|st|vs|cf|fig|eq|bzw|ca|vgl|nr)\.$", re.IGNORECASE
)
"""What ends in a full stop that ends no sentence: e.g., i.e., z.B., and words that are mostly followed by another."""


def sentences(text: str) -> list[str]:
    """The sentences of a paragraph, each short enough to be said in one beat."""
    found: list[str] = []
    for part in filter(None, map(str.strip, _SENTENCE_END.split(" ".join(text.split())))):
        if found and _SHORT.search(found[-1]):
            found[-1] += f" {part}"
        else:
            found.append(part)
    return [piece for part in found for piece in split(part, LONGEST_SAY)]


def points(text: str) -> list[str]:
    """The text in pieces short enough for one point of a list; usually one."""
    plain = " ".join(text.split())
    return [plain] if len(plain) <= LONGEST_POINT else split(plain, LONGEST_POINT)


def clipped(text: str, longest: int = LONGEST_TITLE) -> str:
    """One line of at most so many characters, cut at a space, with an ellipsis when it was cut; never empty."""
    plain = " ".join(text.split())
    if len(plain) <= longest:
        return plain or "…"
    cut = plain.rfind(" ", longest // 2, longest)
    return plain[: cut if cut > 0 else longest - 1].rstrip(" ,;:.") + "…"
