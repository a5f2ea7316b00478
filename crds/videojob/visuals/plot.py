"""Curves of one variable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model, rules
from videojob.visuals.base import ShortText
from videojob.visuals.plot_extras import (
    MOST_CURVES,
    Place,
    PlotArea,
    PlotMovingPoint,
    PlotSweep,
    PlotTangent,
)

X_MIN, X_MAX = -5.0, 5.0
"""Ends of a plot's x axis where none are given."""

_LOW, _HIGH = f"(has(self.xMin) ? self.xMin : {X_MIN})", f"(has(self.xMax) ? self.xMax : {X_MAX})"
_PLACES = {"tangent": ("at",), "area": ("start", "end"), "movingPoint": ("start", "end")}
"""Fields that hold an x, by the extra they belong to."""
_CURVES = {"tangent": ("curve",), "area": ("curve", "other"), "movingPoint": ("curve",)}
"""Fields that hold the number of an expression."""


def _inside(field: str) -> str:
    return f"{field} must lie between xMin and xMax"


def _no_curve(field: str) -> str:
    return f"{field} must be the number of one of the expressions, counted from 1"


_EXTRAS = (
    *(
        (f"!has(self.{extra}) || ({_LOW} <= self.{extra}.{x} && self.{extra}.{x} <= {_HIGH})", _inside(f"{extra}.{x}"))
        for extra, places in _PLACES.items()
        for x in places
    ),
    *(
        (
            f"!has(self.{extra}) || !has(self.{extra}.{curve}) || self.{extra}.{curve} <= size(self.expressions)",
            _no_curve(f"{extra}.{curve}"),
        )
        for extra, curves in _CURVES.items()
        for curve in curves
    ),
)


class PlotVisual(Model):
    """Curves of one variable, drawn from left to right; then the parameter runs, extras appear, and the point moves."""

    model_config = rules(
        (f"{_LOW} < {_HIGH}", "xMin must be less than xMax"),
        ("!has(self.yMin) || !has(self.yMax) || self.yMin < self.yMax", "yMin must be less than yMax"),
        *_EXTRAS,
    )

    kind: Literal["plot"] = "plot"
    expressions: tuple[ShortText, ...] = Field(
        min_length=1,
        max_length=MOST_CURVES,
        description="Functions of x, for example x^2 or sin(x); with a sweep also of its letter.",
    )
    x_min: Place = Field(default=X_MIN, description="Left end of the x axis.")
    x_max: Place = Field(default=X_MAX, description="Right end of the x axis.")
    y_min: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Lower end of the y axis; fitted when absent."
    )
    y_max: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Upper end of the y axis; fitted when absent."
    )
    sweep: PlotSweep | None = Field(default=None, description="A parameter that runs, so that the curves move.")
    tangent: PlotTangent | None = Field(default=None, description="A tangent of a curve, with its slope.")
    area: PlotArea | None = Field(default=None, description="A shaded area.")
    moving_point: PlotMovingPoint | None = Field(default=None, description="A point that runs along a curve.")
    caption: ShortText | None = Field(default=None, description="A line of text below the plot.")

    @model_validator(mode="after")
    def _ends_in_order(self) -> PlotVisual:
        if self.x_min >= self.x_max:
            raise ValueError("xMin must be less than xMax")
        if self.y_min is not None and self.y_max is not None and self.y_min >= self.y_max:
            raise ValueError("yMin must be less than yMax")
        return self

    @model_validator(mode="after")
    def _extras_are_on_the_curves(self) -> PlotVisual:
        for extra, given in {"tangent": self.tangent, "area": self.area, "movingPoint": self.moving_point}.items():
            for field in _PLACES[extra] if given else ():
                if not self.x_min <= getattr(given, field) <= self.x_max:
                    raise ValueError(_inside(f"{extra}.{field}"))
            for field in _CURVES[extra] if given else ():
                if (getattr(given, field) or 1) > len(self.expressions):
                    raise ValueError(_no_curve(f"{extra}.{field}"))
        return self
