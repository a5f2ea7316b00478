"""Numbers where they lie: points, intervals and jumps on a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model

Number = Annotated[float, Field(ge=-1e6, le=1e6)]
LEAST_SPAN = 0.001
"""Between the ends of a line: with less, its numbers could not be told apart."""


class NumberPoint(Model):
    """A number that is marked."""

    at: Number = Field(description="The number.")
    label: Annotated[str, Field(min_length=1, max_length=16)] = Field(description="Its name, for example a or 3/4.")


class NumberInterval(Model):
    """All numbers between two ends."""

    start: Number = Field(description="Lower end.")
    end: Number = Field(description="Upper end.")
    start_open: bool = Field(default=False, description="Whether the lower end is left out.")
    end_open: bool = Field(default=False, description="Whether the upper end is left out.")


class NumberJump(Model):
    """A step from one number to another."""

    start: Number = Field(description="Where it starts.")
    end: Number = Field(description="Where it lands.")
    label: Annotated[str, Field(min_length=1, max_length=8)] = Field(description="What it does, for example +3.")


class NumberlineVisual(Model):
    """A line of numbers; points, then intervals, then jumps appear one after the other."""

    kind: Literal["numberline"] = "numberline"
    line_min: Number = Field(description="Left end of the line.")
    line_max: Number = Field(description="Right end of the line.")
    points: tuple[NumberPoint, ...] = Field(default=(), max_length=4, description="Up to four marked numbers.")
    intervals: tuple[NumberInterval, ...] = Field(default=(), max_length=3, description="Up to three intervals.")
    jumps: tuple[NumberJump, ...] = Field(default=(), max_length=4, description="Up to four jumps, drawn as arcs.")

    @model_validator(mode="after")
    def _inside(self) -> NumberlineVisual:
        if self.line_max - self.line_min < LEAST_SPAN:
            raise ValueError(f"lineMin must be less than lineMax by {LEAST_SPAN} or more")
        for field, number in self._numbers():
            if not self.line_min <= number <= self.line_max:
                raise ValueError(f"{field} must lie between lineMin and lineMax: {number:g} does not")
        if any(interval.start >= interval.end for interval in self.intervals):
            raise ValueError("intervals: start must be less than end")
        if any(jump.start == jump.end for jump in self.jumps):
            raise ValueError("jumps: start and end must differ")
        return self

    def _numbers(self) -> Iterator[tuple[str, float]]:
        yield from (("points", point.at) for point in self.points)
        for interval in self.intervals:
            yield from (("intervals", interval.start), ("intervals", interval.end))
        for jump in self.jumps:
            yield from (("jumps", jump.start), ("jumps", jump.end))
