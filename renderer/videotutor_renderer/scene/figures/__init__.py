"""The visuals that stand on a panel of their own, one module each. A new kind joins `KINDS`."""

from __future__ import annotations

from typing import Any

from videojob.visuals.chart import ChartVisual
from videojob.visuals.code import CodeVisual
from videojob.visuals.derivation import DerivationVisual
from videojob.visuals.geometry import GeometryVisual
from videojob.visuals.image import ImageVisual
from videojob.visuals.numberline import NumberlineVisual
from videojob.visuals.plane import PlaneVisual
from videojob.visuals.plot import PlotVisual
from videojob.visuals.quiz import QuizVisual
from videojob.visuals.quote import QuoteVisual
from videojob.visuals.recap import RecapVisual
from videojob.visuals.section import SectionVisual
from videojob.visuals.table import TableVisual
from videojob.visuals.timeline import TimelineVisual
from videotutor_renderer.scene.figures import (
    chart,
    code,
    derivation,
    geometry,
    image,
    numberline,
    plane,
    plot,
    quiz,
    quote,
    recap,
    section,
    table,
    timeline,
)
from videotutor_renderer.scene.figures.figure import Kind

KINDS: dict[type, Kind[Any]] = {
    PlotVisual: plot.KIND,
    ChartVisual: chart.KIND,
    TimelineVisual: timeline.KIND,
    NumberlineVisual: numberline.KIND,
    GeometryVisual: geometry.KIND,
    PlaneVisual: plane.KIND,
    TableVisual: table.KIND,
    CodeVisual: code.KIND,
    QuoteVisual: quote.KIND,
    ImageVisual: image.KIND,
    DerivationVisual: derivation.KIND,
    SectionVisual: section.KIND,
    QuizVisual: quiz.KIND,
    RecapVisual: recap.KIND,
}
