"""What is said instead of what is written: signs have names, decoration has none."""

from __future__ import annotations

import re
import unicodedata

_ENGLISH = {
    "²": " squared",
    "³": " cubed",
    "→": " to ",
    "⇒": " implies ",
    "=": " equals ",
    "≈": " is about ",
    "≠": " is not equal to ",
    "≤": " is at most ",
    "≥": " is at least ",
    "<": " is less than ",
    ">": " is greater than ",
    "\u00d7": " times ",
    "·": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "\u2212": " minus ",
    "+": " plus ",
    "√": " the square root of ",
    "∞": " infinity ",
    "∫": " the integral of ",
    "∑": " the sum of ",
    "Σ": " the sum of ",
    "Δ": " delta ",
    "∂": " partial ",
    "π": " pi ",
    "θ": " theta ",
    "°": " degrees ",
    "%": " percent ",
    "&": " and ",
}
"""Read by English voices; the voices of other languages know the signs themselves or leave them out."""

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\^\s*\{?2\}?(?!\d)"), " squared"),
    (re.compile(r"\^\s*\{?3\}?(?!\d)"), " cubed"),
    (re.compile(r"\^\s*\{?([\w-]+)\}?"), r" to the power of \1"),
    (re.compile(r"\b([a-zA-Z])['\u2032]{2}\s*\(([^()]{1,12})\)"), r"\1 double prime of \2"),
    (re.compile(r"\b([a-zA-Z])['\u2032]\s*\(([^()]{1,12})\)"), r"\1 prime of \2"),
    (re.compile(r"\b([a-zA-Z])['\u2032](?=\W|$)"), r"\1 prime"),
    (re.compile(r"\b([f-hF-Hu-v])\(([a-z])\)"), r"\1 of \2"),
    (re.compile(r"\bd([a-z])\s*/\s*d([a-z])\b"), r"d \1 d \2"),
    (re.compile(r"(?<=\d)\s*/\s*(?=\d)"), " over "),
    (re.compile(r"(?<=[\w)])\s+-\s+(?=[\w(])"), " minus "),
)


def spoken(text: str, *, english: bool) -> str:
    """One line of plain words for a speech engine; empty when there is nothing that can be said."""
    text = " ".join(text.split())
    if english:
        for pattern, words in _RULES:
            text = pattern.sub(words, text)
        text = "".join(_ENGLISH.get(character, character) for character in text)
    text = "".join(character if _can_be_said(character) else " " for character in text)
    text = " ".join(text.split())
    return text if any(character.isalnum() for character in text) else ""


def _can_be_said(character: str) -> bool:
    """Letters, accents, digits, spaces and punctuation; not emoji, not markup."""
    if character in "*_`#~|\\{}[]<>^$":
        return False
    return unicodedata.category(character)[0] in "LMNPZ"
