"""The least and the most that figures of text and of data may hold, and boxes of all shapes for them."""

from __future__ import annotations

from videojob.visuals import (
    AnyVisual,
    ChartVisual,
    CodeLines,
    CodeVisual,
    NumberInterval,
    NumberJump,
    NumberlineVisual,
    NumberPoint,
    QuoteVisual,
    TableVisual,
    TimelineEvent,
    TimelineVisual,
)
from videotutor_renderer.scene.frame import Box

SMALL, TALL, LOW, LARGE, SQUARE = BOXES = [
    Box(40, 40, *size) for size in ((300, 250), (300, 900), (1040, 250), (1040, 900), (620, 620))
]
LONGEST = ("Photosynthesis of the plants in the sun " * 9)[:40]
FIGURES: dict[str, AnyVisual] = {
    "one bar": ChartVisual(style="bar", labels=("one",), values=(0,)),
    "most bars": ChartVisual(
        style="bar", labels=(LONGEST,) * 6, values=(-1.23456e11, 3, 1.23456e12 / 2, 0, 7, 1), unit="m" * 12
    ),
    "the least line": ChartVisual(style="line", labels=("a", "b"), values=(5, 5)),
    "the longest line": ChartVisual(
        style="line", labels=(LONGEST,) * 12, values=tuple(range(-5, 7)), unit="W" * 12, caption="long words " * 18
    ),
    "one slice": ChartVisual(style="pie", labels=("all",), values=(1,), caption="x"),
    "most slices": ChartVisual(
        style="pie", labels=("W" * 40,) * 6, values=(0, 1, 2, 3, 4, 1e12), unit="W" * 12, caption="W" * 200
    ),
    "right to left": ChartVisual(style="bar", labels=("القاهرة", "دمشق"), values=(9, -4), caption="عدد السكان"),
    "an empty line": NumberlineVisual(line_min=0, line_max=1),
    "a full line": NumberlineVisual(
        line_min=-1e6,
        line_max=1e6,
        points=tuple(NumberPoint(at=at, label="W" * 16) for at in (-1e6, 0, 1, 1e6)),
        intervals=(NumberInterval(start=-1e6, end=1e6, start_open=True),) * 3,
        jumps=(NumberJump(start=-1e6, end=1e6, label="W" * 8), NumberJump(start=5, end=-1e6, label="-5")),
    ),
    "one event": TimelineVisual(events=(TimelineEvent(date="1", text="x"),)),
    "a full timeline": TimelineVisual(events=(TimelineEvent(date="W" * 24, text="long words " * 9),) * 4),
    "one cell": TableVisual(header=("",), rows=(("x",),)),
    "a full table": TableVisual(
        header=("W" * 60,) * 5, rows=(("W" * 15, "long words " * 5, "1", "ﷺ" * 60, "🦊" * 60),) * 6, highlight_column=5
    ),
    "a table from right to left": TableVisual(
        header=("المدينة", "السكان"), rows=(("القاهرة", "22"), ("دمشق", "3")), highlight_row=1
    ),
    "one line of code": CodeVisual(source="x"),
    "the most code": CodeVisual(
        source="\n".join(["\tif 漢字 == '🦊' and ﷺ: return 'W' * 70000000  # é"] * 40),
        language="python",
        highlights=(CodeLines(first=1, last=40), CodeLines(first=40), CodeLines(first=2)),
        output="W" * 1000,
    ),
    "a short quote": QuoteVisual(quote="I"),
    "the longest quote": QuoteVisual(quote="W" * 300, attribution="W" * 100),
    "a quote of long words": QuoteVisual(quote=("W" * 15 + " ") * 18, attribution="ﷺ" * 100),
    "a quote from right to left": QuoteVisual(quote="العلم نور", attribution="مثل"),
    "printed lines": CodeVisual(source="print()", language="python", output="\n" * 40),
}
