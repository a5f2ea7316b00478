"""A formula that becomes another, line by line."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from videojob.base import Model
from videojob.visuals.base import Latex

MOST_STEPS = 8


class DerivationStep(Model):
    """One line of a derivation."""

    latex: Latex = Field(description="The line in LaTeX, without dollar signs.")
    reason: Annotated[str, Field(min_length=1, max_length=60)] | None = Field(
        default=None, description="What leads to it from the line before, for example: divide by 2."
    )


class DerivationVisual(Model):
    """A derivation: each line is made of the one before, and what stays the same moves to its new place.

    The lines are shared by its own beat and those after it that show nothing: best is one beat for each line.
    """

    kind: Literal["derivation"] = "derivation"
    steps: tuple[DerivationStep, ...] = Field(
        min_length=2,
        max_length=MOST_STEPS,
        description="Two to eight lines, each with its `latex` and, where it helps, a short `reason`.",
    )
