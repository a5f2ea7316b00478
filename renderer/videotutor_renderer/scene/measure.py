"""Blocks of a scene as things to set: how large each is, and the picture it becomes."""

from __future__ import annotations

from videotutor_renderer.scene.blocks import Block, Formula, Opening, Panel, Point, Words
from videotutor_renderer.scene.equation import SET_SIZE, equation_svg, svg_size
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Drawing, Picture, Text

OPENING_FACTOR = 1.9
FORMULA_FACTOR = 1.45
FORMULA_PADDING = (34.0, 24.0)
ALL_THERE_IS = 2000.0
"""Points that a figure of no height of its own asks for: more than any frame has."""


class Setting:
    """The look of blocks in one style."""

    def __init__(self, style: Style) -> None:
        self._setter = style.setter
        self._tokens = style.tokens

    def measure(self, block: Block, size: float, width: float) -> tuple[float, float]:
        """Width and height in points of a block at a size of text, as `layout.Measure`."""
        match block:
            case Panel(visual=visual):
                kind = KINDS[type(visual)]
                return width, kind.height(visual, width) if kind.height else ALL_THERE_IS
            case Formula(latex=latex):
                wide, tall = svg_size(equation_svg(latex, self._tokens.ink))
                factor = size * FORMULA_FACTOR / SET_SIZE
                return wide * factor + 2 * FORMULA_PADDING[0], tall * factor + 2 * FORMULA_PADDING[1]
            case _:
                pictures = self.pictures(block, size, width)
                return max(p.width for p in pictures), sum(p.height for p in pictures)

    def pictures(self, block: Block, size: float, width: float) -> list[Picture]:
        """The pictures of a block of text, one below the other."""
        colours = self._tokens
        match block:
            case Opening(text=text, subtitle=subtitle):
                large = Text(
                    text, size * OPENING_FACTOR, colours.ink, width, "bold", font=colours.title_font, centred=True
                )
                small = [Text(subtitle, size, colours.muted, width, centred=True)] if subtitle else []
                return self._setter.pictures([large, *small])
            case Point(text=text):
                return [self._setter.picture(Text(text, size, colours.ink, width, marker="•", accent=colours.accent))]
            case Words(text=text):
                return [self._setter.picture(Text(text, size, colours.ink, width))]
            case _:
                raise TypeError(f"{type(block).__name__} is not text")

    def formula(self, latex: str, width: float) -> Picture:
        """A formula, so many points wide."""
        return self._setter.picture(Drawing(equation_svg(latex, self._tokens.ink), width))

    def heading(self, title: str, width: float, tallest: float) -> Picture:
        """The scene's title: the largest that fits into the height, on as few lines as can be."""
        for size in (50.0, 44.0, 38.0, 33.0, 29.0):
            picture = self._setter.picture(
                Text(title, size, self._tokens.ink, width, "bold", font=self._tokens.title_font)
            )
            if picture.height <= tallest:
                break
        return picture
