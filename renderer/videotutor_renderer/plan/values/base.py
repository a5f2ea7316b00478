"""What a lesson's Python part is: typed parameters with defaults, read from a prompt, and the values of its blanks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

Values = Mapping[str, str | bool]
"""Text for each blank of a lesson file, and yes or no for each `when`."""


@dataclass(frozen=True)
class Parameters(ABC):
    """What a prompt may set in a lesson. Every field has a default, and any value that `read` lets through is taught
    correctly."""  # noqa: D205, D209 - two lines

    note: str = field(default="", kw_only=True)
    """What in the prompt the lesson cannot follow, to be told to who asked; empty when it follows all."""

    @classmethod
    @abstractmethod
    def read(cls, prompt: str) -> Self:
        """The parameters in a prompt, in the lesson's reach; the defaults, with a note, where they are not."""

    @abstractmethod
    def values(self) -> Values:
        """The values of the lesson's blanks."""

    @property
    def given(self) -> bool:
        """Whether the prompt has set any: then the video is named after them."""
        return replace(self, note="") != type(self)()

    @classmethod
    def out_of_reach(cls, what: str) -> Self:
        """The defaults, and a note that says why they are shown instead of what was asked for."""
        return cls(note=f"{what}; the lesson shows its usual example instead.")
