"""What a beat can show: one model for each kind of visual, selected by `kind`.

In the CustomResourceDefinition they are one object (no unions there): kinds that share the name of a field share its
type.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from videojob.visuals.chart import ChartVisual
from videojob.visuals.code import CodeLines, CodeVisual
from videojob.visuals.derivation import DerivationStep, DerivationVisual
from videojob.visuals.diagram import DiagramEdge, DiagramNode, DiagramVisual
from videojob.visuals.geometry import GeometryAngle, GeometryShape, GeometryVisual, NamedPoint
from videojob.visuals.image import ImageVisual
from videojob.visuals.numberline import NumberInterval, NumberJump, NumberlineVisual, NumberPoint
from videojob.visuals.plane import PlaneVector, PlaneVisual
from videojob.visuals.plot import PlotVisual
from videojob.visuals.plot_extras import PlotArea, PlotMovingPoint, PlotSweep, PlotTangent
from videojob.visuals.quiz import QuizVisual
from videojob.visuals.quote import QuoteVisual
from videojob.visuals.recap import RecapVisual
from videojob.visuals.section import SectionVisual
from videojob.visuals.table import TableVisual
from videojob.visuals.text import BulletsVisual, EquationVisual, TitleVisual
from videojob.visuals.timeline import TimelineEvent, TimelineVisual

AnyVisual = (
    TitleVisual
    | BulletsVisual
    | EquationVisual
    | PlotVisual
    | ChartVisual
    | TimelineVisual
    | NumberlineVisual
    | GeometryVisual
    | PlaneVisual
    | DiagramVisual
    | TableVisual
    | CodeVisual
    | QuoteVisual
    | ImageVisual
    | DerivationVisual
    | SectionVisual
    | QuizVisual
    | RecapVisual
)
Visual = Annotated[AnyVisual, Field(discriminator="kind")]

__all__ = [
    "AnyVisual",
    "BulletsVisual",
    "ChartVisual",
    "CodeLines",
    "CodeVisual",
    "DerivationStep",
    "DerivationVisual",
    "DiagramEdge",
    "DiagramNode",
    "DiagramVisual",
    "EquationVisual",
    "GeometryAngle",
    "GeometryShape",
    "GeometryVisual",
    "ImageVisual",
    "NamedPoint",
    "NumberInterval",
    "NumberJump",
    "NumberPoint",
    "NumberlineVisual",
    "PlaneVector",
    "PlaneVisual",
    "PlotArea",
    "PlotMovingPoint",
    "PlotSweep",
    "PlotTangent",
    "PlotVisual",
    "QuizVisual",
    "QuoteVisual",
    "RecapVisual",
    "SectionVisual",
    "TableVisual",
    "TimelineEvent",
    "TimelineVisual",
    "TitleVisual",
    "Visual",
]
