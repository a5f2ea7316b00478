"""Figures against their bars: what was measured, beside what, and whether that is good enough."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.common.machine import Machine


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure; smaller is better.

    Attributes:
        floor: the same figure of what is compared with; then `bar` bounds the ratio to it, and else the value.
        samples: the single measurements that `value` is the median or the worst of.
        command: what measures this figure alone.
    """

    name: str
    title: str
    unit: str
    value: float
    bar: float
    floor: float | None = None
    samples: Mapping[str, Sequence[float]] = field(default_factory=dict)
    command: str = ""

    @property
    def ratio(self) -> float:
        """To the floor where there is one, else to the bar; where the two took turns, that of the median turn.

        A machine that is slower for a while is so for both of a turn.
        """
        ours, floor = self.samples.get("ours"), self.samples.get("floor")
        if ours and floor:
            return median(one / other for one, other in zip(ours, floor, strict=True))
        return self.value / (self.bar if self.floor is None else self.floor)

    @property
    def most(self) -> float:
        """What the ratio may be."""
        return 1.0 if self.floor is None else self.bar

    @property
    def holds(self) -> bool:
        """Whether the bar is held."""
        return self.ratio <= self.most

    def to_json_object(self) -> dict[str, Any]:
        """Everything, for the results file."""
        return {
            "name": self.name,
            "title": self.title,
            "unit": self.unit,
            "value": round(self.value, 3),
            "floor": None if self.floor is None else round(self.floor, 3),
            "ratio": round(self.ratio, 3),
            "bar": self.bar,
            "holds": self.holds,
            "samples": {name: [round(value, 3) for value in values] for name, values in self.samples.items()},
            "command": self.command,
        }


@dataclass
class Pairs:
    """Runs of both sides that took turns, in seconds."""

    floor: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)

    def figure(self, name: str, title: str, bar: float, command: str) -> Figure:
        """Median beside median."""
        samples = {"floor": self.floor, "ours": self.ours}
        return Figure(name, title, "s", median(self.ours), bar, median(self.floor), samples, command)


def ratios(figures: Sequence[Figure]) -> dict[str, dict[str, float | bool]]:
    """The short form: by name the ratio, what it may be, and whether it is that."""
    return {
        figure.name: {"ratio": round(figure.ratio, 3), "bar": figure.most, "holds": figure.holds} for figure in figures
    }


def raw(figures: Sequence[Figure], machine: Machine) -> str:
    """The results file: JSON of everything that was measured, and on what."""
    found = {
        "machine": machine.to_json_object(),
        "figures": [figure.to_json_object() for figure in figures],
        "ratios": ratios(figures),
    }
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
