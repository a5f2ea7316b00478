"""What can be said of a picture without knowing what it shows: where ink is, and whether it can be read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from videojob.spec import Theme
from videotutor_renderer.scene.frame import CAPTIONS
from videotutor_renderer.scene.theme import TOKENS, colour

Pixels = NDArray[np.uint8]
"""Rows, columns, and red, green and blue from 0 to 255."""
Mask = NDArray[np.bool_]

SAFE = 0.05
"""Part of the width and height on each side that stays empty: the title-safe area of EBU R 95."""
BORDER = 1
"""Pixels that the border of a panel, whose middle is on the edge, is over it."""
NOISE = 60
"""Difference from the background, of 255, that panels, their borders, and the ringing around letters stay below."""
LEAST_INK = 0.0005
"""Part of the picture that one short word covers."""
MOST_INK = 0.9
CELL = 8
"""Pixels of the squares that regions of ink are made of: what is nearer belongs together, as the letters of a line."""
LEAST_CELLS = 3
"""Squares of a region that is looked at; a smaller one is a dot or a bit of a line."""
CONTRAST = 3.0
"""WCAG 2.2, 1.4.11. The colours have the 4.5 that 1.4.3 asks of text; in a draft thin strokes have less of them."""


def ink(pixels: Pixels, theme: Theme) -> Mask:
    """Where the picture is not the theme's background."""
    tokens = TOKENS[theme]
    top, bottom = (255 * np.array(colour(end)) for end in (tokens.top, tokens.bottom))
    down = (np.arange(len(pixels)) + 0.5)[:, None] / len(pixels)
    background = top + (bottom - top) * down
    return np.asarray(np.abs(pixels - background[:, None, :]).max(axis=2) > NOISE)


def faults(pixels: Pixels, theme: Theme, *, finished: bool) -> Iterator[str]:
    """What is wrong with one picture of a video; `finished`: everything on it has appeared."""
    marked = ink(pixels, theme)
    yield from (f"ink in {place}" for place, strip in edges(marked).items() if strip.any())
    if marked.mean() > MOST_INK:
        yield "nothing of the background is seen"
    if finished and marked.mean() < LEAST_INK:
        yield "blank"
    if finished:
        poor = [found for found in contrasts(pixels, marked) if found < CONTRAST]
        yield from (f"contrast of {found:.1f}:1" for found in poor[:1])


def edges(marked: Mask) -> dict[str, Mask]:
    """The parts of a picture that have to stay empty."""
    height, width = marked.shape
    down, across, band = (int(length) - BORDER for length in (SAFE * height, SAFE * width, CAPTIONS * height))
    return {
        "the upper margin": marked[:down],
        "the left margin": marked[:, :across],
        "the right margin": marked[:, width - across :],
        "the band of the captions": marked[height - band :],
    }


def contrasts(pixels: Pixels, marked: Mask) -> list[float]:
    """For each region of ink the highest contrast in it (WCAG 2.2), with what lies around it."""
    light = luminance(pixels)
    found = []
    for rows, columns in regions(marked):
        part = light[rows, columns]
        found.append(float((part.max() + 0.05) / (part.min() + 0.05)))
    return found


def luminance(pixels: Pixels) -> NDArray[np.float64]:
    """Relative luminance of each pixel as WCAG 2.2 defines it."""
    part = pixels / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def regions(marked: Mask) -> Iterator[tuple[slice, slice]]:
    """The rows and columns of each connected region of ink, with a square of background around it."""
    height, width = (length // CELL for length in marked.shape)
    cells = marked[: height * CELL, : width * CELL].reshape(height, CELL, width, CELL).any(axis=(1, 3))
    left = {(int(y), int(x)) for y, x in np.argwhere(cells)}
    while left:
        region = _connected(left)
        if len(region) >= LEAST_CELLS:
            ys, xs = zip(*region, strict=True)
            yield _slice(min(ys), max(ys)), _slice(min(xs), max(xs))


def _connected(left: set[tuple[int, int]]) -> list[tuple[int, int]]:
    """One cell of those that are left, and all that touch it directly or through others; they are taken away."""
    found = [left.pop()]
    for y, x in found:
        near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left
        left -= near
        found += near
    return found


def _slice(first: int, last: int) -> slice:
    return slice(max(0, first - 1) * CELL, (last + 2) * CELL)
