"""The numbers of a chart as they are written."""

from __future__ import annotations

from videojob.visuals.chart import ChartVisual
from videotutor_renderer.scene.plot import tick_label


def values(visual: ChartVisual) -> list[str]:
    """Each value, short, with its unit."""
    return [f"{tick_label(value)} {visual.unit or ''}".strip() for value in visual.values]
