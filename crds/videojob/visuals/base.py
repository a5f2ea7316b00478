"""The kinds of text that visuals hold."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

ShortText = Annotated[str, Field(min_length=1, max_length=200)]
"""A line or two."""
Latex = Annotated[str, Field(min_length=1, max_length=500)]
"""A formula in LaTeX, without dollar signs."""
