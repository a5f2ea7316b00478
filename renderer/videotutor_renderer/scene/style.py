"""How words look in one theme: what figures and blocks set their text with."""

from __future__ import annotations

from videotutor_renderer.scene.theme import Tokens
from videotutor_renderer.scene.typeset import Picture, Text, Typesetter


class Style:
    """The tokens of a theme and the typesetter of a scene. Lengths are points of the frame."""

    def __init__(self, setter: Typesetter, tokens: Tokens) -> None:
        self.setter = setter
        self.tokens = tokens

    def text(self, text: str, size: float, ink: str = "", width: float | None = None) -> Picture:
        """Words at a size; `width` wraps them, `ink` is a colour other than the theme's."""
        return self.setter.picture(Text(text, size, ink or self.tokens.ink, width))

    def texts(self, texts: list[str], size: float, ink: str = "") -> list[Picture]:
        """Several, each on one line, set at once."""
        return self.setter.pictures([Text(text, size, ink or self.tokens.ink) for text in texts])
