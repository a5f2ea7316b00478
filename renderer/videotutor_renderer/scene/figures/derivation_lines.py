"""Where the lines of a derivation stand: relations below one another, reasons beside the lines or above them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from videojob.visuals.derivation import DerivationVisual
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.scene.equation import SET_SIZE
from videotutor_renderer.scene.figures.figure import across
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.formula_lines import in_lines
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.glyph_formula import GlyphFormula, glyph_formula
from videotutor_renderer.scene.glyphs import Glyph
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture, reads_right_to_left

SIZES = (54.0, 48.0, 42.0, 37.0, 33.0, 30.0)
"""Of the formulas, from what is pleasant to the least that is read with ease; what is too wide then shrinks further."""
LINE_GAP = 0.5
"""Between two lines, for the size of the formulas."""
BESIDE = 600.0
"""Width of a room from which on reasons stand beside the lines."""
REASON_SHARE, REASON_GAP = 0.34, 44.0
"""Part of the width for reasons that stand beside the lines, and points before them."""
REASON_LINE, TALLEST_REASON = 40.0, 66.0
"""Height of a reason of one line, and of the tallest."""
ABOVE_GAP = 6.0
"""Between a reason and the line below it."""


@dataclass(frozen=True)
class Line:
    """A line in its place: glyphs and reason in points of the frame, top and height in those of the column."""

    glyphs: tuple[Glyph, ...]
    top: float
    height: float
    reason: Picture | None
    at: tuple[float, float]


class Column:
    """The lines of a derivation, one below the other from y = 0, at the largest size at which they fit into a room."""

    def __init__(self, visual: DerivationVisual, room: Box, style: Style) -> None:
        """Raises TaskError where a line is not LaTeX that can be set."""
        self._formulas = _formulas(visual)
        self._beside = any(step.reason for step in visual.steps) and room.width >= BESIDE
        reasons = [shown(step.reason or "") for step in visual.steps]
        self._mirrored = reads_right_to_left(" ".join(reasons))
        self._reasons = _pictures(reasons, room.width * (REASON_SHARE if self._beside else 1.0), style)
        self._aside = max((p.width for p in self._reasons if p), default=0.0)
        free = room.width - (self._aside + REASON_GAP if self._beside else 0.0)
        self._starts = _starts(self._formulas, free * SET_SIZE / SIZES[-1])
        for size in SIZES:
            self._scale = size / SET_SIZE
            if self._widest * self._scale <= free and self.height <= room.height:
                break
        self._scale = min(self._scale, free / self._widest, *self._filling_scales(room.height))
        self.lines = self._placed(room)

    @property
    def height(self) -> float:
        """From the top of the first line to the bottom of the last."""
        return sum(self._heights) + self._gap * (len(self._formulas) - 1)

    @property
    def _gap(self) -> float:
        return LINE_GAP * self._scale * SET_SIZE

    @property
    def _heights(self) -> list[float]:
        pairs = zip(self._formulas, self._reasons, strict=True)
        both = [(formula.height * self._scale, self._reason_height(reason)) for formula, reason in pairs]
        return [max(pair) if self._beside else sum(pair) for pair in both]

    def _filling_scales(self, height: float) -> list[float]:
        """For each line the scale at which it fills the room alone."""
        pairs = zip(self._formulas, self._reasons, strict=True)
        above = 0.0 if self._beside else 1.0
        return [(height - above * self._reason_height(reason)) / formula.height for formula, reason in pairs]

    def _reason_height(self, reason: Picture | None) -> float:
        return (reason.height + (0.0 if self._beside else ABOVE_GAP)) if reason else 0.0

    @property
    def _widest(self) -> float:
        return max(start + f.width for f, start in zip(self._formulas, self._starts, strict=True))

    def _placed(self, room: Box) -> list[Line]:
        formulas = self._widest * self._scale
        whole = formulas + self._aside + REASON_GAP if self._beside else max(formulas, self._aside)
        inner = room.inset((room.width - whole) / 2, 0)
        left = across(inner, 0, formulas, mirrored=self._mirrored)
        top, lines = 0.0, []
        for formula, reason, start, height in zip(
            self._formulas, self._reasons, self._starts, self._heights, strict=True
        ):
            own = formula.height * self._scale
            y = top + ((height - own) / 2 if self._beside else height - own)
            glyphs = tuple(glyph.placed(left + start * self._scale, y, self._scale) for glyph in formula.glyphs)
            lines.append(Line(glyphs, top, height, reason, self._at(inner, formulas, reason, top, height)))
            top += height + self._gap
        return lines

    def _at(
        self, inner: Box, formulas: float, reason: Picture | None, top: float, height: float
    ) -> tuple[float, float]:
        if reason is None:
            return 0.0, 0.0
        start = formulas + REASON_GAP if self._beside else 0.0
        x = across(inner, start, reason.width, mirrored=self._mirrored)
        return x, top + (height - reason.height) / 2 if self._beside else top


def natural_height(visual: DerivationVisual, width: float) -> float:
    """Points that the lines would like to be high together in a room so wide."""
    formulas = _formulas(visual)
    size = min(SIZES[0], SET_SIZE * width / max(formula.width for formula in formulas))
    lines = sum(formula.height * size / SET_SIZE for formula in formulas) + LINE_GAP * size * (len(formulas) - 1)
    above = sum(bool(step.reason) for step in visual.steps) if width < BESIDE else 0
    return lines + (REASON_LINE + ABOVE_GAP) * above


def _formulas(visual: DerivationVisual) -> list[GlyphFormula]:
    return [glyph_formula(in_lines(step.latex)) for step in visual.steps]


def _starts(formulas: Sequence[GlyphFormula], room: float) -> list[float]:
    """Where each formula begins so that relations stand below one another; at the side where there is no room."""
    most = max(formula.relation for formula in formulas)
    starts = [most - formula.relation for formula in formulas]
    fits = all(start + formula.width <= room for start, formula in zip(starts, formulas, strict=True))
    return starts if fits else [0.0] * len(formulas)


def _pictures(reasons: Sequence[str], width: float, style: Style) -> list[Picture | None]:
    given = [reason for reason in reasons if reason]
    found = iter(labels(style, given, width, TALLEST_REASON, style.tokens.muted) if given else ())
    return [next(found) if reason else None for reason in reasons]
