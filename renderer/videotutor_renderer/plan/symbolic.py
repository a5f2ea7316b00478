"""What lessons let SymPy compute: derivatives, antiderivatives, coefficients, exact values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from videotutor_renderer.plan.sympy_terms import symbolic, sympy, written, x
from videotutor_renderer.scene.expression import Expression


def derivative(expression: Expression) -> Expression:
    """The derivative by x, multiplied out when it is a polynomial.

    Raises:
        TaskError: it is too large, or of a kind that lessons do not differentiate.
    """
    return written(_tidied(symbolic(expression).diff(x())))


def antiderivative(expression: Expression) -> Expression | None:
    """An antiderivative of a sum of powers and of sines, cosines and exponentials of a multiple of x, else None.

    All of these are continuous everywhere, so the difference of two values is the integral.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    terms = sympy().Add.make_args(sympy().expand(symbolic(expression)))
    return written(sympy().integrate(sympy().Add(*terms), x())) if all(map(_simple, terms)) else None


def difference_quotient(expression: Expression) -> tuple[str, str]:
    r"""LaTeX of f(x+h)-f(x) for a polynomial, multiplied out, and of the same divided by h.

    Raises:
        TaskError: it is too large.
    """
    f, h = symbolic(expression), sympy().Symbol("h", real=True)
    change = sympy().expand(f.subs(x(), x() + h) - f)
    return str(sympy().latex(change)), str(sympy().latex(sympy().expand(change / h)))


def coefficients(expression: Expression) -> tuple[Fraction, ...] | None:
    """Those of a polynomial with rational coefficients, the constant one first; None when it is none.

    Raises:
        TaskError: it is too large, or of a kind that SymPy is not asked about.
    """
    expanded = sympy().expand(symbolic(expression))
    if not expanded.is_polynomial(x()):
        return None
    found = sympy().Poly(expanded, x()).all_coeffs()[::-1]
    return tuple(Fraction(int(c.p), int(c.q)) for c in found) if all(c.is_Rational for c in found) else None


def polynomial(*constant_first: Fraction | int) -> Expression:
    """The polynomial with these coefficients, written as people write it."""
    terms = (sympy().Rational(*Fraction(c).as_integer_ratio()) * x() ** i for i, c in enumerate(constant_first))
    return written(sympy().Add(*terms))


def exact(expression: Expression, at: Expression) -> Expression:
    """The value at a point, as an expression without x, such as pi/2.

    Raises:
        TaskError: one of the two is too large or of a kind that SymPy is not asked about.
    """
    return written(symbolic(expression).subs(x(), symbolic(at)))


def null_space(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """A basis of what a matrix maps to zero, each vector in the smallest whole numbers."""
    vectors = ([Fraction(int(c.p), int(c.q)) for c in vector] for vector in sympy().Matrix(rows).nullspace())
    return tuple(map(_whole, vectors))


def _whole(vector: Sequence[Fraction]) -> tuple[int, ...]:
    scale = math.lcm(*(c.denominator for c in vector))
    numbers = [int(c * scale) for c in vector]
    return tuple(n // math.gcd(*numbers) for n in numbers)


def _tidied(value: Any) -> Any:
    return sympy().expand(value) if value.is_polynomial(x()) else value


def _simple(term: Any) -> bool:
    """Whether a term is a constant times a power of x, or times a sine, cosine or exponential of a multiple of x."""
    _, part = term.as_independent(x(), as_Add=False)
    if part.is_polynomial(x()):
        return True
    inner = part.args[0] if isinstance(part, (sympy().sin, sympy().cos, sympy().exp)) else None
    return inner is not None and inner.is_polynomial(x()) and sympy().degree(inner, x()) == 1
