"""Glyphs of formulas: each can be drawn anywhere, and finds its place when one formula becomes another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

import cairo

from videotutor_renderer.scene.paint import Context
from videotutor_renderer.scene.theme import Colour

_BOW = 0.25
"""How far a way bends down for the points that it leads aside."""


@dataclass(frozen=True)
class Glyph:
    """A glyph, a bar or a stroke of a formula, as it stands in it, in points.

    `name` says what it is, `wide` and `tall` how far its outline is stretched: glyphs that have them in common look the
    same. A stroke has a `pen`, its width.
    """

    name: str
    x: float
    y: float
    wide: float
    tall: float
    outline: cairo.Path = field(compare=False, repr=False)
    pen: float = 0.0

    @property
    def look(self) -> tuple[str, float]:
        """What is equal where two look the same; bars do, however long they are."""
        return self.name, 0.0 if self.name == "bar" else round(self.tall, 2)

    def towards(self, other: Glyph, part: float) -> Glyph:
        """The glyph on its way to where another one stands, below those that it passes."""
        here, there = (self.x, self.y, self.wide, self.tall), (other.x, other.y, other.wide, other.tall)
        x, y, wide, tall = (a + (b - a) * part for a, b in zip(here, there, strict=True))
        bow = _BOW * abs(other.x - self.x) * 4 * part * (1 - part)
        return Glyph(self.name, x, y + bow, wide, tall, self.outline, self.pen)

    def placed(self, x: float, y: float, scale: float) -> Glyph:
        """The glyph in a formula that is drawn larger or smaller, with its origin at a point."""
        place = (x + self.x * scale, y + self.y * scale, self.wide * scale, self.tall * scale)
        return Glyph(self.name, *place, self.outline, self.pen * scale)


def matches(before: Sequence[Glyph], after: Sequence[Glyph]) -> dict[int, int]:
    """For each glyph of `after` that comes from one of `before`, by their numbers.

    The longest run that both have in common is matched first, then what is left and right of it (Ratcliff and
    Metzener, Pattern Matching: The Gestalt Approach, 1988); what is over then goes to the other side.
    """
    old, new = [glyph.look for glyph in before], [glyph.look for glyph in after]
    runs = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    found = {run.b + i: run.a + i for run in runs for i in range(run.size)}
    left: dict[tuple[str, float], list[int]] = defaultdict(list)
    for i in sorted(set(range(len(old))) - set(found.values()), reverse=True):
        left[old[i]].append(i)
    return found | {i: left[look].pop() for i, look in enumerate(new) if i not in found and left[look]}


def ink(context: Context, glyphs: Sequence[Glyph], tint: Colour, alpha: float) -> None:
    """Paint the glyphs in one colour."""
    if alpha <= 0 or not glyphs:
        return
    context.set_source_rgba(*tint, alpha)
    for glyph in glyphs:
        context.save()
        context.translate(glyph.x, glyph.y)
        context.scale(glyph.wide, glyph.tall)
        context.append_path(glyph.outline)
        context.restore()
        if glyph.pen:
            context.set_line_width(glyph.pen)
            context.stroke()
        else:
            context.fill()
