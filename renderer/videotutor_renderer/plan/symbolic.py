"""The one place that uses SymPy: derivatives and integrals of what the whitelist of `scene/expression.py` let through.

Text from a prompt never reaches SymPy's own parser, which evaluates Python. The tree that the whitelist made is
converted node by node, and its size is bounded first, so that no prompt can make SymPy compute for long.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from videotutor_renderer.errors import bad_scene
from videotutor_renderer.scene.expression import CONSTANTS, Expression, parse

LONGEST = 60
"""Characters of an expression that is computed with."""
HIGHEST_POWER = 12
"""Of one power, and of powers of powers multiplied: an expanded polynomial stays short."""

_NAMES = {"asin": "asin", "arcsin": "asin", "acos": "acos", "arccos": "acos", "atan": "atan", "arctan": "atan"}
_SAME = ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "ln", "log", "sqrt")
_FUNCTIONS = {**_NAMES, **{name: name for name in _SAME}, "abs": "Abs"}


def derivative(expression: Expression) -> Expression:
    """The derivative by x, multiplied out when it is a polynomial.

    Raises:
        TaskError: it is too large, or of a kind that lessons do not differentiate.
    """
    return written(_tidied(symbolic(expression).diff(_x())))


def antiderivative(expression: Expression) -> Expression | None:
    """An antiderivative of a sum of powers and of sines, cosines and exponentials of a multiple of x, else None.

    All of these are continuous everywhere, so the difference of two values is the integral.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    import sympy  # noqa: PLC0415

    terms = sympy.Add.make_args(sympy.expand(symbolic(expression)))
    return written(sympy.integrate(sympy.Add(*terms), _x())) if all(map(_simple, terms)) else None


def difference_quotient(expression: Expression) -> tuple[str, str]:
    r"""LaTeX of f(x+h)-f(x) for a polynomial, multiplied out, and of the same divided by h.

    Raises:
        TaskError: it is too large.
    """
    import sympy  # noqa: PLC0415

    f, x, h = symbolic(expression), _x(), sympy.Symbol("h", real=True)
    change = sympy.expand(f.subs(x, x + h) - f)
    return str(sympy.latex(change)), str(sympy.latex(sympy.expand(change / h)))


def coefficients(expression: Expression) -> tuple[Fraction, ...] | None:
    """Those of a polynomial with rational coefficients, the constant one first; None when it is none.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    import sympy  # noqa: PLC0415

    expanded = sympy.expand(symbolic(expression))
    if not expanded.is_polynomial(_x()):
        return None
    found = sympy.Poly(expanded, _x()).all_coeffs()[::-1]
    return tuple(Fraction(int(c.p), int(c.q)) for c in found) if all(c.is_Rational for c in found) else None


def polynomial(*constant_first: Fraction | int) -> Expression:
    """The polynomial with these coefficients, written as people write it."""
    import sympy  # noqa: PLC0415

    terms = (sympy.Rational(*Fraction(c).as_integer_ratio()) * _x() ** i for i, c in enumerate(constant_first))
    return written(sympy.Add(*terms))


def exact(expression: Expression, at: Expression) -> Expression:
    """The value at a point, as an expression without x, such as pi/2.

    Raises:
        TaskError: one of the two is too large or of a kind that SymPy is not asked about.
    """
    return written(symbolic(expression).subs(_x(), symbolic(at)))


def difference(first: Expression, second: Expression) -> Expression:
    """The first minus the second.

    Raises:
        TaskError: one of the two is too large or of a kind that SymPy is not asked about.
    """
    return written(_tidied(symbolic(first) - symbolic(second)))


def null_space(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """A basis of what a matrix maps to zero, each vector in the smallest whole numbers."""
    import sympy  # noqa: PLC0415

    vectors = ([Fraction(int(c.p), int(c.q)) for c in vector] for vector in sympy.Matrix(rows).nullspace())
    return tuple(map(_whole, vectors))


def _whole(vector: Sequence[Fraction]) -> tuple[int, ...]:
    scale = math.lcm(*(c.denominator for c in vector))
    numbers = [int(c * scale) for c in vector]
    return tuple(n // math.gcd(*numbers) for n in numbers)


def symbolic(expression: Expression) -> Any:
    """The SymPy expression of a parsed one.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    if len(expression.source) > LONGEST:
        raise bad_scene(f"{expression.source[:LONGEST]!r}… is too long to compute with.")
    import sympy  # noqa: PLC0415

    value = _converted(expression.tree, HIGHEST_POWER)
    if value.has(sympy.zoo, sympy.nan, sympy.oo):
        raise bad_scene(f"{expression.source!r} divides by zero.")
    return value


