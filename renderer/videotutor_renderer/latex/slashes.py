"""Fractions written with a slash: dy/dx, 1/2, (x+1)/(x-1)."""

from __future__ import annotations

from collections.abc import Sequence

from videotutor_renderer.latex.tree import Fenced, Fraction, Name, Node, Row, Scripts, Sign

SLASH = Sign("/")
MOST = 4
"""Slashes of one row; each makes the tree deeper, and four stand in no formula that anybody reads."""


def with_fractions(items: Sequence[Node]) -> tuple[Node, ...]:
    """The row with each slash made a fraction of what is multiplied on its two sides."""
    found: list[Node] = list(items)
    left = MOST
    while SLASH in found:
        at = found.index(SLASH)
        start, end = _start(found, at), _end(found, at)
        left -= 1
        if start == at or end == at + 1 or left < 0:
            del found[at]
            continue
        found[start:end] = [Fraction(_bare(found[start:at]), _bare(found[at + 1 : end]))]
    return tuple(found)


def _start(items: Sequence[Node], at: int) -> int:
    while at and _multiplies(items[at - 1]):
        at -= 1
    return at


def _end(items: Sequence[Node], at: int) -> int:
    at += 1
    while at < len(items) and _multiplies(items[at]):
        at += 1
    return at


def _multiplies(node: Node) -> bool:
    """Whether it belongs to a product: letters, numbers, brackets and the like, but no sign between terms."""
    if isinstance(node, Sign):
        return node.text.isalnum() or node.text in "∂∞"
    return not isinstance(node, Name) and (not isinstance(node, Scripts) or _multiplies(node.base))


def _bare(items: Sequence[Node]) -> Node:
    """The product as one node; brackets around the whole are not needed any more."""
    if len(items) == 1 and isinstance(items[0], Fenced) and items[0].opening == "(":
        return items[0].inner
    return items[0] if len(items) == 1 else Row(tuple(items))
