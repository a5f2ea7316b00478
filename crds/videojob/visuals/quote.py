"""A quotation."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from videojob.base import Model

LONGEST_QUOTE, LONGEST_ATTRIBUTION = 300, 100


class QuoteVisual(Model):
    """The words quoted, then who said them."""

    kind: Literal["quote"] = "quote"
    quote: Annotated[str, Field(min_length=1, max_length=LONGEST_QUOTE)] = Field(
        description="The words, without quotation marks around them."
    )
    attribution: Annotated[str, Field(min_length=1, max_length=LONGEST_ATTRIBUTION)] | None = Field(
        default=None, description="Who said or wrote them, and where."
    )
