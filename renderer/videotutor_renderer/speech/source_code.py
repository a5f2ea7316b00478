"""Code in backticks as programmers read it aloud: x plus equals 1, snake case, a at i."""

from __future__ import annotations

import re

from videotutor_renderer.speech.words import Words

_LEXEME = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?|[-+*/%=!<>&|:]+|\s+|.", re.DOTALL)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_EMPTY_CALL = re.compile(r"\(\s*\)")
_OPENED = re.compile(r"(?<![\w\])])[(\[]")
"""A bracket that groups: it applies to nothing."""


def spoken_code(code: str, words: Words) -> str:
    """The code in words; signs that no word stands for are left out."""
    plain = _OPENED.sub(" ", _EMPTY_CALL.sub("", _CAMEL.sub(" ", code)))
    return " ".join(_said(lexeme, words) for lexeme in _LEXEME.findall(plain))


def _said(lexeme: str, words: Words) -> str:
    if lexeme[0].isalnum():
        return words.letters.get(lexeme, lexeme)
    if lexeme in words.code or len(lexeme) == 1:
        return words.code.get(lexeme, "")
    return " ".join(words.code.get(character, "") for character in lexeme)
