"""Arrows and dots on a coordinate plane, and where their labels lie before and after a linear map moves them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from videojob.visuals.plane import PlaneVisual
from videotutor_renderer.scene.figures.linear_map import LinearMap
from videotutor_renderer.scene.figures.path import Path, trace
from videotutor_renderer.scene.figures.placing import GAP, Placing, around, beside_line
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.figures.words import Label, fitted
from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Picture

SHAFT, HEAD, HEAD_WIDTH = 5.0, 20.0, 17.0
DOT = 8.0
WIDEST, TALLEST = 0.35, 66.0
"""Part of the width that a label may take, and points of height: two lines."""


@dataclass(frozen=True)
class Thing:
    """An arrow from `tail` to `tip`, or a dot where both are one place, and its label."""

    tail: complex
    tip: complex
    ink: str
    label: Picture | None

    def path(self, view: View, moved: LinearMap) -> tuple[complex, complex]:
        """Tail and tip in points of the frame, where a map has moved them."""
        return view.at(moved(self.tail)), view.at(moved(self.tip))

    def draw(self, context: Context, path: tuple[complex, complex], grown: float) -> None:
        """Paint it at these places, as far as it has grown."""
        context.set_source_rgb(*colour(self.ink))
        tail, tip = path
        if self.tail == self.tip:
            context.arc(tip.real, tip.imag, DOT * grown, 0, 2 * math.pi)
            context.fill()
        else:
            _arrow(context, tail, tail + (tip - tail) * grown)


def things(visual: PlaneVisual, style: Style, inks: Sequence[str], width: float) -> list[Thing]:
    """Vectors in their colours, then points, in a plane so many points wide."""
    found = [(v.start, v.tip, inks[i % len(inks)], v.label or "") for i, v in enumerate(visual.vectors)]
    for point in visual.named_points:
        place = point.place
        found.append((place, place, style.tokens.ink, point.name))
    wanted = [Label(text, width * WIDEST, ink) for *_, ink, text in found]
    pictures = fitted(style, wanted, TALLEST)
    return [
        Thing(tail, tip, ink, picture if text else None)
        for (tail, tip, ink, text), picture in zip(found, pictures, strict=True)
    ]


def label_offsets(found: Sequence[Thing], paths: Sequence[Path], placing: Placing) -> list[complex]:
    """For each thing, now from tail to tip of its path, how far from the tip the middle of its label lies."""
    centre = sum(place for path in paths for place in path) / max(1, 2 * len(paths))
    return [
        placing.put(thing.label, _spots(path, thing.label, centre)) - path[-1] if thing.label else 0j
        for thing, path in zip(found, paths, strict=True)
    ]


def _spots(path: Path, label: Picture, centre: complex) -> list[complex]:
    """Beside an arrow, or around it or a dot."""
    tail, tip = path
    beside = beside_line(path, label, centre, GAP) if abs(tip - tail) > HEAD else ()
    return [*beside, *around(tip, tip - centre or -1j, label, DOT + GAP / 2)]


def _arrow(context: Context, tail: complex, tip: complex) -> None:
    """In points of the frame; with a smaller head where it is short, and nothing where it has no length."""
    length = abs(tip - tail)
    if length == 0:
        return
    way, head = (tip - tail) / length, min(HEAD, length / 2)
    side = way * 1j * HEAD_WIDTH / 2 * head / HEAD
    context.set_line_width(SHAFT * min(1.0, 2 * head / HEAD))
    trace(context, (tail, tip - way * head * 0.9))
    context.stroke()
    trace(context, (tip, tip - way * head + side, tip - way * head - side))
    context.fill()
