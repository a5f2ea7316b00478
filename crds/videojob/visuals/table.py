"""Facts side by side, in rows and columns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model

MOST_COLUMNS = 5
"""More could not be read on a telephone held upright."""
MOST_ROWS = 20

LONGEST_CELL = 60
Cell = Annotated[str, Field(max_length=LONGEST_CELL)]
"""What stands in one cell; it may be empty."""


class TableVisual(Model):
    """A header and rows, which appear one after the other."""

    kind: Literal["table"] = "table"
    header: tuple[Cell, ...] = Field(min_length=1, max_length=MOST_COLUMNS, description="The name of each column.")
    rows: tuple[Annotated[tuple[Cell, ...], Field(min_length=1, max_length=MOST_COLUMNS)], ...] = Field(
        min_length=1, max_length=MOST_ROWS, description="One to twenty rows, each with one cell for each column."
    )
    highlight_row: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = Field(
        default=None, description="Row that is lit at the end, counted from 1 without the header."
    )
    highlight_column: Annotated[int, Field(ge=1, le=MOST_COLUMNS)] | None = Field(
        default=None, description="Column that is lit at the end, counted from 1."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> TableVisual:
        columns = len(self.header)
        for number, row in enumerate(self.rows, 1):
            if len(row) != columns:
                raise ValueError(f"rows must have one cell for each of the {columns} in header: row {number} does not")
        if self.highlight_row and self.highlight_row > len(self.rows):
            raise ValueError(f"highlightRow must be one of the {len(self.rows)} rows")
        if self.highlight_column and self.highlight_column > columns:
            raise ValueError(f"highlightColumn must be one of the {columns} columns")
        return self
