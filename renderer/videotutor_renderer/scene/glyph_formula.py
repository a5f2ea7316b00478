"""A formula as its glyphs: read from the document that ziamath sets it in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cairo

from videotutor_renderer.scene.equation import SET_SIZE, equation_svg
from videotutor_renderer.scene.glyphs import Glyph

_TAG = re.compile(r"<(/?\w+)([^>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_SEGMENT = re.compile(r"([MLQZ])([^MLQZ]*)")
_FULL = SET_SIZE / 12
"""Scale of glyphs that are no scripts: their outlines are those of 12 points (ziafont's `SimpleGlyph`)."""
_FINE = 64.0
"""Cairo keeps paths in 1/256 of a unit: outlines of 12 points are kept that much larger."""
_UNIT_SQUARE = "M 0 0 L 1 0 L 1 1 L 0 1 Z"
_RELATIONS = r"= \ne < > \le \ge \leq \geq \approx \equiv \sim \to \Rightarrow \Leftrightarrow \iff \implies \in"

Attributes = dict[str, str]


@dataclass(frozen=True)
class GlyphFormula:
    """The glyphs of a formula, with the upper left corner of its box as their origin, and its size in points.

    `relation` is where its first relation begins, such as an equals sign; 0 where it has none.
    """

    glyphs: tuple[Glyph, ...]
    width: float
    height: float
    relation: float


@lru_cache(maxsize=256)
def glyph_formula(latex: str) -> GlyphFormula:
    """The formula, set at `SET_SIZE`.

    Raises:
        TaskError: it is not LaTeX that can be set.
    """
    (left, top, width, height), glyphs = _read(equation_svg(latex, "000000"))
    relations = (g.x for g in glyphs if g.name in _relations() and g.y == 0 and abs(g.tall - _FULL) < 0.01 * _FULL)
    placed = tuple(glyph.placed(-left, -top, 1.0) for glyph in glyphs)
    return GlyphFormula(placed, width, height, next(relations, left) - left)


@lru_cache(maxsize=1)
def _relations() -> frozenset[str]:
    return frozenset(glyph.name for glyph in _read(equation_svg(_RELATIONS, "000000"))[1])


def _read(svg: str) -> tuple[list[float], list[Glyph]]:
    """The box of a document of ziamath's, and its glyphs."""
    symbols: dict[str, tuple[list[float], str]] = {}
    box: list[float] = []
    glyphs: list[Glyph] = []
    symbol = ""
    for tag, attributes in _tags(svg):
        match tag:
            case "svg":
                box = _numbers(attributes["viewBox"])
            case "symbol":
                symbol = attributes["id"]
                symbols[symbol] = (_numbers(attributes["viewBox"]), "")
            case "/symbol":
                symbol = ""
            case "path" if symbol:
                view, path = symbols[symbol]
                symbols[symbol] = (view, path + attributes["d"])
            case "use":
                glyphs += _glyph(attributes, *symbols[attributes["href"].removeprefix("#")])
            case "rect" | "path":
                glyphs.append(_drawn(tag, attributes))
    return box, glyphs


def _tags(svg: str) -> Iterator[tuple[str, Attributes]]:
    for match in _TAG.finditer(svg):
        yield match[1], dict(_ATTRIBUTE.findall(match[2]))


def _numbers(text: str) -> list[float]:
    return [float(number) for number in text.split()]


def _glyph(use: Attributes, view: list[float], path: str) -> Iterator[Glyph]:
    """The glyph that a symbol is at a place; none for a space."""
    if path:
        scale = float(use["height"]) / view[3]
        x, y = float(use["x"]) - view[0] * scale, float(use["y"]) - view[1] * scale
        yield Glyph(use["href"], x, round(y, 2), scale, scale, _outline(path))


def _drawn(tag: str, shape: Attributes) -> Glyph:
    """A bar, such as that of a fraction, a frame, or a stroke."""
    pen = float(shape.get("stroke-width", 0.0))
    if tag == "path":
        return Glyph("stroke", 0.0, 0.0, 1.0, 1.0, _outline(shape["d"]), pen)
    x, y, wide, tall = (float(shape[name]) for name in ("x", "y", "width", "height"))
    name = "frame" if pen else "bar" if wide >= tall else "post"
    return Glyph(name, x, y, wide, tall, _outline(_UNIT_SQUARE), pen)


@lru_cache(maxsize=512)
def _outline(path: str) -> cairo.Path:
    """The path that an SVG path's data describe, in lines and curves."""
    context = cairo.Context(cairo.ImageSurface(cairo.FORMAT_A8, 1, 1))
    context.scale(_FINE, _FINE)
    for operator, text in _SEGMENT.findall(path):
        points = _numbers(text)
        match operator:
            case "M":
                context.move_to(*points)
            case "L":
                context.line_to(*points)
            case "Q":
                context.curve_to(*_cubic(context.get_current_point(), *points))
            case _:
                context.close_path()
    return context.copy_path()


def _cubic(at: tuple[float, float], x1: float, y1: float, x2: float, y2: float) -> tuple[float, ...]:
    """A quadratic curve from a point as a cubic one: its handles are two thirds of the way to the middle one."""
    x0, y0 = at
    return (x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3, x2 + (x1 - x2) * 2 / 3, y2 + (y1 - y2) * 2 / 3, x2, y2)
