"""Visuals that are text: they stand on the page one below the other."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videojob.base import Model
from videojob.visuals.base import Latex, ShortText


class TitleVisual(Model):
    """A large title in the middle of the picture."""

    kind: Literal["title"] = "title"
    text: ShortText = Field(description="The title.")
    subtitle: ShortText | None = Field(default=None, description="A smaller line below it.")


class BulletsVisual(Model):
    """Points that appear one after the other."""

    kind: Literal["bullets"] = "bullets"
    items: tuple[ShortText, ...] = Field(min_length=1, max_length=6, description="One to six points.")


class EquationVisual(Model):
    """A formula."""

    kind: Literal["equation"] = "equation"
    latex: Latex = Field(description="The formula in LaTeX, without dollar signs.")
