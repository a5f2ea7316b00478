"""What a plot shows on its curves: a tangent, an area, a point that runs, a parameter that changes."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from videojob.base import Model, rules

X_FURTHEST = 1e6
"""How far from zero the ends of an x axis may be, and what is on it."""
MOST_CURVES = 3

_IN_ORDER = "start must be less than end"
_TWO_CURVES = "other must not be the same as curve"
_DIFFER = "start and end must differ"

Place = Annotated[float, Field(ge=-X_FURTHEST, le=X_FURTHEST)]
CurveNumber = Annotated[int, Field(ge=1, le=MOST_CURVES)]


class PlotTangent(Model):
    """The straight line that touches a curve, with its slope."""

    at: Place = Field(description="x of the point where it touches.")
    curve: CurveNumber = Field(default=1, description="Which of the expressions, counted from 1.")


class PlotArea(Model):
    """What lies between a curve and the x axis, or between two curves."""

    model_config = rules(
        ("self.start < self.end", _IN_ORDER),
        ("!has(self.other) || self.other != (has(self.curve) ? self.curve : 1)", _TWO_CURVES),
    )

    start: Place = Field(description="Left end.")
    end: Place = Field(description="Right end.")
    curve: CurveNumber = Field(default=1, description="Which of the expressions, counted from 1.")
    other: CurveNumber | None = Field(
        default=None, description="The expression at the other side of the area; the x axis when absent."
    )

    @model_validator(mode="after")
    def _is_an_area(self) -> PlotArea:
        if self.start >= self.end:
            raise ValueError(_IN_ORDER)
        if self.other == self.curve:
            raise ValueError(_TWO_CURVES)
        return self


class PlotMovingPoint(Model):
    """A point that runs along a curve while its coordinates are read out."""

    model_config = rules(("self.start != self.end", _DIFFER))

    start: Place = Field(description="x where it starts.")
    end: Place = Field(description="x where it stops; less than start: it runs to the left.")
    curve: CurveNumber = Field(default=1, description="Which of the expressions, counted from 1.")

    @model_validator(mode="after")
    def _moves(self) -> PlotMovingPoint:
        if self.start == self.end:
            raise ValueError(_DIFFER)
        return self


class PlotSweep(Model):
    """A parameter of the expressions that runs from one value to another; the curves move with it."""

    model_config = rules(("self.start != self.end", _DIFFER))

    name: Annotated[str, Field(pattern="^[a-df-wz]$", max_length=1)] = Field(
        description="Its letter in the expressions, for example a in a*x^2; not x, y or e."
    )
    start: Place = Field(description="Its value at first.")
    end: Place = Field(description="Its value at last, which everything after it is drawn with.")

    @model_validator(mode="after")
    def _moves(self) -> PlotSweep:
        if self.start == self.end:
            raise ValueError(_DIFFER)
        return self
