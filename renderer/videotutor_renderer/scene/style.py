"""How words and formulas look in one theme: what figures and blocks set their text with."""

from __future__ import annotations

from videotutor_renderer.scene.equation import SET_SIZE, equation_svg, svg_size
from videotutor_renderer.scene.theme import Tokens
from videotutor_renderer.scene.typeset import Drawing, Picture, Text, Typesetter


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

    def fitted(self, text: str, sizes: tuple[float, ...], width: float, height: float, ink: str = "") -> Picture:
        """Words at the first of the sizes at which they fit into the room, else at the last."""
        for size in sizes:
            picture = self.text(text, size, ink, width)
            if picture.height <= height:
                break
        return picture

    def formula(self, latex: str, size: float, ink: str = "", width: float | None = None) -> Picture:
        """A formula that stands beside text of this size; smaller where it would be wider than `width`.

        Raises:
            TaskError: it is not LaTeX that can be set.
        """
        svg = equation_svg(latex, ink or self.tokens.ink)
        natural = svg_size(svg)[0] * size / SET_SIZE
        return self.setter.picture(Drawing(svg, natural if width is None else min(natural, width)))
