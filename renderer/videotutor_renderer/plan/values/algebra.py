"""Equations solved: linear, quadratic, and two with two unknowns."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.asked import equation, in_signs
from videotutor_renderer.plan.forms import (
    MINUS,
    bracketed_tex,
    decimal,
    decimal_tex,
    forms,
    in_tex,
    in_words,
    numbered,
    rounded,
    signed_tex,
)
from videotutor_renderer.plan.symbolic import coefficients, polynomial
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.scene.expression_latex import to_latex

LARGEST = 1000
"""Numbers above this, or below its inverse, make no example that can be followed."""

_SYSTEM = re.compile(r"(?<![a-zA-Z])([-+\u2212\d.xy \t*]+)=\s*([-+\u2212]?\s*\d+(?:\.\d+)?)")
_TERM = re.compile(r"([-+\u2212]?)\s*(\d*\.?\d*)\s*\*?\s*([xy])")


def _sides(prompt: str, degree: int) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]] | None:
    """Coefficients of both sides of the equation in a prompt, constant first, filled up to a degree."""
    found = equation(in_signs(prompt))
    if found is None:
        return None
    try:
        sides = [coefficients(side) for side in found]
    except TaskError:
        return None
    if any(side is None or len(side) > degree + 1 or not _fit(side) for side in sides):
        return None
    left, right = ((*side, *[Fraction(0)] * (degree + 1 - len(side))) for side in sides if side)
    return left, right


def _fit(numbers: tuple[Fraction, ...]) -> bool:
    return all(abs(n) <= LARGEST and n.denominator <= LARGEST for n in numbers)


@dataclass(frozen=True)
class Linear(Parameters):
    """a x + b = c x + d."""

    a: Fraction = Fraction(3)
    b: Fraction = Fraction(5)
    c: Fraction = Fraction(0)
    d: Fraction = Fraction(11)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first equation in the prompt."""
        sides = _sides(prompt, 1)
        if sides:
            (b, a), (d, c) = sides
            return cls(a, b, c, d)
        return cls.out_of_reach("The equation is not linear in x, with numbers up to 1000") if "=" in prompt else cls()

    def values(self) -> Values:
        """Both sides, each step, and the solution: one, none, or every number."""
        slope, rest = self.a - self.c, self.d - self.b
        left, right = polynomial(self.b, self.a), polynomial(self.d, self.c)
        x = rest / slope if slope else Fraction(0)
        return {
            **forms("left", left),
            **forms("right", right),
            **forms("gathered", polynomial(0, slope)),
            **numbered(c=self.c, b=self.b, d=self.d, rest=rest, slope=slope, x=x),
            "move_x": f"{_moved(self.c)} {in_words(polynomial(0, abs(self.c)))}",
            "move_number": f"{_moved(self.b)} {decimal(abs(self.b))}",
            "checked": decimal(self.a * x + self.b),
            "x_min": f"{float(x) - 4:.6g}",
            "x_max": f"{float(x) + 4:.6g}",
            "one": slope != 0,
            "none": slope == 0 and rest != 0,
            "all": slope == 0 and rest == 0,
            "x_on_both": self.c != 0,
            "has_constant": self.b != 0,
            "has_factor": slope not in {0, 1},
        }


