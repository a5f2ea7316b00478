"""What a beat can show: one model for each kind of visual, told apart by `kind`.

In the CustomResourceDefinition they are one object (no unions there): kinds that share the name of a field share its
type too.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from videojob.visuals.chart import ChartVisual
from videojob.visuals.code import CodeLines, CodeVisual
from videojob.visuals.numberline import NumberInterval, NumberJump, NumberlineVisual, NumberPoint
from videojob.visuals.plot import PlotVisual
from videojob.visuals.quote import QuoteVisual
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
    | TableVisual
    | CodeVisual
    | QuoteVisual
)
Visual = Annotated[AnyVisual, Field(discriminator="kind")]

__all__ = [
    "AnyVisual",
    "BulletsVisual",
    "ChartVisual",
    "CodeLines",
    "CodeVisual",
    "EquationVisual",
    "NumberInterval",
    "NumberJump",
    "NumberPoint",
    "NumberlineVisual",
    "PlotVisual",
    "QuoteVisual",
    "TableVisual",
    "TimelineEvent",
    "TimelineVisual",
    "TitleVisual",
    "Visual",
]
