"""The line above a plot that says what each curve is, and what the parameter is at the moment."""

from __future__ import annotations

from videojob.visuals.plot import PlotVisual
from videojob.visuals.plot_extras import PlotSweep
from videotutor_renderer.scene.equation import SET_SIZE, can_be_set, equation_svg, svg_size
from videotutor_renderer.scene.expression_latex import to_latex
from videotutor_renderer.scene.figures.readout import Readout
from videotutor_renderer.scene.figures.words import labels
from videotutor_renderer.scene.frame import Box, Place
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.plot import Plotted, decimals, fixed_label
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Drawing, Picture

SIZE = 30.0
VALUE_SIZE = 26.0
TALLEST = 64.0
"""Points that a name may be high when it is no formula and has to be wrapped."""
VALUE_SHARE = 0.25
"""Part of the width that the parameter may take."""
LINE, GAP, GAP_SHARE = 26.0, 60.0, 0.17
"""Points of the line before each name; of the line and all the space around a name, or as a part of the width."""
LINE_WIDTH, LINE_GAP = 4.0, 8.0


class Legend:
    """Names of curves from left to right, all at the size at which all fit, and the parameter's value at the end."""

    def __init__(self, visual: PlotVisual, numbers: Plotted, width: float, style: Style) -> None:
        """The width is points of the frame."""
        self._tokens, self._width = style.tokens, width
        self._gap = min(GAP, GAP_SHARE * width)
        self._value = Value(visual.sweep, style, VALUE_SHARE * width) if visual.sweep else None
        room = width - self._gap * len(numbers.curves) - (self._value.width if self._value else 0.0)
        self._names = _names(numbers, room, style)
        self.height = max([*(p.height for p in self._names), self._value.height if self._value else 0.0])

    def draw_name(self, context: Context, i: int, at: Place, alpha: float) -> None:
        """Paint the name of one curve; the legend's top left corner is at a point."""
        x, middle = self.place(i, at).x, at[1] + self.height / 2
        context.set_source_rgba(*colour(self._tokens.series[i]), alpha)
        context.set_line_width(LINE_WIDTH)
        context.move_to(x, middle)
        context.line_to(x + LINE, middle)
        context.stroke()
        put(context, self._names[i], (x + LINE + LINE_GAP, middle - self._names[i].height / 2), alpha)

    def place(self, i: int, at: Place) -> Box:
        """Where the name of one curve is, with its line; the legend's top left corner is at a point."""
        left = at[0] + sum(p.width + self._gap for p in self._names[:i])
        return Box(left, at[1], LINE + LINE_GAP + self._names[i].width, self.height)

    def draw_value(self, context: Context, value: float, at: Place, alpha: float) -> None:
        """Paint what the parameter is, where there is one."""
        if self._value:
            x, y = at[0] + self._width - self._value.width, at[1] + (self.height - self._value.height) / 2
            self._value.put(context, value, (x, y), alpha)


class Value:
    """The parameter's letter and value."""

    def __init__(self, sweep: PlotSweep, style: Style, width: float) -> None:
        """At most so many points wide."""
        self._letter, self._places = sweep.name, decimals(abs(sweep.end - sweep.start))
        texts = [self._text(value) for value in (sweep.start, sweep.end)]
        self._readout = Readout.fitting(style, texts, VALUE_SIZE, style.tokens.ink, width)
        self.width = max(map(self._readout.width, texts))
        self.height = self._readout.height

    def put(self, context: Context, value: float, at: Place, alpha: float) -> None:
        """Paint it with its top left corner at a point."""
        self._readout.put(context, self._text(value), at, alpha)

    def _text(self, value: float) -> str:
        return f"{self._letter} = {fixed_label(value, self._places)}"


def _names(numbers: Plotted, room: float, style: Style) -> list[Picture]:
    expressions, colours = [curve.expression for curve in numbers.curves], style.tokens.series
    formulas = [f"y={to_latex(expression)}" for expression in expressions]
    if not all(map(can_be_set, formulas)):
        share = room / len(formulas)
        return [labels(style, [e.source], share, TALLEST, colours[i])[0] for i, e in enumerate(expressions)]
    drawn = [equation_svg(latex, colours[i]) for i, latex in enumerate(formulas)]
    widths = [svg_size(svg)[0] for svg in drawn]
    scale = min(SIZE / SET_SIZE, room / sum(widths))
    return style.setter.pictures([Drawing(svg, width * scale) for svg, width in zip(drawn, widths, strict=True)])
