"""What a construction is made of: for each part of its animation, what is drawn, in which colour, with which points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from videojob.visuals.geometry import GeometryAngle, GeometryShape, GeometryVisual, names
from videotutor_renderer.scene.figures.geometry_paths import angle_marks, drawn, equal_marks
from videotutor_renderer.scene.figures.path import Path
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.theme import Tokens

LINE, THIN = 4.0, 3.0
"""Widths of lines, and of marks, angles and what is dashed."""

COLOURED = frozenset({"polygon", "circle", "arc"})
"""Shapes that have a colour of their own also without a label."""

Item = GeometryShape | GeometryAngle


@dataclass(frozen=True)
class Part:
    """What appears together: dots for points, and a path that is drawn, with its area and with marks at its end.

    `shape` is what it is: a shape's word, `angle`, or `point` where there is no path.
    """

    points: Sequence[str]
    ink: str
    shape: str = "point"
    label: str = ""
    path: Path = ()
    area: Path = ()
    marks: Sequence[Path] = ()
    width: float = LINE
    dashed: bool = False


def count(visual: GeometryVisual) -> int:
    """How many parts appear one after the other."""
    return len(_alone(visual)) + len(visual.shapes) + len(visual.angles)


def parts(visual: GeometryVisual, view: View, tokens: Tokens) -> list[Part]:
    """The parts in their order: points of nothing else, then shapes, then angles; a point comes with its first one."""
    found = [Part((name,), tokens.ink) for name in _alone(visual)]
    known: set[str] = set()
    inks = _Inks(tokens)
    for item in _items(visual):
        new = [name for name in names(item.points) if name not in known]
        known.update(new)
        if isinstance(item, GeometryShape):
            found.append(_shape(visual, item, Part(new, inks.of(item), item.shape, item.label or ""), view))
        else:
            found.append(_angle(visual, item, Part(new, inks.of(item), "angle", item.label or ""), view))
    return found


class _Inks:
    """Colours: what has an area, is round, or has a label gets one of its own, equal labels the same one."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens, self._taken = tokens, dict[str, str]()

    def of(self, item: Item) -> str:
        if item.label or (isinstance(item, GeometryShape) and item.shape in COLOURED):
            series = self._tokens.series
            return self._taken.setdefault(item.label or repr(item), series[len(self._taken) % len(series)])
        return self._tokens.muted if isinstance(item, GeometryShape) and item.dashed else self._tokens.ink


def _items(visual: GeometryVisual) -> tuple[Item, ...]:
    return (*visual.shapes, *visual.angles)


def _alone(visual: GeometryVisual) -> list[str]:
    drawn_through = {name for item in _items(visual) for name in names(item.points)}
    return [point.name for point in visual.named_points if point.name not in drawn_through]


def _shape(visual: GeometryVisual, shape: GeometryShape, part: Part, view: View) -> Part:
    path = drawn(visual, shape, view)
    area = path if shape.shape in {"polygon", "circle"} else ()
    marks = equal_marks(path, shape.marks) if shape.marks else ()
    width = THIN if shape.dashed else LINE
    return replace(part, path=path, area=area, marks=marks, width=width, dashed=shape.dashed)


def _angle(visual: GeometryVisual, angle: GeometryAngle, part: Part, view: View) -> Part:
    a, corner, c = map(view.at, visual.places(angle.points))
    first, *others = angle_marks(a, corner, c, angle.marks)
    return replace(part, path=first, area=[corner, *first], marks=others, width=THIN)
