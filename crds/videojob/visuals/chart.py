"""Numbers compared: bars, a line, or the slices of a whole."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model, rules
from videojob.visuals.base import ShortText

MOST_BARS = 6
"""Bars or slices in one chart: as many as there are colours that can be told apart, and rows that can be read."""

_PAIRED = "labels and values must have the same length"
_TOO_MANY = f"values must be at most {MOST_BARS} in a bar chart or a pie: join the smallest, or use style line"
_NO_WHOLE = "values of a pie must not be negative, and one must be more than 0"
_NO_LINE = "values must be two or more in a line chart"


class ChartVisual(Model):
    """Values with their labels, which appear one after the other."""

    model_config = rules(
        ("size(self.labels) == size(self.values)", _PAIRED),
        (f"self.style == 'line' || size(self.values) <= {MOST_BARS}", _TOO_MANY),
        (
            "self.style != 'pie' || (self.values.all(v, v >= 0.0) && self.values.exists(v, v > 0.0))",
            _NO_WHOLE,
        ),
        ("self.style != 'line' || size(self.values) >= 2", _NO_LINE),
    )

    kind: Literal["chart"] = "chart"
    style: Literal["bar", "line", "pie"] = Field(
        description="bar to compare, line for what changes over time, pie for parts of a whole."
    )
    labels: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = Field(
        min_length=1, max_length=12, description="What each value is of; a word or two."
    )
    values: tuple[Annotated[float, Field(ge=-1e12, le=1e12)], ...] = Field(
        min_length=1, max_length=12, description="One number for each label; up to 6, in a line up to 12."
    )
    unit: Annotated[str, Field(min_length=1, max_length=12)] | None = Field(
        default=None, description="Unit of the values, for example % or kg."
    )
    caption: ShortText | None = Field(default=None, description="A line of text below the chart.")

    @model_validator(mode="after")
    def _can_be_drawn(self) -> ChartVisual:
        if len(self.labels) != len(self.values):
            raise ValueError(_PAIRED)
        if self.style != "line" and len(self.values) > MOST_BARS:
            raise ValueError(_TOO_MANY)
        if self.style == "pie" and (min(self.values) < 0 or max(self.values) <= 0):
            raise ValueError(_NO_WHOLE)
        if self.style == "line" and len(self.values) == 1:
            raise ValueError(_NO_LINE)
        return self