def _converted(node: ast.expr, power: float) -> Any:
    """A node of the whitelist; `power` is what an exponent may still be."""
    import sympy  # noqa: PLC0415

    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _raised(left, right, power)
        case ast.BinOp(left=left, op=op, right=right):
            return _ARITHMETIC[type(op)](_converted(left, power), _converted(right, power))
        case ast.UnaryOp(op=op, operand=operand):
            value = _converted(operand, power)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=[argument]) if name in _FUNCTIONS:
            return getattr(sympy, _FUNCTIONS[name])(_converted(argument, power))
        case ast.Name(id=name):
            return _x() if name == "x" else {"e": sympy.E, "tau": 2 * sympy.pi}.get(name, sympy.pi)
        case ast.Constant(value=int() | float() as number):
            return sympy.Rational(str(number))
    raise bad_scene(f"Lessons do not compute with {ast.unparse(node)[:LONGEST]!r}.")


def _raised(base: ast.expr, exponent: ast.expr, power: float) -> Any:
    """A power: of e or a number to anything, or of anything to a small fixed number."""
    if _has_x(exponent):
        if _has_x(base):
            raise bad_scene("Lessons do not compute with x in base and exponent at once.")
        return _converted(base, power) ** _converted(exponent, power)
    size = abs(float(Expression("", exponent)(np.zeros(1))[0]))
    if not size <= power:
        raise bad_scene(f"Lessons compute with powers up to {HIGHEST_POWER}.")
    return _converted(base, power / max(size, 1)) ** _converted(exponent, power)


def _has_x(node: ast.expr) -> bool:
    return any(isinstance(child, ast.Name) and child.id == "x" for child in ast.walk(node))


def _tidied(value: Any) -> Any:
    import sympy  # noqa: PLC0415

    return sympy.expand(value) if value.is_polynomial(_x()) else value


def _simple(term: Any) -> bool:
    """Whether a term is a constant times a power of x, or times a sine, cosine or exponential of a multiple of x."""
    import sympy  # noqa: PLC0415

    _, part = term.as_independent(_x(), as_Add=False)
    if part.is_polynomial(_x()):
        return True
    inner = part.args[0] if isinstance(part, (sympy.sin, sympy.cos, sympy.exp)) else None
    return inner is not None and inner.is_polynomial(_x()) and sympy.degree(inner, _x()) == 1


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
def _x() -> Any:
    import sympy  # noqa: PLC0415

    return sympy.Symbol("x", real=True)


@cache
def _printer() -> Any:
    from sympy.printing.str import StrPrinter  # noqa: PLC0415

    class Printer(StrPrinter):  # type: ignore[misc]
        """Writes e^x and 1/x^2 as people do."""

        def _print_exp(self, value: Any) -> str:
            return f"e**({self._print(value.args[0])})"

        def _print_Pow(self, value: Any, rational: bool = False) -> str:  # noqa: N802, FBT001, FBT002 - SymPy's names
            if value.exp.is_Rational and value.exp < -1:
                return f"1/({self._print(1 / value)})"
            return str(super()._print_Pow(value, rational=rational))

    return Printer()


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
