"""From beats to what appears: each visual becomes blocks, and each block knows when in its beat it appears."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from videojob.storyboard import (
    Beat,
    BulletsVisual,
    EquationVisual,
    PlotVisual,
    SceneContent,
    TitleVisual,
)
from videotutor_renderer.scene.captions import split
from videotutor_renderer.scene.formula_lines import in_lines


@dataclass(frozen=True)
class Opening:
    """A large title in the middle."""

    text: str
    subtitle: str | None


@dataclass(frozen=True)
class Point:
    """One point of a list."""

    text: str


@dataclass(frozen=True)
class Words:
    """A spoken passage shown as text, in scenes that show nothing else."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A formula in LaTeX."""

    latex: str


@dataclass(frozen=True)
class Graph:
    """Curves with axes."""

    visual: PlotVisual


Block = Opening | Point | Words | Formula | Graph


@dataclass(frozen=True)
class Step:
    """A block that appears in a beat, after this fraction of its length."""

    beat: int
    fraction: float
    block: Block


LONGEST_WORDS = 240
"""Characters shown as one paragraph: four lines."""

SPREAD = 0.75
"""Points of one beat appear over this part of it, so that the last one can still be read while it is spoken of."""


def steps(content: SceneContent) -> list[Step]:
    """Everything a scene shows, in the order it appears. A scene without visuals shows its words.

    Raises:
        TaskError: a formula is not LaTeX that can be set.
    """
    silent_picture = all(beat.show is None for beat in content.beats)
    found: list[Step] = []
    blocks: Sequence[Block]
    for i, beat in enumerate(content.beats):
        blocks = [Words(part) for part in split(beat.say, LONGEST_WORDS)] if silent_picture else _blocks(beat)
        found += [Step(i, SPREAD * j / len(blocks), block) for j, block in enumerate(blocks)]
    return found


def _blocks(beat: Beat) -> list[Block]:
    match beat.show:
        case TitleVisual(text=text, subtitle=subtitle):
            return [Opening(text, subtitle)]
        case BulletsVisual(items=items):
            return [Point(item) for item in items if item.strip()]
        case EquationVisual(latex=latex):
            return [Formula(in_lines(latex))]
        case PlotVisual() as visual:
            return [Graph(visual)]
        case None:
            return []
