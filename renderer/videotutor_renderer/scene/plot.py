"""The numbers of a plot: sampled curves, the range of the axes, round ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from videojob.visuals.plot import PlotVisual
from videotutor_renderer.scene.expression import Array, Expression, parse

SAMPLES = 800
"""Points of a curve: more than the graph is pixels wide at 720p."""

HEADROOM = 0.08
"""Space left above and below the curves, as a part of their range."""

TAMED = 6.0
"""A range this many times its middle nine tenths is cut down: a pole would flatten everything else."""

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
    """All that is needed to draw a plot."""

    curves: tuple[Curve, ...]
    x_min: float
    x_max: float
    y_min: float
    y_max: float


def plotted(visual: PlotVisual) -> Plotted:
    """Sample the curves and fit the axes.

    Raises:
        TaskError: an expression is not on the whitelist.
    """
    x = np.linspace(visual.x_min, visual.x_max, SAMPLES)
    values = [(expression, expression(x)) for expression in map(parse, visual.expressions)]
    low, high = _fit([y for _, y in values])
    if visual.y_min is not None:
        low, high = visual.y_min, max(high, visual.y_min + 1)
    if visual.y_max is not None:
        low, high = (visual.y_min if visual.y_min is not None else min(low, visual.y_max - 1)), visual.y_max
    curves = tuple(Curve(expression, x, _broken_at_jumps(y, high - low)) for expression, y in values)
    return Plotted(curves, visual.x_min, visual.x_max, low, high)


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
