"""Where a new part of the lesson begins."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from videojob.base import Model
from videojob.visuals.base import ShortText

LONGEST_EYEBROW = 40


class SectionVisual(Model):
    """A card that opens a new part of the lesson."""

    kind: Literal["section"] = "section"
    eyebrow: Annotated[str, Field(min_length=1, max_length=LONGEST_EYEBROW)] | None = Field(
        default=None, description="A small line above the heading: a number, or for example Part 2."
    )
    heading: ShortText = Field(description="What the part is called.")
    tagline: ShortText | None = Field(default=None, description="One line below it: what the part is about.")
