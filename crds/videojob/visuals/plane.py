"""The coordinate plane: vectors, points, and a linear map that moves them with their grid."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model
from videojob.visuals.geometry import Label, NamedPoint, Pair

Entry = Annotated[float, Field(ge=-20, le=20)]


class PlaneVector(Model):
    """An arrow."""

    by: Pair = Field(description="How far it goes to the right and how far up, for example [3, 2].")
    tail: Pair = Field(default=(0.0, 0.0), description="Where it starts.")
    label: Label | None = Field(default=None, description="Its name, for example v or u + v.")

    @property
    def start(self) -> complex:
        """Where it starts, as x + iy."""
        return complex(*self.tail)

    @property
    def tip(self) -> complex:
        """Where it ends, as x + iy."""
        return self.start + complex(*self.by)


class PlaneVisual(Model):
    """A coordinate plane with equal units: vectors and points appear in their order, then a linear map moves all."""

    kind: Literal["plane"] = "plane"
    vectors: tuple[PlaneVector, ...] = Field(
        default=(),
        max_length=6,
        description="Up to six vectors; a sum is one that starts, with tail, at the tip of another.",
    )
    named_points: tuple[NamedPoint, ...] = Field(
        default=(), max_length=12, description="Points, each with its name and place."
    )
    matrix: tuple[Annotated[tuple[Entry, ...], Field(min_length=2, max_length=2)], ...] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="Two rows of two numbers: a linear map. Grid, vectors and points move to their images at the end.",
    )

    @model_validator(mode="after")
    def _can_be_drawn(self) -> PlaneVisual:
        if not all(any(vector.by) for vector in self.vectors):
            raise ValueError("vectors: by must not be [0, 0]; a point is one of namedPoints")
        return self
