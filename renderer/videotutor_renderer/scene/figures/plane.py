"""A coordinate plane on its panel: arrows grow, points appear, and a linear map moves them with the grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from videojob.visuals.plane import PlaneVisual
from videotutor_renderer.scene.equation import SET_SIZE, equation_svg, svg_size
from videotutor_renderer.scene.figures.figure import Kind, OnPanel, after_panel, during
from videotutor_renderer.scene.figures.linear_map import LinearMap
from videotutor_renderer.scene.figures.placing import Placing
from videotutor_renderer.scene.figures.plane_grid import Grid
from videotutor_renderer.scene.figures.plane_things import label_offsets, things
from videotutor_renderer.scene.figures.view import fitted, height_for
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.paint import Context, put
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.theme import colour
from videotutor_renderer.scene.typeset import Drawing, Picture

EDGE, MARGIN = 6.0, 50.0
"""Points kept free within the panel's edges, and within those by arrows and points."""
PATCH, PATCH_INSET = 0.75, 5.0
"""Opacity of the panel's colour behind what is written on the grid, and points of its height that it leaves out."""
MATRIX_SIZE, CORNER = 30.0, 10.0
"""Size at which the matrix is set, and points between it and the corner."""
LEAST_HEIGHT, SLENDEREST = 380.0, 1.1
"""Points that a plane is high at least; and its height at most, as a part of its width."""
SEEN = (-2 - 2j, 2 + 2j)
"""What is seen around the origin, at least."""
GROWS, NAMED = (0.0, 0.7), (0.6, 1.0)
"""When in its part an arrow or a dot grows, and when its label comes."""
WRITTEN, MOVES = (0.0, 0.2), (0.15, 1.0)
"""When in the last part the matrix is written, and when all moves."""


class Plane(OnPanel):
    """A plane laid out in a box, drawn at any moment."""

    def __init__(self, visual: PlaneVisual, box: Box, style: Style) -> None:
        """Lengths are points of the frame."""
        self._box, self._tokens = box, style.tokens
        self._room = room = box.inset(EDGE, EDGE)
        self._view = fitted(_places(visual), room, MARGIN)
        self._grid = Grid(self._view, style)
        self._map = _map(visual)
        vector, self._moving, *more = style.tokens.series
        self._things = things(visual, style, (vector, *more), room.width)
        self._matrix = [self._in_corner(_matrix(visual.matrix, style, self._moving))] if visual.matrix else []
        self._offsets = [self._label_offsets(share) for share in (0.0, 1.0)]

    def _draw_standing(self, context: Context, shown: float) -> None:
        with _clipped(context, self._room):
            self._grid.draw(context)
            if self._matrix:
                self._grid.draw_moved(context, self._map.after(self._share(shown)), self._moving)

    def _draw_parts(self, context: Context, shown: float) -> None:
        share = self._share(shown)
        moved = self._map.after(share)
        with _clipped(context, self._room):
            written = list(self._written(shown, share))
            for picture, middle, alpha in written:
                self._draw_patch(context, picture, middle, alpha)
            for i, thing in enumerate(self._things):
                thing.draw(context, thing.path(self._view, moved), during(after_panel(shown, i), *GROWS))
            for picture, middle, alpha in written:
                at = middle - complex(picture.width, picture.height) / 2
                put(context, picture, (at.real, at.imag), alpha)

    def _share(self, shown: float) -> float:
        """How far the map has moved all."""
        return during(after_panel(shown, len(self._things)), *MOVES) if self._matrix else 0.0

    def _written(self, shown: float, share: float) -> Iterator[tuple[Picture, complex, float]]:
        """Labels, which keep beside what they name while that moves, and the matrix; their middles and opacities."""
        for i, (thing, (_, tip)) in enumerate(zip(self._things, self._paths(share), strict=True)):
            if thing.label:
                before, after = (offsets[i] for offsets in self._offsets)
                yield thing.label, tip + before * (1 - share) + after * share, during(after_panel(shown, i), *NAMED)
        for picture, corner in self._matrix:
            yield picture, corner, during(after_panel(shown, len(self._things)), *WRITTEN)

    def _draw_patch(self, context: Context, picture: Picture, middle: complex, alpha: float) -> None:
        """The panel's colour below what is written, so that the grid does not run through it."""
        width, height = picture.width, picture.height - 2 * PATCH_INSET
        context.set_source_rgba(*colour(self._tokens.panel), PATCH * alpha)
        context.rectangle(middle.real - width / 2, middle.imag - height / 2, width, height)
        context.fill()

    def _paths(self, share: float) -> list[tuple[complex, complex]]:
        moved = self._map.after(share)
        return [thing.path(self._view, moved) for thing in self._things]

    def _in_corner(self, matrix: Picture) -> tuple[Picture, complex]:
        """The matrix with its middle, in the corner where arrows are in its way neither before nor after."""
        room = self._room.inset(CORNER, CORNER)
        corners = (complex(x, y) for y in (room.y, room.bottom) for x in (room.x, room.right))
        return matrix, Placing(room, [*self._paths(0.0), *self._paths(1.0)]).put(matrix, corners)

    def _label_offsets(self, share: float) -> list[complex]:
        """How far from each tip its label lies after a share of the map: off numbers, matrix, and axes if it can be."""
        axes = [[self._view.at(end) for end in axis] for axis in self._grid.axes]
        paths = self._paths(share)
        placing = Placing(self._room, [*paths, *axes])
        for picture, middle in (*self._grid.numbers, *self._matrix):
            placing.put(picture, [middle])
        return label_offsets(self._things, paths, placing)


@contextmanager
def _clipped(context: Context, box: Box) -> Iterator[None]:
    """What is drawn in the block is cut off at the edges of the box."""
    context.save()
    context.rectangle(box.x, box.y, box.width, box.height)
    context.clip()
    yield
    context.restore()


def _map(visual: PlaneVisual) -> LinearMap:
    return LinearMap.of(visual.matrix or ((1, 0), (0, 1)))


def _matrix(rows: Sequence[Sequence[float]], style: Style, ink: str) -> Picture:
    written = r"\\".join("&".join(f"{round(entry, 3):zg}" for entry in row) for row in rows)
    svg = equation_svg(rf"\begin{{bmatrix}}{written}\end{{bmatrix}}", ink)
    return style.setter.picture(Drawing(svg, svg_size(svg)[0] * MATRIX_SIZE / SET_SIZE))


def _places(visual: PlaneVisual) -> list[complex]:
    """All that has to be seen: vectors and points where they are and where the map brings them."""
    moved = _map(visual)
    ends = [place for vector in visual.vectors for place in (vector.start, vector.tip)]
    found = [*ends, *(point.place for point in visual.named_points)]
    return [*SEEN, *found, *map(moved, found)]


def _parts(visual: PlaneVisual) -> int:
    return max(1, len(visual.vectors) + len(visual.named_points) + (visual.matrix is not None))


def _height(visual: PlaneVisual, width: float) -> float:
    wanted = height_for(_places(visual), width, EDGE + MARGIN)
    return min(SLENDEREST * width, max(LEAST_HEIGHT, wanted))


KIND = Kind(make=Plane, parts=_parts, each=1.8, share=0.6, height=_height)
