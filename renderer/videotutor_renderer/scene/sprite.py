"""Things on the picture, and how they are at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

from videotutor_renderer.scene.figures.figure import ease
from videotutor_renderer.scene.frame import Box, around
from videotutor_renderer.scene.paint import Context

LEAVE = 0.4
"""Seconds in which a full page fades out before the next one."""
SLIDE = 0.7
"""Seconds in which a thing that stood aside goes to its place."""

Draw = Callable[[Context, float, float], None]
"""Draws one thing: the context, how many of its parts are shown, and its opacity."""

Changes = Callable[[float, float], Box]
"""Where a fully opaque thing differs between two moments, given how many of its parts are shown in each."""


class State(NamedTuple):
    """How many of a thing's parts are shown, its opacity, and how many points it stands right of its place."""

    shown: float
    opacity: float
    aside: float


HIDDEN = State(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Aside:
    """How many points to the right of its place a thing stands, and the moment from which on it is there."""

    distance: float
    until: float


IN_PLACE = Aside(0.0, 0.0)


@dataclass(frozen=True)
class Sprite:
    """A thing whose parts appear one after the other, each at a moment for some seconds; it has faded out at `end`.

    Equal states draw equal pictures, and nothing is drawn outside the box but the line around a panel.
    """

    draw: Draw
    box: Box
    parts: tuple[tuple[float, float], ...]
    end: float
    changes: Changes | None = None
    """Where it differs from one moment to another, if it knows better than that it does so in its box."""
    aside: Aside = IN_PLACE

    def state(self, at: float) -> State:
        """How it is at a moment; opacity 0 means that there is nothing to draw."""
        if at < self.parts[0][0] or at >= self.end:
            return HIDDEN
        shown = sum(min(1.0, max(0.0, (at - start) / length)) for start, length in self.parts)
        left = min(1.0, max(0.0, (self.aside.until - at) / SLIDE))
        return State(shown, min(1.0, (self.end - at) / LEAVE), self.aside.distance * ease(left))

    def paint(self, context: Context, state: State) -> None:
        """Draw it as it is in this state."""
        context.save()
        context.translate(state.aside, 0)
        self.draw(context, state.shown, state.opacity)
        context.restore()

    def place(self, state: State) -> Box:
        """Its box in this state."""
        return replace(self.box, x=self.box.x + state.aside) if state.aside else self.box

    def moved(self, before: State, after: State) -> Box:
        """Where at most the pictures of two states differ."""
        if self.changes and (before.opacity, after.opacity, before.aside) == (1.0, 1.0, after.aside):
            changes = self.changes(before.shown, after.shown)
            return replace(changes, x=changes.x + after.aside) if after.aside else changes
        return around([self.place(before), self.place(after)]) if before.aside or after.aside else self.box
