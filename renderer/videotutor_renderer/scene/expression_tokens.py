"""From what people write, `2x² + 3sin(x)`, to what Python's parser reads, `2 * x ** 2 + 3 * sin ( x )`."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from videotutor_renderer.errors import bad_scene

_POWERS = {"²": "^2", "³": "^3", "⁴": "^4", "⁵": "^5"}
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([^\W\d_]+\d*)|(\*\*|[-+*/^(),]))")
_PREFIX = re.compile(r"^\s*(?:y|[a-z]\s*\(\s*x\s*\))\s*=")


def in_python(source: str, functions: AbstractSet[str], names: AbstractSet[str]) -> str:
    """The expression with every sign and every product spelled out; functions take brackets, names stand for numbers.

    Raises:
        TaskError: it has a character that no expression has.
    """
    return " ".join(_with_products(_tokens(source, functions | names), functions))


def _tokens(source: str, known: AbstractSet[str]) -> list[str]:
    text = _PREFIX.sub("", source)
    for mark, plain in {**_POWERS, "−": "-", "·": "*", "×": "*", "÷": "/"}.items():  # noqa: RUF001 - what users type
        text = text.replace(mark, plain)
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad_scene(f"{text[at:].strip()[0]!r} cannot be part of an expression of x (in {source!r}).")
        tokens += _names(match[2], known) if match[2] else [match[1] or match[3]]
        at = match.end()
    return tokens


def _names(word: str, known: AbstractSet[str]) -> list[str]:
    """`pix` is no name, but `xx` and `xe` are products of known ones; unknown words stay, to be refused by name."""
    return [word] if word in known or set(word) - known else list(word)


def _with_products(tokens: list[str], functions: AbstractSet[str]) -> list[str]:
    """The tokens with `*` where mathematics leaves it out: 2x, 2(x+1), (x+1)(x-1), x sin(x)."""
    written: list[str] = []
    for part in tokens:
        before = written[-1] if written else ""
        ends = before == ")" or (before[:1].isalnum() and before not in functions) or before[:1] == "."
        if ends and (part[:1].isalnum() or part[:1] in {"(", "."}):
            written.append("*")
        written.append("**" if part == "^" else part)
    return written
