"""What the voices of a language say for signs: one table for each language, words/en.toml and its neighbours."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

Table = dict[str, str]
Forms = dict[str, list[str]]
"""Words for one and for several; of a big operator: alone, with a limit below, with limits below and above."""


@dataclass(frozen=True, eq=False)
class Words:
    """The words of one language; what its table leaves out is left to the engine."""

    signs: Table
    greek: Table
    functions: Table
    operators: Forms
    phrases: Table
    fractions: Forms
    numerators: Table
    abbreviations: Table
    letters: Table = field(default_factory=dict)
    before_numbers: Table = field(default_factory=dict)
    units: Forms = field(default_factory=dict)
    unit_phrases: Table = field(default_factory=dict)
    money: Forms = field(default_factory=dict)
    cues: Forms = field(default_factory=dict)
    years: Table = field(default_factory=dict)
    code: Table = field(default_factory=dict)

    def say(self, phrase: str, *parts: str) -> str:
        """A phrase with its parts, which have been read already."""
        return self.phrases[phrase].format(*parts)

    def sign(self, sign: str) -> str | None:
        """The words for a sign or a letter that engines do not read as one; None when they do."""
        return self.signs.get(sign) or self.greek.get(sign) or self.letters.get(sign)


@cache
def words_of(language: str) -> Words | None:
    """The table for a language tag such as en-GB; None when there is none."""
    base = language.split("-", maxsplit=1)[0].lower()
    found = files(__package__) / "words" / f"{base}.toml"
    if not base.isalpha() or not found.is_file():
        return None
    return Words(**tomllib.loads(found.read_text(encoding="utf-8")))
