"""What happened when."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from videojob.base import Model


class TimelineEvent(Model):
    """Something that happened, and when."""

    date: Annotated[str, Field(min_length=1, max_length=24)] = Field(
        description="When it happened, as it is shown: 1969, or 20 July 1969."
    )
    text: Annotated[str, Field(min_length=1, max_length=100)] = Field(description="What happened, in a few words.")


class TimelineVisual(Model):
    """Events one after the other along a line."""

    kind: Literal["timeline"] = "timeline"
    events: tuple[TimelineEvent, ...] = Field(
        min_length=1, max_length=12, description="One to twelve events, in their order."
    )
