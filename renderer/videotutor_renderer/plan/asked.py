"""What a prompt asks for: functions, equations, numbers and quantities found in plain English."""

from __future__ import annotations

import re
from fractions import Fraction

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.sympy_terms import LONGEST
from videotutor_renderer.scene.expression import Expression, parse

SEARCHED = 600
"""Characters of a prompt that are read: what it is about is named at its start."""

_NUMBER = r"[-\u2212]?\d{1,9}(?:\.\d{1,9})?"
_LOOKS_LIKE_MATHS = re.compile(r"[\d^=+*/²³|√(){}\\]")
_SPELLED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), plain)
    for pattern, plain in (
        (r"[$`]", ""),
        (r"\bx\s*-?\s*squared\b", "x^2"),
        (r"\bx\s*-?\s*cubed\b", "x^3"),
        (r"\s+(?:raised\s+)?to\s+the\s+(?:power\s+(?:of\s+)?)?(\d+)(?:st|nd|rd|th)?(?:\s+power)?\b", r"^\1"),
        (r"\be\s+to\s+the\s+(?:power\s+of\s+)?x\b", "e^x"),
        (r"\bsquare root of\s+(x)\b", r"sqrt(\1)"),
        (r"√\s*\(?(x|\d+x)\)?", r"sqrt(\1)"),
        (r"\bsine of\s+(x)\b", r"sin(\1)"),
        (r"\bcosine of\s+(x)\b", r"cos(\1)"),
        (r"\bnatural log(?:arithm)? of\s+(x)\b", r"ln(\1)"),
        (r"\b(?:absolute value|modulus) of\s+(x)\b", r"abs(\1)"),
        (r"\|([^|]{1,40})\|", r"abs(\1)"),
        (r"\b(sin|cos|tan|ln|log|exp|sqrt)\s+(\d*x)\b", r"\1(\2)"),
        (r"\bminus\b", "-"),
        (r"\bplus\b", "+"),
        (r"\btimes\b", "*"),
        (r"\bequals\b", "="),
    )
)


def in_signs(prompt: str) -> str:
    """A prompt with spelled mathematics in signs: "x squared plus 3" becomes "x^2 + 3"."""
    text = " ".join(prompt.split())
    for pattern, plain in _SPELLED:
        text = pattern.sub(plain, text)
    return text


def function(text: str, after: re.Pattern[str]) -> tuple[Expression | None, str]:
    """The function of x that follows `after`, the longest that can be read; and what was meant as one but is none."""
    meant = ""
    for match in after.finditer(text):
        rest = text[match.end() : match.end() + LONGEST]
        found = _longest(rest.split(" "), from_end=False)
        if found and "x" in found.source:
            return found, ""
        first = rest.split(" ")[0].strip(".,;:?!")
        meant = meant or (first if _LOOKS_LIKE_MATHS.search(first) else "")
    return None, meant


def equation(text: str) -> tuple[Expression, Expression] | None:
    """The two sides of the first equation in x, if there is one."""
    left, sign, right = text.partition("=")
    if not sign:
        return None
    first = _longest(left[-LONGEST:].split(" "), from_end=True)
    second = _longest(right[:LONGEST].split(" "), from_end=False)
    return (first, second) if first and second and "x" in first.source + second.source else None


def _longest(words: list[str], *, from_end: bool) -> Expression | None:
    """The longest expression at one end of the words."""
    for count in range(len(words), 0, -1):
        part = " ".join(words[-count:] if from_end else words[:count]).strip().strip(",;:?!").rstrip(".")
        found = readable_expression(part)
        if found:
            return found
    return None


def readable_expression(text: str) -> Expression | None:
    """The expression that a text is, or None."""
    try:
        return parse(text) if text.strip() else None
    except TaskError:
        return None


def numbers(text: str) -> tuple[Fraction, ...]:
    """All plain numbers of a text, in order."""
    return tuple(map(_fraction, re.findall(rf"(?<![\w.^]){_NUMBER}(?![\w^]|\.\d)", text)))


def number(text: str, pattern: str) -> Fraction | None:
    """The number that stands for `#` in a pattern such as `radius (?:of )?#`, the first time that this is found."""
    match = re.search(pattern.replace("#", rf"({_NUMBER})(?![\d^])"), text, re.IGNORECASE)
    return _fraction(match[1]) if match else None


def _fraction(text: str) -> Fraction:
    return Fraction(text.replace("\u2212", "-"))
