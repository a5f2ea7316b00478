"""The picture in memory that cairo draws on: from one moment to the next, only what has changed is drawn again."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cairo
import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.scene.convert import Area
from videotutor_renderer.scene.draw import Stage
from videotutor_renderer.scene.frame import SHORT_SIDE, Box, around
from videotutor_renderer.scene.paint import BORDER
from videotutor_renderer.scene.sprite import HIDDEN, Sprite, State

Pairs = NDArray[np.uint64]
"""Pixels two by two, height x half the width: each pair has its colour in common when it is encoded."""


class Canvas:
    """A scene's picture at the moment that was shown last."""

    def __init__(self, stage: Stage, sprites: Sequence[Sprite], size: tuple[int, int]) -> None:
        """The background alone, so many pixels wide and high; both are even."""
        width, height = size
        self._sprites = sprites
        self._states: Sequence[State] = [HIDDEN] * len(sprites)
        self._scale = min(size) / SHORT_SIDE
        self.pixels = np.zeros((height, width, 4), dtype=np.uint8)
        self._surface = cairo.ImageSurface.create_for_data(
            self.pixels.data, cairo.FORMAT_RGB24, width, height, width * 4
        )
        self._context = cairo.Context(self._surface)
        self._context.scale(self._scale, self._scale)
        stage.background(self._context)
        self._surface.flush()
        self._background = self.pixels.copy()

    def show(self, states: Sequence[State]) -> Area | None:
        """Draw every sprite as far as it has come, and say where that changed the picture; None: nowhere."""
        pairs = zip(self._sprites, self._states, states, strict=True)
        moved = [_reach(sprite.moved(old, new)) for sprite, old, new in pairs if old != new]
        if not moved:
            return None
        self._states = states
        area = self._pixels_of(around(moved))
        before = self._pairs(area).copy()
        self._draw(area)
        return _differing(before, self._pairs(area), area)

    def _pixels_of(self, box: Box) -> Area:
        height, width = self.pixels.shape[:2]
        left, top = (max(0, 2 * math.floor(edge * self._scale / 2)) for edge in (box.x, box.y))
        right, bottom = (2 * math.ceil(edge * self._scale / 2) for edge in (box.right, box.bottom))
        return Area(left, top, min(width, right), min(height, bottom))

    def _pairs(self, area: Area) -> Pairs:
        height, width = self.pixels.shape[:2]
        pairs = self.pixels.reshape(height, 4 * width).view(np.uint64)
        return pairs[area.top : area.bottom, area.left // 2 : area.right // 2]

    def _draw(self, area: Area) -> None:
        """Draw everything in the area anew."""
        rows, columns = slice(area.top, area.bottom), slice(area.left, area.right)
        self.pixels[rows, columns] = self._background[rows, columns]
        self._surface.mark_dirty()
        context, scale = self._context, self._scale
        left, top, right, bottom = (edge / scale for edge in (area.left, area.top, area.right, area.bottom))
        box = Box(left, top, right - left, bottom - top)
        context.save()
        context.rectangle(box.x, box.y, box.width, box.height)
        context.clip()
        for sprite, state in zip(self._sprites, self._states, strict=True):
            if state.opacity > 0 and _reach(sprite.place(state)).meets(box):
                sprite.paint(context, state)
        context.restore()
        self._surface.flush()


def _reach(box: Box) -> Box:
    """With the line around a panel."""
    return box.inset(-BORDER, -BORDER)


def _differing(before: Pairs, after: Pairs, area: Area) -> Area | None:
    """The part of the area in which the two, which are as large as it, differ.

    A figure draws anew all that it shows, of which mostly little has changed, and comparing costs a quarter of what
    converting does.
    """
    different = before != after
    rows = np.flatnonzero(different.any(axis=1))
    if not rows.size:
        return None
    top, bottom = int(rows[0]) & ~1, (int(rows[-1]) + 2) & ~1
    columns = np.flatnonzero(different[top:bottom].any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    return Area(area.left + 2 * left, area.top + top, area.left + 2 * right, area.top + bottom)
