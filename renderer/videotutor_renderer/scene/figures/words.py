"""Labels of figures: all at one size, the largest at which each fits into its room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture

SIZES = (26.0, 23.0, 20.0, 18.0)
"""From what is pleasant to the least that can be read on a telephone."""
LONG_WORD = 16
"""Letters from which the typesetter may break a word."""


@dataclass(frozen=True)
class Label:
    """A text that is wrapped where it is wider than `width` points; `ink` is a colour other than the theme's."""

    text: str
    width: float
    ink: str = ""


def labels(style: Style, texts: Sequence[str], width: float, height: float, ink: str = "") -> list[Picture]:
    """The texts in rooms of the same width, as `fitted` sets them."""
    return fitted(style, [Label(text, width, ink) for text in texts], height)


def fitted(style: Style, wanted: Sequence[Label], height: float) -> list[Picture]:
    """The labels, each in its own width; at the least size, shortened to `height` points."""
    for size in SIZES:
        pictures = [_set(style, label, size) for label in wanted]
        if all(p.height <= height for p in pictures) and _words_fit(style, wanted, size):
            return pictures
    return [_shortened(style, label, height) for label in wanted]


def _set(style: Style, label: Label, size: float) -> Picture:
    line = style.text(label.text, size, label.ink)
    return line if line.width <= label.width else style.text(label.text, size, label.ink, label.width)


def _words_fit(style: Style, wanted: Sequence[Label], size: float) -> bool:
    words = [(word, label.width) for label in wanted for word in label.text.split() if len(word) < LONG_WORD]
    pictures = style.texts([word for word, _ in words], size)
    return all(picture.width <= width for picture, (_, width) in zip(pictures, words, strict=True))


def _shortened(style: Style, label: Label, height: float) -> Picture:
    """As much of the text as fits, with an ellipsis where some is missing; one line at least."""
    least = SIZES[-1]
    picture = _set(style, label, least)
    line = style.text("…", least).height
    kept = len(label.text)
    while kept > 1 and picture.height > max(height, line):
        kept = min(kept - 1, int(kept * 0.85))
        picture = _set(style, replace(label, text=label.text[:kept].rstrip() + "…"), least)
    return picture
