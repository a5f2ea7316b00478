"""The integral of the function in the prompt."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import Self

import numpy as np

from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.asked import function, in_signs, readable_expression
from videotutor_renderer.plan.forms import MINUS, forms, in_text, in_words, measured
from videotutor_renderer.plan.symbolic import antiderivative, exact
from videotutor_renderer.plan.values.base import Parameters, Values
from videotutor_renderer.plan.values.functions import LARGEST, LONGEST_SHOWN, NAMED, value_at
from videotutor_renderer.scene.equation import can_be_set
from videotutor_renderer.scene.expression import Array, Expression, parse
from videotutor_renderer.scene.expression_latex import to_latex

STEADY = 1e-5
"""How far sums of a thousand strips and of more may differ: then four digits are right."""
FURTHEST = 100
"""Of an end from zero: a picture's width."""

_ASKED = re.compile(
    r"\b(?:integral\s+of|integrat(?:e|ing)|area\s+(?:under|below)(?:\s+the\s+(?:curve|graph)(?:\s+of)?)?)\s+" + NAMED,
    re.IGNORECASE,
)
_END = r"([-\u2212]?[\w./π]{1,12})"
_LIMITS = re.compile(rf"\b(?:from|between)\s+(?:x\s*=\s*)?{_END}\s+(?:to|and)\s+(?:x\s*=\s*)?{_END}", re.IGNORECASE)


@dataclass(frozen=True)
class Integral(Parameters):
    """The function to integrate, and the ends: numbers or multiples of pi."""

    f: str = "x^2"
    start: str = "0"
    end: str = "1"

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The function after "integral of", and the ends after "from"."""
        text = in_signs(prompt)
        found, meant = function(text, _ASKED)
        if found is None:
            return cls.out_of_reach(f"{meant!r} is not a function of x that can be read") if meant else cls()
        asked = _LIMITS.search(text)
        ends = (
            [[end.replace("\u2212", "-").rstrip(".") for end in asked.groups()]] if asked else [["0", "1"], ["1", "2"]]
        )
        tried = [cls(found.source, start, end) for start, end in ends]
        fits = next((lesson for lesson in tried if lesson.is_in_reach), None)
        return fits or cls.out_of_reach(
            f"The integral of {found.source!r} from {ends[0][0]} to {ends[0][1]} is out of reach"
        )

    @property
    def is_in_reach(self) -> bool:
        """Whether the ends are numbers, the function has values between them, and all can be read."""
        ends = [readable_expression(end) for end in (self.start, self.end)]
        if not all(end and "x" not in end.source for end in ends):
            return False
        a, b = self._ends
        f = parse(self.f)
        short = len(in_words(f)) <= LONGEST_SHOWN and can_be_set(to_latex(f))
        return short and -FURTHEST <= a < b <= FURTHEST and self._is_area(f, np.linspace(a, b, 2001))

    def _is_area(self, f: Expression, x: Array) -> bool:
        """Whether the curve has no pole, and its sums settle: odd counts look where even ones cancel out."""
        sums = np.array([self._sum(count) for count in (1000, 1001, 1414, 4000)])
        settled = bool(np.isfinite(sums).all() and np.ptp(sums) <= STEADY * max(1.0, abs(sums[0])))
        return settled and bool((np.abs(f(x)) < LARGEST).all())

    @property
    def _ends(self) -> tuple[float, float]:
        a, b = (float(parse(end)(np.zeros(1))[0]) for end in (self.start, self.end))
        return a, b

    def _sum(self, strips: int) -> float:
        """The midpoint rule: the areas of so many strips of equal width."""
        a, b = self._ends
        width = (b - a) / strips
        middles = np.linspace(a + width / 2, b - width / 2, strips)
        with np.errstate(invalid="ignore", over="ignore"):
            return float(parse(self.f)(middles).sum() * width)

    def values(self) -> Values:
        """The function, its strips, and the exact area where it has an antiderivative of a simple kind."""
        a, b = self._ends
        classic = (self.f, self.start, self.end) == ("x^2", "0", "1")
        found = self._exactly()
        return {
            **forms("f", parse(self.f)),
            **forms("a", parse(self.start)),
            **forms("b", parse(self.end)),
            "summand": _summand(parse(self.f)),
            **(found or {}),
            "x_min": f"{a:.6f}",
            "x_max": f"{b:.6f}",
            **measured(s4=self._sum(4), s10=self._sum(10), s100=self._sum(100)),
            **measured(area=value_at(parse(found["result"]), 0) if found else self._sum(4000)),
            "classic": classic,
            "exactly": found is not None and not classic,
            "nearly": found is None,
            "decimal": found is not None and not found["result_text"].lstrip(MINUS).isdigit(),
        }

    def _exactly(self) -> dict[str, str] | None:
        try:
            whole = antiderivative(parse(self.f))
            if whole is None or len(in_words(whole)) > LONGEST_SHOWN:
                return None
            top, bottom = exact(whole, parse(self.end)), exact(whole, parse(self.start))
            result = exact(parse(f"({top.source})-({bottom.source})"), parse("0"))
        except TaskError:
            return None
        shown = {**forms("F", whole), **forms("top", top), **forms("bottom", bottom), **forms("result", result)}
        return shown if len(in_text(result)) <= LONGEST_SHOWN else None


def _summand(f: Expression) -> str:
    """LaTeX of a function below an integral sign: sums are put into brackets."""
    is_sum = isinstance(f.tree, ast.BinOp) and isinstance(f.tree.op, ast.Add | ast.Sub)
    return rf"\left({to_latex(f)}\right)" if is_sum else to_latex(f)
