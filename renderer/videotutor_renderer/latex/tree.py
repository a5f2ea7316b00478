"""The parts of a formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Sign:
    """A letter, a number or a sign, in Unicode."""

    text: str


@dataclass(frozen=True)
class Name:
    """The name of a function, or words within a formula."""

    text: str


@dataclass(frozen=True)
class Row:
    """Parts one after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Fraction:
    """One thing over another; `binomial`: the number of ways to choose."""

    over: Node
    under: Node
    binomial: bool = False


@dataclass(frozen=True)
class Root:
    """A root; without an index the square root."""

    of: Node
    index: Node | None


@dataclass(frozen=True)
class Scripts:
    """Something with what stands below and above it."""

    base: Node
    below: Node | None
    above: Node | None


@dataclass(frozen=True)
class Fenced:
    """Something in brackets or bars, which may be missing on one side."""

    opening: str
    inner: Row
    closing: str


@dataclass(frozen=True)
class Accent:
    """Something with a mark, by the mark's LaTeX name: vec, hat, bar."""

    mark: str
    of: Node


@dataclass(frozen=True)
class Matrix:
    """Cells in rows, by the LaTeX environment: pmatrix, cases, aligned."""

    environment: str
    rows: tuple[tuple[Row, ...], ...]


Node: TypeAlias = Sign | Name | Row | Fraction | Root | Scripts | Fenced | Accent | Matrix


def unwrapped(node: Node) -> Node:
    """What is in a row of one."""
    while isinstance(node, Row) and len(node.items) == 1:
        node = node.items[0]
    return node
