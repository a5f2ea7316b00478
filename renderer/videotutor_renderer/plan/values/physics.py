"""Free fall, Ohm's law and Newton's second law, with the quantities in the prompt."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from videojob.visuals.plot_extras import X_FURTHEST
from videotutor_renderer.plan.asked import number
from videotutor_renderer.plan.forms import measured, numbered
from videotutor_renderer.plan.values.base import Parameters, Values

GRAVITY = 9.81
"""m/s²: free fall near the ground at middle latitudes (standard gravity is 9.80665, ISO 80000-3)."""
HIGHEST = 1000
"""Metres; from higher up, air decides how fast something falls."""
LARGEST = 1_000_000


@dataclass(frozen=True)
class Fall(Parameters):
    """A height in metres, from which something falls."""

    height: Fraction = Fraction(20)

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The length in metres."""
        metres = r"#\s*-?\s*(?:m|metres?|meters?)\b(?!\s*/)"
        height = number(prompt, metres)
        if height is None:
            asked = number(prompt, r"\bfrom\s+(?:a\s+)?(?:\w+\s+){0,4}?#")
            return cls() if asked is None else cls.out_of_reach("The height is not in metres")
        if 0 < height <= HIGHEST:
            return cls(height)
        return cls.out_of_reach(f"The height is not between 0 and {HIGHEST} metres")

    def values(self) -> Values:
        """How long it falls and how fast it then is, without air."""
        time = math.sqrt(2 * float(self.height) / GRAVITY)
        return {
            **numbered(height=self.height),
            **measured(time=time, speed=GRAVITY * time, kmh=GRAVITY * time * 3.6),
            **measured(half_time=time / 2, quarter=float(self.height) / 4),
            "path": f"{float(self.height):.8g}-{GRAVITY / 2:.6g}*x^2",
            "x_max": f"{time:.6g}",
            "y_max": f"{float(self.height) * 1.08:.8g}",
        }


@dataclass(frozen=True)
class Ohm(Parameters):
    """Two of voltage in volts, resistance in ohms and current in amperes; the third is computed."""

    voltage: Fraction | None = Fraction(12)
    resistance: Fraction | None = Fraction(4)
    current: Fraction | None = None

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The quantities by their units."""
        voltage = number(prompt, r"#\s*-?\s*(?:v|volts?)\b")
        resistance = number(prompt, r"#\s*-?\s*(?:ohms?\b|[\u03a9\u2126])")
        current = number(prompt, r"#\s*-?\s*(?:a|amps?|amperes?)\b")
        if not any((voltage, resistance, current)):
            return cls()
        if not _two_are_given(voltage, resistance, current):
            return cls.out_of_reach("Ohm's law needs two of volts, ohms and amperes, above zero")
        return cls(voltage, resistance, current)

    def values(self) -> Values:
        """All three, and which was sought."""
        known = [x for x in (self.voltage, self.resistance, self.current) if x is not None]
        voltage = self.voltage if self.voltage is not None else known[0] * known[1]
        resistance = self.resistance if self.resistance is not None else known[0] / known[1]
        current = self.current if self.current is not None else known[0] / known[1]
        return {
            **measured(u=float(voltage), r=float(resistance), i=float(current), twice_r=2 * float(resistance)),
            **measured(power=float(voltage * current)),
            "line": f"x/{float(resistance):.8g}",
            "x_at": _on_axis(voltage),
            "x_max": _on_axis(2 * voltage),
            "seeks_current": self.current is None,
            "seeks_voltage": self.voltage is None,
            "seeks_resistance": self.resistance is None,
        }


@dataclass(frozen=True)
class Newton(Parameters):
    """Two of mass in kilograms, force in newtons and acceleration in m/s²; the third is computed."""

    mass: Fraction | None = Fraction(2)
    force: Fraction | None = Fraction(10)
    acceleration: Fraction | None = None

    @classmethod
    def read(cls, prompt: str) -> Self:
        """The quantities by their units."""
        mass = number(prompt, r"#\s*-?\s*(?:kg|kilograms?|kilos?)\b")
        force = number(prompt, r"#\s*-?\s*(?:n|newtons?)\b")
        acceleration = number(prompt, r"#\s*(?:m/s(?:\^?2|²)|m\s*s\^-2|met(?:er|re)s? per second squared)")
        if not any((mass, force, acceleration)):
            return cls()
        if not _two_are_given(mass, force, acceleration):
            return cls.out_of_reach("Newton's second law needs two of kilograms, newtons and m/s², above zero")
        return cls(mass, force, acceleration)

    def values(self) -> Values:
        """All three, and which was sought."""
        known = [x for x in (self.mass, self.force, self.acceleration) if x is not None]
        mass = self.mass if self.mass is not None else known[0] / known[1]
        force = self.force if self.force is not None else known[0] * known[1]
        acceleration = self.acceleration if self.acceleration is not None else known[1] / known[0]
        return {
            **measured(m=float(mass), f=float(force), a=float(acceleration), twice_m=2 * float(mass)),
            **measured(weight=float(mass) * GRAVITY),
            "line": f"x/{float(mass):.8g}",
            "x_at": _on_axis(force),
            "x_max": _on_axis(2 * force),
            "seeks_acceleration": self.acceleration is None,
            "seeks_force": self.force is None,
            "seeks_mass": self.mass is None,
        }


def _two_are_given(*quantities: Fraction | None) -> bool:
    """Whether the prompt has two of three quantities, both of a size that can be taught."""
    given = [x for x in quantities if x is not None]
    return len(given) == 2 and all(0 < x <= LARGEST for x in given)  # noqa: PLR2004


def _on_axis(value: Fraction) -> str:
    """Where a value lies on an axis that begins at zero, or as far as an axis may go."""
    return f"{min(float(value), X_FURTHEST):.8g}"