@dataclass(frozen=True)
class Quadratic(Parameters):
    """a x² + b x + c = 0; a is not zero."""

    a: Fraction = Fraction(1)
    b: Fraction = Fraction(-5)
    c: Fraction = Fraction(6)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first equation in the prompt, everything brought to its left side."""
        sides = _sides(prompt, 2)
        if sides:
            c, b, a = (first - second for first, second in zip(*sides, strict=True))
            if a != 0:
                return cls(a, b, c)
        if "=" in prompt:
            return cls.out_of_reach("The equation is not quadratic in x, with numbers up to 1000")
        return cls()

    def values(self) -> Values:
        """The parabola, the discriminant, and two solutions, one, or none among the real numbers."""
        left = polynomial(self.c, self.b, self.a)
        discriminant = self.b**2 - 4 * self.a * self.c
        turn = -self.b / (2 * self.a)
        reach = max(2.0, 1.8 * math.sqrt(abs(float(discriminant))) / (2 * abs(float(self.a))))
        return {
            **forms("left", left),
            **numbered(a=self.a, b=self.b, c=self.c, d=discriminant, turn=turn, low=self.c - self.b**2 / (4 * self.a), minus_b=-self.b, twice_a=2 * self.a),
            **self._roots(discriminant, turn),
            "x_min": f"{float(turn) - reach:.6g}",
            "x_max": f"{float(turn) + reach:.6g}",
            "side": "above" if self.a > 0 else "below",
            "two": discriminant > 0,
            "double": discriminant == 0,
            "no": discriminant < 0,
        }

    def _roots(self, discriminant: Fraction, turn: Fraction) -> dict[str, str | bool]:
        """The smaller and the larger solution; exact when they are rational."""
        if discriminant < 0:
            names = ("first", "second", "first_tex", "second_tex", "factors", "sign", "about")
            return {**dict.fromkeys(names, ""), "rational": False, "irrational": False}
        root = _rational_root(discriminant)
        if root is None:
            half = math.sqrt(discriminant) / (2 * abs(float(self.a)))
            texts = [rounded(float(turn) + offset) for offset in (-half, half)]
            shown = list(map(in_tex, texts))
        else:
            exact = sorted((turn - root / (2 * self.a), turn + root / (2 * self.a)))
            texts, shown = [decimal(x) for x in exact], [decimal_tex(x) for x in exact]
        return {
            "first": texts[0],
            "second": texts[1],
            "first_tex": shown[0],
            "second_tex": shown[1],
            "sign": r"\approx" if root is None else "=",
            "factors": "" if root is None else self._factors(*exact),
            "about": "about " if root is None else "",
            "rational": root is not None and discriminant > 0,
            "irrational": root is None,
        }

    def _factors(self, first: Fraction, second: Fraction) -> str:
        brackets = (rf"\left({to_latex(polynomial(-x, 1))}\right)" for x in (first, second))
        return _factor(self.a) + "".join(brackets)


@dataclass(frozen=True)
class System(Parameters):
    """a x + b y = e and c x + d y = f, where neither b nor d is zero."""

    a: Fraction = Fraction(1)
    b: Fraction = Fraction(1)
    e: Fraction = Fraction(10)
    c: Fraction = Fraction(1)
    d: Fraction = Fraction(-1)
    f: Fraction = Fraction(2)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The first two equations with x and y on the left and a number on the right."""
        found = [(_linear(left), _plain(right)) for left, right in _SYSTEM.findall(in_signs(prompt))[:2]]
        if len(found) < 2 or not all(terms and terms[1] for terms, _ in found):  # noqa: PLR2004 - two equations
            note = "The equations do not both have the form a x + b y = c, with y in them"
            return cls.out_of_reach(note) if "=" in prompt else cls()
        flat = [number for terms, right in found for number in (*(terms or ()), right)]
        return cls(*flat) if _fit(tuple(flat)) else cls.out_of_reach(f"Numbers above {LARGEST} are too large to follow")

    def values(self) -> Values:
        """Both lines, the equation without y, and where the lines meet: in a point, nowhere, or everywhere."""
        first, second = (polynomial(e / b, -a / b) for a, b, e in ((self.a, self.b, self.e), (self.c, self.d, self.f)))
        factor, right = self.a * self.d - self.c * self.b, self.e * self.d - self.f * self.b
        x = right / factor if factor else Fraction(0)
        y = (self.e - self.a * x) / self.b
        return {
            **forms("first", first),
            **forms("second", second),
            "equation1": _row(self.a, self.b, self.e),
            "equation2": _row(self.c, self.d, self.f),
            "scaled1": _row(self.a * self.d, self.b * self.d, self.e * self.d),
            "scaled2": _row(self.c * self.b, self.d * self.b, self.f * self.b),
            **numbered(b=self.b, d=self.d, x=x, y=y, right=right),
            **forms("without_y", polynomial(0, factor)),
            "check1": _checked(self.a, self.b, self.e, (x, y)),
            "check2": _checked(self.c, self.d, self.f, (x, y)),
            "x_min": f"{float(x) - 5:.6g}",
            "x_max": f"{float(x) + 5:.6g}",
            "one": factor != 0,
            "none": factor == 0 and right != 0,
            "all": factor == 0 and right == 0,
        }


def _linear(text: str) -> tuple[Fraction, Fraction] | None:
    """The factors of x and y in a sum such as 2x - 3y; None when it is none."""
    factors = {"x": Fraction(0), "y": Fraction(0)}
    at = 0
    bare = "".join(text.split())
    while at < len(bare):
        term = _TERM.match(bare, at)
        if term is None or (at and not term[1]) or term[2] == ".":
            return None
        factors[term[3]] += (-1 if term[1] in {"-", MINUS} else 1) * Fraction(term[2] or 1)
        at = term.end()
    return factors["x"], factors["y"]


def _plain(text: str) -> Fraction:
    return Fraction("".join(text.split()).replace(MINUS, "-"))


def _row(a: Fraction, b: Fraction, e: Fraction) -> str:
    """LaTeX of a x + b y = e."""
    terms = [(a, "x"), (b, "y")]
    left = "".join(("+" if factor > 0 else "") + _factor(factor) + name for factor, name in terms if factor)
    return f"{left.removeprefix('+') or '0'}={decimal_tex(e)}"


def _moved(number: Fraction) -> str:
    """What takes a term from one side to the other."""
    return "Take away" if number > 0 else "Add"


def _checked(a: Fraction, b: Fraction, e: Fraction, at: tuple[Fraction, Fraction]) -> str:
    """LaTeX of a x + b y = e with numbers in it."""
    x, y = map(bracketed_tex, at)
    return rf"{decimal_tex(a)}\cdot {x}{signed_tex(b)}\cdot {y}={decimal_tex(e)}"


def _factor(value: Fraction) -> str:
    """A number before a letter or bracket: 1 is not written."""
    return "-"[value > 0 :] if abs(value) == 1 else decimal_tex(value)


def _rational_root(value: Fraction) -> Fraction | None:
    """The square root, if it is a fraction."""
    top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(top, bottom) if Fraction(top, bottom) ** 2 == value else None
