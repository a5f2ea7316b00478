"""The picture at any moment of a scene: background, title, and the blocks as far as they have appeared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import cairo

from videotutor_renderer.limits import working_on
from videotutor_renderer.scene.blocks import Formula, Moment, Opening, Panel
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.figure import THINKING, Kind, Tracked, ease
from videotutor_renderer.scene.frame import Box, Frame
from videotutor_renderer.scene.layout import COLUMN_GAP, Page, Placed
from videotutor_renderer.scene.measure import FORMULA_PADDING, Setting
from videotutor_renderer.scene.paint import Context, faded, panel, put, soft_edge, wiped
from videotutor_renderer.scene.sprite import IN_PLACE, LEAVE, Aside, Draw, Sprite
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import Tokens, colour
from videotutor_renderer.scene.timeline import Timeline
from videotutor_renderer.scene.typeset import Picture, reads_right_to_left

APPEAR = 0.55
"""Seconds in which text fades in."""
WIPE = 1.3
"""Seconds in which a formula is uncovered from left to right."""
PANEL_PART = 1 / 3
"""Part of that time in which the formula's panel appears."""
RISE = 14.0
"""Points that text rises while it fades in."""
TITLE_TALLEST = 104.0
RULE_GAP, RULE_HEIGHT, RULE_WIDTH = 8.0, 4.0, 96.0
CONTENT_GAP = 30.0


class Stage:
    """The title and the area below it, for one scene."""

    def __init__(self, frame: Frame, style: Style, title: str) -> None:
        self.frame = frame
        self.setting = Setting(style)
        self._style = style
        self._tokens = style.tokens
        self._title = title
        self._heading = self.setting.heading(title, frame.width - 2 * frame.margin_x, TITLE_TALLEST)
        self._rule = frame.margin_y + self._heading.height + RULE_GAP

    @property
    def area(self) -> Box:
        """Where blocks go: below the title's rule, inside the margins, above the captions."""
        frame, top = self.frame, self._rule + RULE_HEIGHT + CONTENT_GAP
        return Box(frame.margin_x, top, frame.width - 2 * frame.margin_x, frame.bottom - top)

    @property
    def _head(self) -> Box:
        """Where the title and its rule are."""
        frame = self.frame
        height = self._rule + RULE_HEIGHT - frame.margin_y
        return Box(frame.margin_x, frame.margin_y, frame.width - 2 * frame.margin_x, height)

    def sprites(self, pages: Sequence[Page], timeline: Timeline) -> list[Sprite]:
        """Everything that appears in the scene, with its times."""
        end = timeline.seconds + LEAVE
        starts = [_start(page.placed[0].step.moments[0], timeline) for page in pages]
        found = [Sprite(self._draw_title, self._head, ((-0.25, 0.8),), end)]
        for page, leaves in zip(pages, [*starts[1:], end], strict=True):
            for placed in page.placed:
                with working_on(placed.step.field):
                    sprite = self._sprite(placed, timeline, leaves)
                found.append(replace(sprite, aside=_aside(placed, page, timeline)))
        return found

    def background(self, context: Context) -> None:
        """Paint the whole picture with the theme's soft gradient."""
        gradient = cairo.LinearGradient(0, 0, 0, self.frame.height)
        gradient.add_color_stop_rgb(0, *colour(self._tokens.top))
        gradient.add_color_stop_rgb(1, *colour(self._tokens.bottom))
        context.set_source(gradient)
        context.paint()

    def _draw_title(self, context: Context, progress: float, opacity: float) -> None:
        shown = ease(progress)
        frame = self.frame
        put(context, self._heading, (frame.margin_x, frame.margin_y), shown * opacity)
        left = frame.margin_x + 2
        if reads_right_to_left(self._title):
            left = frame.width - frame.margin_x - 2 - RULE_WIDTH * shown
        context.set_source_rgba(*colour(self._tokens.accent), opacity)
        context.rectangle(left, self._rule, RULE_WIDTH * shown, RULE_HEIGHT)
        context.fill()

    def _sprite(self, placed: Placed, timeline: Timeline, end: float) -> Sprite:
        block, box, moments = placed.step.block, placed.box, placed.step.moments
        start = _start(moments[0], timeline)
        if isinstance(block, Panel):
            kind = KINDS[type(block.visual)]
            parts = tuple(appears(moment, timeline, kind) for moment in moments)
            figure = kind.make(block.visual, box, self._style)
            return Sprite(figure.draw, box, parts, end, figure.changes if isinstance(figure, Tracked) else None)
        if isinstance(block, Formula):
            formula = self.setting.formula(block.latex, box.width - 2 * FORMULA_PADDING[0])
            uncovered = _Uncovered(formula, box, self._tokens)
            return Sprite(uncovered.draw, box, ((start, WIPE),), end, uncovered.changes)
        pictures = self.setting.pictures(block, placed.size, box.width)
        rising = _rising(pictures, box, centred=isinstance(block, Opening))
        return Sprite(rising, Box(box.x, box.y, box.width, box.height + RISE), ((start, APPEAR),), end)


class _Uncovered:
    """A formula on a panel of its own, uncovered from left to right."""

    def __init__(self, picture: Picture, box: Box, tokens: Tokens) -> None:
        self._picture, self._box, self._tokens = picture, box, tokens
        self._at = box.x + FORMULA_PADDING[0], box.y + (box.height - picture.height) / 2

    def draw(self, context: Context, progress: float, opacity: float) -> None:
        """Paint the panel, and as much of the formula as is uncovered."""
        with faded(context, self._box, min(1.0, progress / PANEL_PART) * opacity):
            panel(context, self._box, self._tokens)
        if progress >= 1:
            put(context, self._picture, self._at, opacity)
        else:
            wiped(context, self._picture, self._at, ease(progress))

    def changes(self, before: float, after: float) -> Box:
        """Only where the formula is being uncovered, once the panel is there and until nothing is covered any more."""
        first, last = sorted((before, after))
        if first < PANEL_PART or last >= 1:
            return self._box
        left, _ = soft_edge(self._picture, self._at[0], ease(first))
        _, right = soft_edge(self._picture, self._at[0], ease(last))
        return Box(left, self._at[1], right - left, self._picture.height)


def _aside(placed: Placed, page: Page, timeline: Timeline) -> Aside:
    """Words that have a column of their own stand in the middle until the figure beside them comes."""
    beside = (other for other in page.placed if isinstance(other.step.block, Panel) and other is not placed)
    for figure in beside:
        there = _start(figure.step.moments[0], timeline)
        if placed.box.right <= figure.box.x:
            return Aside((figure.box.width + COLUMN_GAP) / 2, there)
        if figure.box.right <= placed.box.x:
            return Aside(-(figure.box.width + COLUMN_GAP) / 2, there)
    return IN_PLACE


def _start(moment: Moment, timeline: Timeline) -> float:
    cue = timeline.cues[moment.beat]
    return cue.start + moment.fraction * (cue.end - cue.start) + (moment.silence or 0.0)


def appears(moment: Moment, timeline: Timeline, kind: Kind[Any]) -> tuple[float, float]:
    """When a part of a figure appears, and in how many seconds: as its kind has it; the time to think in all it has."""
    if moment.silence is not None:
        return _start(moment, timeline), kind.each if moment.silence else THINKING
    cue = timeline.cues[moment.beat]
    slot = moment.slot * (cue.end - cue.start)
    return _start(moment, timeline), min(slot, max(kind.each, kind.share * slot))


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
