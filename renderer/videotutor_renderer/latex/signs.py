r"""What LaTeX's commands stand for: `\le` is a sign, `\sin` a function, `\left` nothing to be read."""

from __future__ import annotations

import tomllib
from importlib.resources import files

_TABLES = tomllib.loads((files(__package__) / "signs.toml").read_text(encoding="utf-8"))

SIGNS: dict[str, str] = _TABLES["signs"]
BLACKBOARD: dict[str, str] = _TABLES["blackboard"]
DELIMITERS: dict[str, str] = _TABLES["delimiters"]
PAIRS: dict[str, str] = _TABLES["pairs"]
FUNCTIONS, INTEGRALS, ACCENTS, STYLES, TEXTS = (
    frozenset(_TABLES[kind]["names"]) for kind in ("functions", "integrals", "accents", "styles", "texts")
)
OPERATORS = INTEGRALS | frozenset(_TABLES["operators"]["names"])
