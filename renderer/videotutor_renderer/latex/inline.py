"""Formulas and code within running text, as Markdown and TeX write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from videotutor_renderer.latex.plain import readable


class Kind(Enum):
    """What a part of a text is."""

    PROSE = auto()
    FORMULA = auto()
    CODE = auto()


FORMULA = r"\$(?=[^\s$])(?P<formula>[^$]*[^\s$])\$(?!\d)"
"""A formula between single dollars, as pandoc has it: $5 and $10 are none."""

_MARKED = re.compile(
    r"\$\$(?P<display>.+?)\$\$"
    rf"|{FORMULA}"
    r"|\\\((?P<round>.+?)\\\)|\\\[(?P<square>.+?)\\\]"
    r"|(?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)",
    re.DOTALL,
)


def parts(text: str) -> Iterator[tuple[Kind, str]]:
    """The text in order: prose, formulas without their dollars, code without its backticks."""
    at = 0
    for match in _MARKED.finditer(text):
        yield Kind.PROSE, text[at : match.start()]
        if match["code"] is not None:
            yield Kind.CODE, match["code"].strip()
        else:
            yield Kind.FORMULA, next(filter(None, match.group("display", "formula", "round", "square")))
        at = match.end()
    yield Kind.PROSE, text[at:]


def shown(text: str, *, space: str = " ") -> str:
    """The text as a reader sees it: formulas in plain characters, with `space` in them, and code as it is."""
    found = ((kind, readable(part) if kind is Kind.FORMULA else part) for kind, part in parts(text))
    return "".join(part if kind is Kind.PROSE else part.replace(" ", space) for kind, part in found)
