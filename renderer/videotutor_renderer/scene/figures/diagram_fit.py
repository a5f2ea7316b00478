"""A diagram in its room: the largest text at which all of it fits, in the direction that suits the room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from videojob.visuals.diagram import DiagramVisual
from videotutor_renderer.scene.figures.words import LONG_WORD
from videotutor_renderer.scene.frame import Box, Place
from videotutor_renderer.scene.graph_layout import Direction, LaidOut, Link, laid_out
from videotutor_renderer.scene.graph_ring import ring
from videotutor_renderer.scene.style import Style
from videotutor_renderer.scene.typeset import Picture, Text, reads_right_to_left

SIZES = (42.0, 38.0, 34.0, 30.0, 26.0, 23.0, 20.0, 18.0)
"""Sizes of text in nodes; below the last one the whole diagram shrinks."""
READABLE = 20.0
"""From this size on layers are not broken into rows for the sake of larger text."""
WRAPS = (9.0, 6.0)
"""Widths at which labels are wrapped, as parts of the size of text."""
PADDING_X, PADDING_Y = 0.6, 0.4
"""Around the words of a node, as parts of their size."""
ARROW_TEXT, ARROW_PADDING = 0.8, 0.3
"""Size of the words at arrows, and the room around them; parts of the size of words in nodes."""


@dataclass(frozen=True)
class Fitted:
    """A diagram at a size of text, to be drawn `scale` times as large, with the pictures of its words."""

    graph: LaidOut
    names: list[Picture]
    labels: list[Picture | None]
    size: float
    scale: float


def fitted(visual: DiagramVisual, room: Box, style: Style) -> Fitted:
    """The diagram as large as the room allows; its layers are broken into rows if they could not be read otherwise."""
    whole, broken = 0.0, room.width / room.height
    tried = [*((size, whole) for size in SIZES if size >= READABLE), *((size, broken) for size in SIZES)]
    for size, aspect in tried:
        found = list(_at_size(visual, room, style, size, aspect))
        fitting = [fit for fit in found if fit.scale >= 1 and not fit.graph.hits]
        if fitting:
            return min(fitting, key=lambda fit: fit.graph.crossings)
    found += _at_size(visual, room, style, SIZES[-1], whole)
    return min(found, key=lambda fit: (fit.graph.hits, -fit.scale))


def _at_size(visual: DiagramVisual, room: Box, style: Style, size: float, aspect: float) -> Iterator[Fitted]:
    """The layouts at one size of text, the most natural one first."""
    labels = _labels(visual, style, size)
    numbers = {node.id: i for i, node in enumerate(visual.nodes)}
    pad = ARROW_PADDING * size
    links = [
        Link(numbers[edge.from_], numbers[edge.to], _padded(label, pad, pad) if label else None)
        for edge, label in zip(visual.edges, labels, strict=True)
    ]
    mirrored = reads_right_to_left(visual.nodes[0].label)
    directions: list[Direction] = ["leftright", "topbottom"] if room.width > room.height else ["topbottom", "leftright"]
    for wrap in WRAPS:
        names = _names(visual, style, size, wrap * size)
        sizes = [_padded(name, 2 * PADDING_X * size, 2 * PADDING_Y * size) for name in names]
        circle = ring(sizes, links, size, room.width / room.height)
        for graph in [circle] if circle else [laid_out(sizes, links, size, way, aspect) for way in directions]:
            scale = min(1.0, room.width / graph.width, room.height / graph.height)
            yield Fitted(graph.mirrored() if mirrored else graph, names, labels, size, scale)


def _names(visual: DiagramVisual, style: Style, size: float, width: float) -> list[Picture]:
    """The nodes' labels, wrapped at a width, or at that of the longest word which may not be broken."""
    texts = [node.label for node in visual.nodes]
    words = [word for text in texts for word in text.split() if len(word) < LONG_WORD]
    width = max([width, *(picture.width for picture in style.texts(words, size))])
    lines = style.texts(texts, size)
    ink = style.tokens.ink
    wrapped = [
        Text(text, size, ink, width if line.width > width else None, centred=True)
        for text, line in zip(texts, lines, strict=True)
    ]
    return style.setter.pictures(wrapped)


def _labels(visual: DiagramVisual, style: Style, size: float) -> list[Picture | None]:
    ink = style.tokens.muted
    return [style.text(edge.label, ARROW_TEXT * size, ink) if edge.label else None for edge in visual.edges]


def _padded(picture: Picture, width: float, height: float) -> Place:
    return picture.width + width, picture.height + height
