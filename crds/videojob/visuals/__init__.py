"""What a beat can show: one model for each kind of visual, told apart by `kind`.

In the CustomResourceDefinition they are one object (no unions there): kinds that share the name of a field share its
type too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from videojob.visuals.chart import ChartVisual
from videojob.visuals.code import CodeLines, CodeVisual
from videojob.visuals.derivation import DerivationStep, DerivationVisual
from videojob.visuals.geometry import GeometryAngle, GeometryShape, GeometryVisual, NamedPoint
from videojob.visuals.image import ImageVisual
from videojob.visuals.numberline import NumberInterval, NumberJump, NumberlineVisual, NumberPoint
from videojob.visuals.plane import PlaneVector, PlaneVisual
from videojob.visuals.plot import PlotVisual
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
