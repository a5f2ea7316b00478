"""What was learnt."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videojob.base import Model
from videojob.visuals.base import ShortText


class RecapVisual(Model):
    """What was learnt, point by point, each with a check mark."""

    kind: Literal["recap"] = "recap"
    takeaways: tuple[ShortText, ...] = Field(
        min_length=1, max_length=6, description="One to six points, each a short sentence."
    )
