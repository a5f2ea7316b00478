"""What a construction is made of: for each part of its animation, what is drawn, in which colour, with which points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from videojob.visuals.geometry import GeometryAngle, GeometryShape, GeometryVisual, names
from videotutor_renderer.scene.figures.geometry_paths import angle_marks, drawn, equal_marks
from videotutor_renderer.scene.figures.path import Path
from videotutor_renderer.scene.figures.view import View
from videotutor_renderer.scene.theme import Tokens

LINE, THIN = 4.0, 3.0
"""Widths of lines, and of marks, angles and what is dashed."""

Item = GeometryShape | GeometryAngle


@dataclass(frozen=True)
class Part:
    """What appears together: dots for points, and a path that is drawn, with its area and with marks at its end."""

    points: Sequence[str]
    ink: str
    item: Item | None = None
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
            found.append(_shape(visual, item, new, inks, view))
        else:
            found.append(_angle(visual, item, new, inks, view))
    return found


class _Inks:
    """Colours: what has an area, is round, or has a label gets one of its own, equal labels the same one."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens, self._taken = tokens, dict[str, str]()

    def of(self, item: Item) -> str:
        shape = item.shape if isinstance(item, GeometryShape) else "angle"
        if not item.label and shape not in {"polygon", "circle", "arc"}:
            return self._tokens.muted if isinstance(item, GeometryShape) and item.dashed else self._tokens.ink
        series = self._tokens.series
        return self._taken.setdefault(item.label or f"{shape} {item.points}", series[len(self._taken) % len(series)])


def _items(visual: GeometryVisual) -> tuple[Item, ...]:
    return (*visual.shapes, *visual.angles)


def _alone(visual: GeometryVisual) -> list[str]:
    drawn_through = {name for item in _items(visual) for name in names(item.points)}
    return [point.name for point in visual.named_points if point.name not in drawn_through]


def _shape(visual: GeometryVisual, shape: GeometryShape, points: Sequence[str], inks: _Inks, view: View) -> Part:
    path = drawn(visual, shape, view)
    area = path if shape.shape in {"polygon", "circle"} else ()
    marks = equal_marks(path, shape.marks) if shape.marks else ()
    return Part(points, inks.of(shape), shape, path, area, marks, THIN if shape.dashed else LINE, shape.dashed)


def _angle(visual: GeometryVisual, angle: GeometryAngle, points: Sequence[str], inks: _Inks, view: View) -> Part:
    a, corner, c = map(view.at, visual.places(angle.points))
    first, *others = angle_marks(a, corner, c, angle.marks)
    return Part(points, inks.of(angle), angle, first, [corner, *first], others, THIN)
