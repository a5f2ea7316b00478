"""Acids and bases, and balanced reactions, with the substances in the prompt."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videotutor_renderer.plan.asked import number
from videotutor_renderer.plan.forms import measured, numbered, rounded
from videotutor_renderer.plan.symbolic import null_space
from videotutor_renderer.plan.values.base import Parameters, Values

ELEMENTS = frozenset(
    re.findall(
        r"[A-Z][a-z]?",
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr "
        "Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir "
        "Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl "
        "Mc Lv Ts Og",
    )
)
MOST_SUBSTANCES = 6
LARGEST_COUNT = 99
"""Of a coefficient that a picture shows."""

_STRONG = {
    "HCl": (r"HCl|hydrochloric acid", False),
    "HBr": (r"HBr|hydrobromic acid", False),
    "HNO₃": (r"HNO3|HNO₃|nitric acid", False),
    "HClO₄": (r"HClO4|HClO₄|perchloric acid", False),
    "NaOH": (r"NaOH|sodium hydroxide|caustic soda", True),
    "KOH": (r"KOH|potassium hydroxide", True),
    "LiOH": (r"LiOH|lithium hydroxide", True),
}
"""Strong acids and bases that give one ion per formula: their names, and whether it is a base."""
_OTHER = re.compile(
    r"\b(?:acetic|citric|formic|carbonic|phosphoric|sulfuric|sulphuric|hydrofluoric|weak|buffer|ammonia|vinegar"
    r"|CH3COOH|H2SO4|H3PO4|H2CO3|HF|NH3|Ca\(OH\)2|Ba\(OH\)2)(?!\w)",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\s*(?:-+>|=+>|→|⟶|⇌|=)\s*")
_SUBSTANCE = r"\d{0,2}\s*[A-Z][A-Za-z0-9()₀-₉]*"
_SIDE = rf"{_SUBSTANCE}(?:\s*\+\s*{_SUBSTANCE})*"
_REACTION = re.compile(rf"({_SIDE}){_ARROW.pattern}({_SIDE})")
_PART = re.compile(r"([A-Z][a-z]?)(\d*)|(\()|\)(\d*)")
_PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Acidity(Parameters):
    """A strong acid or base, and its concentration in mol/L."""

    substance: str = "HCl"
    concentration: Fraction = Fraction(1, 100)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The substance by formula or name, and the number before M or mol/L."""
        concentration = number(prompt, r"#\s*-?\s*(?:M|mol/L|mol/dm3|mol/dm³|molar)\b")
        named = [
            name for name, (words, _) in _STRONG.items() if re.search(rf"\b(?:{words})(?!\w)", prompt, re.IGNORECASE)
        ]
        if _OTHER.search(prompt):
            return cls.out_of_reach("The lesson computes strong acids and bases that give one ion each")
        if concentration is None:
            return cls(named[0]) if named else cls()
        if not Fraction(1, 10**5) <= concentration <= 1:
            return cls.out_of_reach("The simple formula holds from 0.00001 to 1 mol/L")
        return cls(named[0] if named else "HCl", concentration)

    def values(self) -> Values:
        """Concentration of the ions and the pH at 25 °C, where pH and pOH add up to 14."""
        is_base = _STRONG[self.substance][1]
        power = -math.log10(self.concentration)
        ph = 14 - power if is_base else power
        hydrogen = -ph
        exponent = math.floor(hydrogen + 1e-9)
        return {
            **numbered(c=self.concentration, tenth=self.concentration / 10),
            **measured(ph=ph, power=power, next=ph - 1 if is_base else ph + 1),
            "hydrogen_tex": rf"{rounded(10 ** (hydrogen - exponent), 3)}\cdot 10^{{{exponent}}}",
            "substance": self.substance,
            "substance_said": said_formula(self.substance.translate(_PLAIN)),
            "acid": not is_base,
            "base": is_base,
        }


