"""Between expressions and SymPy: trees that the whitelist of `scene/expression.py` made go in, and come back.

Text from a prompt never reaches SymPy's own parser, which evaluates Python. A tree is converted node by node, and its
size is bounded first, so that no prompt can make SymPy compute for long. SymPy is imported when it is first needed: it
takes a second, and most plans need none of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from videotutor_renderer.errors import bad_scene
from videotutor_renderer.scene.expression import Expression, parse

LONGEST = 60
"""Characters of an expression that is computed with."""
LARGEST_NUMBER = 1e6
"""Of every part without x: SymPy computes with as many digits as exp(exp(100)) has."""
HIGHEST_POWER = 12
"""Of one power, and of powers of powers multiplied: an expanded polynomial stays short."""

_NAMES = {"asin": "asin", "arcsin": "asin", "acos": "acos", "arccos": "acos", "atan": "atan", "arctan": "atan"}
_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "ln", "log", "sqrt")
_FUNCTIONS = {**_NAMES, **{name: name for name in _SAME}, "abs": "Abs"}
_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}


@cache
def sympy() -> Any:
    """The library."""
    import sympy as library  # noqa: PLC0415

    return library


def symbolic(expression: Expression) -> Any:
    """The SymPy expression of a parsed one.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    if len(expression.source) > LONGEST:
        raise bad_scene(f"{expression.source[:LONGEST]!r}… is too long to compute with.")
    value = _converted(expression.tree, HIGHEST_POWER)
    if value.has(sympy().zoo, sympy().nan, sympy().oo):
        raise bad_scene(f"{expression.source!r} divides by zero.")
    return value


def _converted(node: ast.expr, power: float) -> Any:
    """A node of the whitelist; `power` is what an exponent may still be."""
    if not _has_x(node) and not _size(node) <= LARGEST_NUMBER:
        raise bad_scene(f"Lessons compute with numbers up to {LARGEST_NUMBER:.0f}.")
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _raised(left, right, power)
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_converted(left, power), _converted(right, power))
        case ast.UnaryOp(op=op, operand=operand):
            value = _converted(operand, power)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
            return getattr(sympy(), _FUNCTIONS[name])(_converted(argument, power))
        case ast.Name(id=name):
            return x() if name == "x" else {"e": sympy().E, "tau": 2 * sympy().pi}.get(name, sympy().pi)
        case ast.Constant(value=int() | float() as number):
            return sympy().Rational(str(number))
    raise bad_scene(f"Lessons do not compute with {ast.unparse(node)[:LONGEST]!r}.")


def _raised(base: ast.expr, exponent: ast.expr, power: float) -> Any:
    """A power: of e or a number to anything, or of anything to a small fixed number."""
    if _has_x(exponent):
        if _has_x(base):
            raise bad_scene("Lessons do not compute with x in base and exponent at once.")
        return _converted(base, power) ** _converted(exponent, power)
    size = _size(exponent)
    if not size <= power:
        raise bad_scene(f"Lessons compute with powers up to {HIGHEST_POWER}.")
    return _converted(base, power / max(size, 1)) ** _converted(exponent, power)


def _size(node: ast.expr) -> float:
    """How far a number is from zero, computed with floating-point numbers; nan and infinity are no size."""
    return abs(float(Expression("", node)(np.zeros(1))[0]))


def _has_x(node: ast.expr) -> bool:
    return any(isinstance(child, ast.Name) and child.id == "x" for child in ast.walk(node))


def written(value: Any) -> Expression:
    """A SymPy expression as one that can be plotted, typeset and said.

    Raises:
        TaskError: it has no place on a plot's whitelist, or is too long for it.
    """
    minus = value.could_extract_minus_sign() and not value.is_Add
    text = f"-({_printed(-value)})" if minus and not (-value).is_Atom else _printed(value)
    return parse(text)


def _printed(value: Any) -> str:
    text = str(_printer().doprint(value))
    return re.sub(r"\bE\b", "e", text.replace("Abs(", "abs(").replace("log(", "ln("))


@cache
def x() -> Any:
    """The variable."""
    return sympy().Symbol("x", real=True)


@cache
def _printer() -> Any:
    base: Any = sympy().printing.str.StrPrinter

    class Printer(base):  # type: ignore[misc]
        """Writes e^x and 1/x^2 as people do."""

        def _print_exp(self, value: Any) -> str:
            return f"e**({self._print(value.args[0])})"

        def _print_Pow(self, value: Any, rational: bool = False) -> str:  # noqa: N802, FBT001, FBT002 - SymPy's names
            if value.exp.is_Rational and value.exp < -1:
                return f"1/({self._print(1 / value)})"
            return str(super()._print_Pow(value, rational=rational))

    return Printer()
