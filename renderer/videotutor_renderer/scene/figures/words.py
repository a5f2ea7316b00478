"""Labels of figures: all at one size, the largest at which each fits into its room."""

from __future__ import annotations

from collections.abc import Sequence

from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture

SIZES = (26.0, 23.0, 20.0, 18.0)
"""From what is pleasant to the least that can be read on a telephone."""
LONG_WORD = 16
"""Letters from which the typesetter may break a word."""


def labels(style: Style, texts: Sequence[str], width: float, height: float, ink: str = "") -> list[Picture]:
    """The texts, wrapped where they are wider than `width` points; at the least size, shortened to `height`."""
    for size in SIZES:
        pictures = [_label(style, text, size, width, ink) for text in texts]
        if all(p.height <= height for p in pictures) and _words_fit(style, texts, size, width):
            return pictures
    return [_shortened(style, text, width, height, ink) for text in texts]


def _label(style: Style, text: str, size: float, width: float, ink: str) -> Picture:
    line = style.text(text, size, ink)
    return line if line.width <= width else style.text(text, size, ink, width)


def _words_fit(style: Style, texts: Sequence[str], size: float, width: float) -> bool:
    words = [word for text in texts for word in text.split() if len(word) < LONG_WORD]
    return all(picture.width <= width for picture in style.texts(words, size))


def _shortened(style: Style, text: str, width: float, height: float, ink: str) -> Picture:
    """As much of the text as fits, with an ellipsis where some is missing; one line at least."""
    least = SIZES[-1]
    picture = _label(style, text, least, width, ink)
    line = style.text("…", least).height
    kept = len(text)
    while kept > 1 and picture.height > max(height, line):
        kept = min(kept - 1, int(kept * 0.85))
        picture = _label(style, text[:kept].rstrip() + "…", least, width, ink)
    return picture