@dataclass(frozen=True)
class Reaction(Parameters):
    """What reacts, and what comes of it: formulas without coefficients."""

    before: tuple[str, ...] = ("CH4", "O2")
    after: tuple[str, ...] = ("CO2", "H2O")

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The reaction in the prompt, written with an arrow."""
        found = _REACTION.search(prompt.translate(_PLAIN))
        if found is None:
            return cls()
        sides = [tuple(part.strip().lstrip("0123456789 ") for part in side.split("+")) for side in found.groups()]
        reaction = cls(*sides)
        if reaction.coefficients is not None:
            return reaction
        return cls.out_of_reach(f"The reaction {found[0]!r} cannot be balanced in one way")

    @property
    def coefficients(self) -> tuple[int, ...] | None:
        """The smallest whole numbers that balance it; None when there are none, or more than one way."""
        parts = [atoms(formula) for formula in (*self.before, *self.after)]
        if len(parts) > MOST_SUBSTANCES or not all(parts):
            return None
        elements = sorted({name for part in parts if part for name in part})
        signs = [1] * len(self.before) + [-1] * len(self.after)
        rows = [[sign * part[name] for part, sign in zip(parts, signs, strict=True) if part] for name in elements]
        ways = null_space(rows)
        if len(ways) != 1 or not all(0 < count <= LARGEST_COUNT for count in ways[0]):
            return None
        return ways[0]

    def values(self) -> Values:
        """The reaction before and after balancing, and how many atoms of each element stand on both sides."""
        counts = self.coefficients or ()
        cut = len(self.before)
        left, right = (self.before, counts[:cut]), (self.after, counts[cut:])
        ones = [1] * len(counts)
        plain = (self.before, ones[:cut]), (self.after, ones[cut:])
        sums = [(_total(*left), _total(*right)), (_total(*plain[0]), _total(*plain[1]))]
        names = sorted(sums[0][0])
        return {
            "unbalanced": rf"{_side_tex(*plain[0])}\to {_side_tex(*plain[1])}",
            "balanced": rf"{_side_tex(*left)}\to {_side_tex(*right)}",
            "before_text": "; ".join(f"{name}: {sums[1][0][name]} and {sums[1][1][name]}" for name in names),
            "after_text": "; ".join(f"{name}: {sums[0][0][name]} and {sums[0][1][name]}" for name in names),
            "title": f"{_side_text(self.before)} → {_side_text(self.after)}",
            "left_said": " plus ".join(map(_counted_said, *left)),
            "right_said": " plus ".join(map(_counted_said, *right)),
            "already": all(count == 1 for count in counts),
            "changed": any(count > 1 for count in counts),
        }


def atoms(formula: str) -> Counter[str] | None:
    """How many atoms of each element a formula such as Ca(OH)2 has; None when it is no formula."""
    groups: list[Counter[str]] = [Counter()]
    at = 0
    while at < len(formula):
        part = _PART.match(formula, at)
        if part is None or (part[1] and part[1] not in ELEMENTS):
            return None
        if part[1]:
            groups[-1][part[1]] += int(part[2] or 1)
        elif part[3]:
            groups.append(Counter())
        elif len(groups) > 1:
            inner, factor = groups.pop(), int(part[4] or 1)
            groups[-1].update({name: count * factor for name, count in inner.items()})
        else:
            return None
        at = part.end()
    return groups[0] if len(groups) == 1 and groups[0] else None


def said_formula(formula: str) -> str:
    """A formula letter by letter: C H 4."""
    return " ".join(re.findall(r"[A-Z][a-z]?|\d+", formula))


def _total(formulas: tuple[str, ...], counts: Sequence[int]) -> Counter[str]:
    """Atoms of a whole side."""
    total: Counter[str] = Counter()
    for formula, count in zip(formulas, counts, strict=True):
        total.update({name: count * number for name, number in (atoms(formula) or {}).items()})
    return total


def _side_tex(formulas: tuple[str, ...], counts: Sequence[int]) -> str:
    lowered = (re.sub(r"(\d+)", r"_{\1}", re.sub(r"([A-Za-z]+)", r"\\mathrm{\1}", formula)) for formula in formulas)
    return "+".join((str(count) if count > 1 else "") + text for count, text in zip(counts, lowered, strict=True))


def _side_text(formulas: tuple[str, ...]) -> str:
    return " + ".join(formula.translate(_LOWERED) for formula in formulas)


def _counted_said(formula: str, count: int) -> str:
    return (f"{count} times " if count > 1 else "") + said_formula(formula)
