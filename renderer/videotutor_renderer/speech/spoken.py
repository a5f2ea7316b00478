"""What is said instead of what is written: formulas, code, numbers and signs as words; decoration has none."""

from __future__ import annotations

import re
import unicodedata

from videotutor_renderer.latex.inline import Kind, parts, shown
from videotutor_renderer.speech.formula import spoken_formula
from videotutor_renderer.speech.prose import spoken_prose
from videotutor_renderer.speech.source_code import spoken_code
from videotutor_renderer.speech.words import words_of

_READERS = {Kind.PROSE: spoken_prose, Kind.FORMULA: spoken_formula, Kind.CODE: spoken_code}
_LOOSE = re.compile(r"\s+(?=[,.;:!?)](?!\w))|(?<=\()\s+")
"""Space that was left around punctuation."""


def spoken(text: str, language: str) -> str:
    """One line of plain words for a speech engine; empty when there is nothing that can be said.

    Languages without a table of words leave signs to their engine, and hear formulas in plain characters.
    """
    text = " ".join(text.split())
    words = words_of(language)
    said = shown(text) if words is None else " ".join(_READERS[kind](part, words) for kind, part in parts(text))
    said = "".join(character if _can_be_said(character) else " " for character in said)
    said = _LOOSE.sub("", " ".join(said.split()))
    return said if any(character.isalnum() for character in said) else ""


def _can_be_said(character: str) -> bool:
    """Letters, accents, digits, spaces and punctuation; not emoji, not markup."""
    if character in "*_`#~|\\{}[]<>^$":
        return False
    return unicodedata.category(character)[0] in "LMNPZ"
