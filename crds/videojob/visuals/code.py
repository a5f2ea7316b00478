"""Programs, read as a teacher reads them: as a whole, then place by place, then what they print."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model

MOST_LINES = 40
"""Lines of code in one visual; as many lines may be printed by it."""
LONGEST_SOURCE, LONGEST_OUTPUT = 3000, 1000
"""Characters of code, and of what it prints."""
MOST_HIGHLIGHTS = 8


class CodeLines(Model):
    """Lines of a program, from the first to the last of them, counted from 1."""

    first: Annotated[int, Field(ge=1, le=MOST_LINES)] = Field(description="First line, counted from 1.")
    last: Annotated[int, Field(ge=1, le=MOST_LINES)] | None = Field(
        default=None, description="Last line; the first alone when absent."
    )

    @property
    def end(self) -> int:
        """The last line of them."""
        return self.last or self.first


class CodeVisual(Model):
    """A program with line numbers: the whole of it, then the highlights in turn, then its output."""

    kind: Literal["code"] = "code"
    source: Annotated[str, Field(min_length=1, max_length=LONGEST_SOURCE)] = Field(
        description="The program, its lines separated by line breaks; forty lines at most."
    )
    language: Annotated[str, Field(pattern=r"^[A-Za-z0-9+#._-]{1,24}$")] = Field(
        default="text",
        description="Language that its colours follow, for example python; others stay in one colour.",
    )
    highlights: tuple[CodeLines, ...] = Field(
        default=(), max_length=MOST_HIGHLIGHTS, description="Lines that are lit in turn while they are spoken of."
    )
    output: Annotated[str, Field(min_length=1, max_length=LONGEST_OUTPUT)] | None = Field(
        default=None, description="What the program prints, shown last, below it."
    )

    @model_validator(mode="after")
    def _lines_exist(self) -> CodeVisual:
        if not self.source.strip():
            raise ValueError("source must have a line that is not empty")
        count = len(self.source.splitlines())
        if count > MOST_LINES:
            raise ValueError(f"source must have at most {MOST_LINES} lines: it has {count}; show a part of it")
        if self.output and len(self.output.splitlines()) > MOST_LINES:
            raise ValueError(f"output must have at most {MOST_LINES} lines; shorten it")
        for lines in self.highlights:
            if not lines.first <= lines.end <= count:
                raise ValueError(f"highlights must be lines from 1 to {count}, first before last")
        return self
