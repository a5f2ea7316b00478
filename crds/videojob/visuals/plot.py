"""Curves of one variable."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model, rules
from videojob.visuals.base import ShortText

X_MIN, X_MAX = -5.0, 5.0
"""Ends of a plot's x axis where none are given."""
X_FURTHEST = 1e6
"""How far from zero they may be."""


class PlotVisual(Model):
    """Curves of one variable, drawn from left to right."""

    model_config = rules(
        (
            f"(has(self.xMin) ? self.xMin : {X_MIN}) < (has(self.xMax) ? self.xMax : {X_MAX})",
            "xMin must be less than xMax",
        ),
        ("!has(self.yMin) || !has(self.yMax) || self.yMin < self.yMax", "yMin must be less than yMax"),
    )

    kind: Literal["plot"] = "plot"
    expressions: tuple[ShortText, ...] = Field(
        min_length=1, max_length=3, description="Functions of x, for example x^2 or sin(x)."
    )
    x_min: Annotated[float, Field(ge=-X_FURTHEST, le=X_FURTHEST)] = Field(
        default=X_MIN, description="Left end of the x axis."
    )
    x_max: Annotated[float, Field(ge=-X_FURTHEST, le=X_FURTHEST)] = Field(
        default=X_MAX, description="Right end of the x axis."
    )
    y_min: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Lower end of the y axis; fitted when absent."
    )
    y_max: Annotated[float, Field(ge=-1e9, le=1e9)] | None = Field(
        default=None, description="Upper end of the y axis; fitted when absent."
    )
    caption: ShortText | None = Field(default=None, description="A line of text below the plot.")

    @model_validator(mode="after")
    def _ends_in_order(self) -> PlotVisual:
        if self.x_min >= self.x_max:
            raise ValueError("xMin must be less than xMax")
        if self.y_min is not None and self.y_max is not None and self.y_min >= self.y_max:
            raise ValueError("yMin must be less than yMax")
        return self
