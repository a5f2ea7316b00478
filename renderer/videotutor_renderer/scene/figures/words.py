"""Labels of figures: all at one size, the largest at which each fits into its room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture, Text

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
    weight: str = "regular"
    font: str = "Noto Sans"
    centred: bool = False


def labels(style: Style, texts: Sequence[str], width: float, height: float, ink: str = "") -> list[Picture]:
    """The texts in rooms of the same width, as `fitted` sets them."""
    return fitted(style, [Label(text, width, ink) for text in texts], height)


def fitted(style: Style, wanted: Sequence[Label], height: float, sizes: Sequence[float] = SIZES) -> list[Picture]:
    """The labels, each in its own width, at the largest of the sizes; at the last, shortened to `height` points."""
    for size in sizes:
        pictures = [_set(style, label, size) for label in wanted]
        if all(p.height <= height for p in pictures) and _words_fit(style, wanted, size):
            return pictures
    return [_shortened(style, label, height, sizes[-1]) for label in wanted]


def _set(style: Style, label: Label, size: float) -> Picture:
    line = style.setter.picture(_text(style, label, size))
    return line if line.width <= label.width else style.setter.picture(_text(style, label, size, label.width))


def _text(style: Style, label: Label, size: float, width: float | None = None) -> Text:
    ink = label.ink or style.tokens.ink
    return Text(label.text, size, ink, width, label.weight, font=label.font, centred=label.centred)


def _words_fit(style: Style, wanted: Sequence[Label], size: float) -> bool:
    words = [replace(label, text=word) for label in wanted for word in label.text.split() if len(word) < LONG_WORD]
    pictures = style.setter.pictures([_text(style, word, size) for word in words])
    return all(picture.width <= word.width for picture, word in zip(pictures, words, strict=True))


def _shortened(style: Style, label: Label, height: float, size: float) -> Picture:
    """As much of the text as fits, with an ellipsis where some is missing; one line at least."""
    picture = _set(style, label, size)
    line = style.text("…", size).height
    kept = len(label.text)
    while kept > 1 and picture.height > max(height, line):
        kept = min(kept - 1, int(kept * 0.85))
        picture = _set(style, replace(label, text=label.text[:kept].rstrip() + "…"), size)
    return picture
