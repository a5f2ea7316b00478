"""What figures and blocks are made with: how words look in one theme, and the pictures of the scene."""

from __future__ import annotations

from videotutor_renderer.scene.images import NO_IMAGES, Images
from videotutor_renderer.scene.theme import Tokens
from videotutor_renderer.scene.typeset import Picture, Text, Typesetter


class Style:
    """The tokens of a theme, the typesetter and the pictures of a scene. Lengths are points of the frame."""

    def __init__(self, setter: Typesetter, tokens: Tokens, images: Images = NO_IMAGES) -> None:
        self.setter = setter
        self.tokens = tokens
        self.images = images

    def text(
        self, text: str, size: float, ink: str = "", width: float | None = None, *, centred: bool = False
    ) -> Picture:
        """Words at a size; `width` wraps them, `ink` is a colour other than the theme's."""
        return self.setter.picture(Text(text, size, ink or self.tokens.ink, width, centred=centred))

    def texts(self, texts: list[str], size: float, ink: str = "") -> list[Picture]:
        """Several, each on one line, set at once."""
        return self.setter.pictures([Text(text, size, ink or self.tokens.ink) for text in texts])
