"""What a figure is: a visual on a panel of its own, laid out once in a box, drawn at any moment."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, faded, panel
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import Tokens

V = TypeVar("V")
T = TypeVar("T")

THINKING = 4.0
"""Seconds of silence after a question. With three or more, learners answer more often and say more: M. B. Rowe,
Wait-time and rewards as instructional variables, Journal of Research in Science Teaching 11 (1974)."""
PANEL_PART = 0.25
"""Part of the first part's time in which the panel appears, and what is on it from the start."""


class Figure(Protocol):
    """A visual in its place."""

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Paint what is there when `shown` of its parts have appeared: 1.5 is the first and half of the second.

        Nothing is painted outside the box, and equal arguments paint equal pictures.
        """
        ...


@runtime_checkable
class Tracked(Figure, Protocol):
    """A figure that knows where it changes, and is drawn again only there.

    That is worth it for one that moves for seconds in a small place.
    """

    def changes(self, before: float, after: float) -> Box:
        """Where at most its pictures differ when so many parts are shown and it is fully opaque."""
        ...


class OnPanel(ABC):
    """A figure on a panel of its own, which appears before the first part does."""

    _box: Box
    _tokens: Tokens

    def draw(self, context: Context, shown: float, opacity: float) -> None:
        """Paint the panel, and what is on it as far as it has come; see `Figure`."""
        if shown <= 0:
            return
        with faded(context, self._box, opacity):
            with faded(context, self._box, min(1.0, shown / PANEL_PART)):
                panel(context, self._box, self._tokens)
                self._draw_standing(context, shown)
            self._draw_parts(context, shown)

    def _draw_standing(self, context: Context, shown: float) -> None:  # noqa: B027 - most have nothing
        """Paint what is on the panel from its start on."""

    @abstractmethod
    def _draw_parts(self, context: Context, shown: float) -> None:
        """Paint the parts as far as they have come."""


def whole(visual: V) -> Sequence[V]:
    """A visual that is never too long for one page."""
    return (visual,)


def even_pages(items: tuple[T, ...], most: int) -> list[tuple[T, ...]]:
    """The items in as few pages of up to `most` as can be, in order and as even as can be."""
    count, total = math.ceil(len(items) / most), len(items)
    ends = [i * total // count for i in range(count + 1)]
    return [items[ends[i] : ends[i + 1]] for i in range(count)]


@dataclass(frozen=True)
class Kind(Generic[V]):
    """How one kind of visual is shown.

    `make`: the figure in a box; raises TaskError where it cannot be drawn.
    `parts`: how many things appear in it one after the other, at least one. Each needs `each` seconds or more, and
    takes up to `share` of the time until the next.
    `height`: points that it would like to be high at a width; None: whatever there is.
    `split`: what is too long for one page in pages, each a visual of its own.
    `alone`: whether nothing else may be on its page.
    `asks`: for a figure that asks, how many parts put the question. The part after them is the time to think,
    THINKING seconds of silence; those after it are told by the next beats.
    """

    make: Callable[[V, Box, Style], Figure]
    parts: Callable[[V], int]
    each: float = 0.8
    share: float = 0.0
    height: Callable[[V, float], float] | None = None
    split: Callable[[V], Sequence[V]] = whole
    alone: bool = False
    asks: Callable[[V], int] | None = None


def part(shown: float, number: int) -> float:
    """How far one part has come, from 0 to 1; the first is number 0."""
    return min(1.0, max(0.0, shown - number))


def ease(progress: float) -> float:
    """Smoothstep: starts and ends at rest."""
    return progress * progress * (3 - 2 * progress)


def during(progress: float, start: float, end: float) -> float:
    """How far something has come, eased, that takes a stretch of a part's time from `start` to `end`."""
    return ease(min(1.0, max(0.0, (progress - start) / (end - start))))


def after_panel(shown: float, number: int, panel_part: float = PANEL_PART) -> float:
    """How far one part has come, from 0 to 1; the first does not begin before the panel is there."""
    come = part(shown, number)
    return come if number else max(0.0, (come - panel_part) / (1 - panel_part))


def across(box: Box, start: float, width: float, *, mirrored: bool) -> float:
    """The left edge of what begins so far from the side of the box where reading starts, and is so wide."""
    return box.right - start - width if mirrored else box.x + start
