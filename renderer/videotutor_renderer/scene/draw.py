"""The picture at any moment of a scene: background, title, and the blocks as far as they have appeared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cairo

from videotutor_renderer.scene.blocks import Formula, Opening
from videotutor_renderer.scene.blocks import Graph as GraphBlock
from videotutor_renderer.scene.graph import Graph
from videotutor_renderer.scene.layout import HEIGHT, MARGIN_X, MARGIN_Y, WIDTH, Box, Page, Placed
from videotutor_renderer.scene.measure import FORMULA_PADDING, Setting
from videotutor_renderer.scene.paint import Context, faded, panel, put, wiped
from videotutor_renderer.scene.theme import Palette, colour
from videotutor_renderer.scene.timeline import Timeline
from videotutor_renderer.scene.typeset import Picture, Typesetter, reads_right_to_left

APPEAR = 0.55
"""Seconds in which text fades in."""
WIPE = 1.3
"""Seconds in which a formula is uncovered from left to right."""
PLOT_PART = 0.7
"""Part of its beat in which a plot is drawn, at least two seconds."""
LEAVE = 0.4
"""Seconds in which a full page fades out before the next one."""
RISE = 14.0
"""Points that text rises while it fades in."""
TITLE_TALLEST = 104.0
RULE_GAP, RULE_HEIGHT, RULE_WIDTH = 8.0, 4.0, 96.0
CONTENT_GAP = 30.0

Draw = Callable[[Context, float, float], None]
"""Draws one thing: the context, its progress from 0 to 1, and its opacity."""


@dataclass(frozen=True)
class Sprite:
    """A thing that appears at `start` over `length` seconds and is gone at `end` (after a fade)."""

    draw: Draw
    start: float
    length: float
    end: float

    def state(self, at: float) -> tuple[float, float]:
        """Progress and opacity at a moment; opacity 0 means that there is nothing to draw."""
        if at < self.start or at >= self.end:
            return 0.0, 0.0
        leaving = min(1.0, (self.end - at) / LEAVE)
        return min(1.0, (at - self.start) / self.length), leaving


class Stage:
    """The title and the area below it, for one scene."""

    def __init__(self, setter: Typesetter, palette: Palette, title: str) -> None:
        self.setter = setter
        self.palette = palette
        self.setting = Setting(setter, palette)
        self._title = title
        self._heading = self.setting.heading(title, WIDTH - 2 * MARGIN_X, TITLE_TALLEST)
        self._rule = MARGIN_Y + self._heading.height + RULE_GAP

    @property
    def area(self) -> Box:
        """Where blocks go: below the title's rule, inside the margins."""
        top = self._rule + RULE_HEIGHT + CONTENT_GAP
        return Box(MARGIN_X, top, WIDTH - 2 * MARGIN_X, HEIGHT - MARGIN_Y - top)

    def sprites(self, pages: Sequence[Page], timeline: Timeline) -> list[Sprite]:
        """Everything that appears in the scene, with its times."""
        starts = [[_start(placed, timeline) for placed in page.placed] for page in pages]
        ends = [first[0] for first in starts[1:]] + [timeline.seconds + LEAVE]
        found = [Sprite(self._draw_title, -0.25, 0.8, timeline.seconds + LEAVE)]
        for page, page_starts, end in zip(pages, starts, ends, strict=True):
            for placed, start in zip(page.placed, page_starts, strict=True):
                cue = timeline.cues[placed.step.beat]
                found.append(self._sprite(placed, start, end, cue.end - cue.start))
        return found

    def background(self, context: Context) -> None:
        """Paint the whole picture with the theme's soft gradient."""
        gradient = cairo.LinearGradient(0, 0, 0, HEIGHT)
        gradient.add_color_stop_rgb(0, *colour(self.palette.top))
        gradient.add_color_stop_rgb(1, *colour(self.palette.bottom))
        context.set_source(gradient)
        context.paint()

    def _draw_title(self, context: Context, progress: float, opacity: float) -> None:
        shown = ease(progress)
        put(context, self._heading, (MARGIN_X, MARGIN_Y), shown * opacity)
        left = MARGIN_X + 2
        if reads_right_to_left(self._title):
            left = WIDTH - MARGIN_X - 2 - RULE_WIDTH * shown
        context.set_source_rgba(*colour(self.palette.accent), opacity)
        context.rectangle(left, self._rule, RULE_WIDTH * shown, RULE_HEIGHT)
        context.fill()

    def _sprite(self, placed: Placed, start: float, end: float, beat: float) -> Sprite:
        block, box = placed.step.block, placed.box
        if isinstance(block, GraphBlock):
            graph = Graph(block.visual, box, self.palette, self.setter)
            return Sprite(graph.draw, start, max(2.0, beat * PLOT_PART), end)
        if isinstance(block, Formula):
            return Sprite(self._formula(block, box), start, WIPE, end)
        pictures = self.setting.pictures(block, placed.size, box.width)
        return Sprite(_rising(pictures, box, centred=isinstance(block, Opening)), start, APPEAR, end)

    def _formula(self, block: Formula, box: Box) -> Draw:
        pad_x = FORMULA_PADDING[0]
        picture = self.setting.formula(block.latex, box.width - 2 * pad_x)

        def draw(context: Context, progress: float, opacity: float) -> None:
            with faded(context, box, min(1.0, progress * 3) * opacity):
                panel(context, box, self.palette)
            at = (box.x + pad_x, box.y + (box.height - picture.height) / 2)
            if progress >= 1:
                put(context, picture, at, opacity)
            else:
                wiped(context, picture, at, ease(progress))

        return draw


def ease(progress: float) -> float:
    """Smoothstep: starts and ends at rest."""
    return progress * progress * (3 - 2 * progress)


def _start(placed: Placed, timeline: Timeline) -> float:
    cue = timeline.cues[placed.step.beat]
    return cue.start + placed.step.fraction * (cue.end - cue.start)


def _rising(pictures: list[Picture], box: Box, *, centred: bool) -> Draw:
    scale = min(1.0, box.height / sum(picture.height for picture in pictures))

    def draw(context: Context, progress: float, opacity: float) -> None:
        shown = ease(progress)
        y = box.y + RISE * (1 - shown)
        for picture in pictures:
            x = box.x + (box.width - picture.width * scale) / 2 if centred else box.x
            put(context, picture, (x, y), shown * opacity, scale)
            y += picture.height * scale

    return draw
