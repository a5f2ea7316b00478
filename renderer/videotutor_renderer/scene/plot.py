"""The numbers of a plot: sampled curves, the range of the axes, round ticks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from videojob.visuals.plot import PlotVisual
from videojob.visuals.plot_extras import PlotTangent
from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.scene.expression import Array, Expression, parse
from videotutor_renderer.scene.slope import slope

SAMPLES = 800
"""Points of a curve: more than the graph is pixels wide at 720p."""
SWEPT = 9
"""Values of a parameter that the axes are fitted to."""

HEADROOM = 0.08
"""Space left above and below the curves, as a part of their range."""

TAMED = 6.0
"""A range this many times its middle nine tenths is cut down: a pole would flatten everything else."""

MOST_DECIMALS = 9
LARGEST, LEAST_STEP = 1e300, 1e-300
"""Of the values that the y axis is fitted to, and of the distance of ticks: what is computed with them stays finite."""

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Curve:
    """A function sampled over the axis; nan where it is undefined or jumps."""

    expression: Expression
    x: Array
    y: Array


@dataclass(frozen=True)
class Plotted:
    """All that is needed to draw a plot. The curves are those of the parameter's first value, where there is one."""

    curves: tuple[Curve, ...]
    x_min: float
    x_max: float
    y_min: float
    y_max: float
    last: float
    """The parameter's value once it has run; 0 where there is none."""

    def function(self, number: int) -> Callable[[Array], Array]:
        """One of the curves, counted from 1, as a function, when the parameter has run."""
        return partial(self.curves[number - 1].expression, value=self.last)

    def slope(self, tangent: PlotTangent) -> float:
        """The slope of a tangent.

        Raises:
            TaskError: its curve has none there.
        """
        size = self.x_max - self.x_min, self.y_max - self.y_min
        found = slope(self.function(tangent.curve), tangent.at, *size)
        if found is None:
            source = self.curves[tangent.curve - 1].expression.source
            raise bad_scene(f"tangent.at: {source!r} has no slope at x = {tangent.at:g}.")
        return found

    def moved(self, value: float) -> tuple[Curve, ...]:
        """The curves when the parameter has this value."""
        return tuple(self._moved(curve, value) if curve.expression.moves else curve for curve in self.curves)

    def _moved(self, curve: Curve, value: float) -> Curve:
        y = _broken_at_jumps(curve.expression(curve.x, value), self.y_max - self.y_min)
        return Curve(curve.expression, curve.x, y)


def plotted(visual: PlotVisual) -> Plotted:
    """Sample the curves and fit the axes.

    Raises:
        TaskError: an expression is not on the whitelist, or an extra shows nothing; the message names the field.
    """
    x = np.linspace(visual.x_min, visual.x_max, SAMPLES)
    expressions = _parsed(visual)
    sweep = visual.sweep
    values = np.linspace(sweep.start, sweep.end, SWEPT).tolist() if sweep else [0.0]
    low, high = _fit([expression(x, value) for expression in expressions for value in values])
    if visual.area and visual.area.other is None:
        low, high = min(low, 0.0), max(high, 0.0)
    if visual.y_min is not None:
        low, high = visual.y_min, max(high, visual.y_min + 1)
    if visual.y_max is not None:
        low, high = (visual.y_min if visual.y_min is not None else min(low, visual.y_max - 1)), visual.y_max
    curves = tuple(Curve(e, x, _broken_at_jumps(e(x, values[0]), high - low)) for e in expressions)
    found = Plotted(curves, visual.x_min, visual.x_max, low, high, last=values[-1])
    _check_extras(visual, found)
    return found


def _parsed(visual: PlotVisual) -> list[Expression]:
    parameter = visual.sweep.name if visual.sweep else ""
    found = []
    for i, source in enumerate(visual.expressions):
        try:
            found.append(parse(source, parameter))
        except TaskError as error:
            raise bad_scene(f"expressions[{i}]: {error}") from error
    if parameter and not any(expression.moves for expression in found):
        raise bad_scene(f"sweep.name: none of the expressions has the letter {parameter}.")
    return found


def _check_extras(visual: PlotVisual, found: Plotted) -> None:
    """Whether there is something to show where each extra is."""
    if visual.tangent:
        found.slope(visual.tangent)
    for field, extra in {"area": visual.area, "movingPoint": visual.moving_point}.items():
        if extra and not np.isfinite(found.function(extra.curve)(np.linspace(extra.start, extra.end, SAMPLES))).any():
            source = visual.expressions[extra.curve - 1]
            raise bad_scene(f"{field}: {source!r} has no values from {extra.start:g} to {extra.end:g}.")


def _fit(values: list[Array]) -> tuple[float, float]:
    """Range of the y axis: everything finite, unless a few values dwarf the rest; zero is kept when it is near."""
    finite = np.clip(np.concatenate([y[np.isfinite(y)] for y in values]), -LARGEST, LARGEST)
    if finite.size == 0:
        return -1.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    inner_low, inner_high = (float(v) for v in np.percentile(finite, (5, 95)))
    if high - low > TAMED * max(inner_high - inner_low, 1e-9) and inner_high > inner_low:
        low, high = inner_low, inner_high
    if high - low < 1e-9 * max(1.0, abs(high)):
        around = max(1.0, abs(high) / 1000)
        low, high = low - around, high + around
    if 0 < low < 0.4 * high:
        low = 0.0
    if 0.4 * low < high < 0:
        high = 0.0
    pad = (high - low) * HEADROOM
    return low - pad, high + pad


def _broken_at_jumps(y: Array, span: float) -> Array:
    """The curve with nan where it leaps over most of the picture between two samples: a pole, not a slope."""
    result = np.where(np.isfinite(y), y, np.nan)
    leaps = np.abs(np.diff(result)) > 0.6 * span
    result[1:][leaps] = np.nan
    return result


def ticks(low: float, high: float, about: int = 6) -> list[float]:
    """Round numbers between two ends: multiples of 1, 2, 2.5 or 5 times a power of ten."""
    raw = max((high - low) / about, LEAST_STEP)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [i * step for i in range(first, last + 1)]


def tick_label(value: float) -> str:
    """The number as short as it can be, with a real minus sign, and powers of ten as people write them."""
    text = f"{value:.6g}"
    digits, _, exponent = text.partition("e")
    if exponent:
        return f"{digits}·10{str(int(exponent)).translate(_RAISED)}".replace("-", "\u2212")
    return "0" if text in {"-0", "0"} else text.replace("-", "\u2212")


def decimals(span: float) -> int:
    """Digits after the point that a number needs which runs through so much: three of its digits change."""
    return min(MOST_DECIMALS, max(0, 2 - math.floor(math.log10(span))))


def fixed_label(value: float, places: int) -> str:
    """The number with so many digits after the point, and a real minus sign; never minus zero."""
    return f"{round(value, places) + 0.0:.{places}f}".replace("-", "\u2212")
