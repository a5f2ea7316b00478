"""Numbers that change from picture to picture: put together from characters that are set once."""

from __future__ import annotations

from collections.abc import Sequence

from videotutor_renderer.scene.frame import Place
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import MARGIN

CHARACTERS = "0123456789.,=()"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
"""Alone, a minus sign is set in a fallback font and stands too high; the dash looks as it does among digits."""
SPACE = 0.26
"""Width of a space, as a part of the size."""


class Readout:
    """Text of digits, signs, spaces, and the letters it is told of, at one size and in one colour."""

    def __init__(self, style: Style, size: float, ink: str, letters: str = "") -> None:
        """The size is points of the frame."""
        characters = sorted({*CHARACTERS, DASH, *letters})
        self._glyphs = dict(zip(characters, style.texts(characters, size, ink), strict=True))
        self._glyphs[MINUS] = self._glyphs[DASH]
        self._space = SPACE * size
        self.height = max(glyph.height for glyph in self._glyphs.values())

    @classmethod
    def fitting(cls, style: Style, texts: Sequence[str], size: float, ink: str, width: float) -> Readout:
        """One for texts like these at this size, or at the one at which the widest is so wide."""
        letters = "".join(texts).replace(" ", "").replace(MINUS, "")
        usual = cls(style, size, ink, letters)
        widest = max(map(usual.width, texts))
        return usual if widest <= width else cls(style, size * width / widest, ink, letters)

    def width(self, text: str) -> float:
        """How wide the text is, in points."""
        return sum(map(self._advance, text)) + 2 * MARGIN

    def put(self, context: Context, text: str, at: Place, alpha: float) -> None:
        """Paint the text with its top left corner at a point."""
        x, y = at
        for character in text:
            if character != " ":
                put(context, self._glyphs[character], (x, y), alpha)
            x += self._advance(character)

    def _advance(self, character: str) -> float:
        return self._space if character == " " else self._glyphs[character].width - 2 * MARGIN
