"""What the parts of a formula are to a reader: terms, factors, functions, and scripts that have names of their own."""

from __future__ import annotations

from videotutor_renderer.latex.tree import Fenced, Fraction, Name, Node, Row, Scripts, Sign, unwrapped

DIFFERENTIALS = (Sign("d"), Sign("∂"))
BARS = (Sign("|"), Sign("\u2223"))
_NO_OPERATORS = frozenset({",", "!", "\u2032", "…"})
FUNCTION_LETTERS = frozenset("fghuvFGHPE")
"""Letters that usually name functions: f(x) is f of x, while n(n + 1) is n times."""

_PHRASES = {
    "2": "squared",
    "3": "cubed",
    "\u2032": "prime",
    "\u2032\u2032": "double_prime",
    "\u2032\u2032\u2032": "triple_prime",
    "∘": "degrees",
    "°": "degrees",
    "*": "star",
    "\u22a4": "transposed",
}


def power_phrase(base: Node, above: Node) -> str | None:
    """The phrase for what stands above; None for a power like any other."""
    written = _written(above)
    if written == "-1" and (isinstance(base, Name) or _letter(base) in set("fgh")):
        return "inverse"
    if _letter(base).isupper() and written in {"-1", "T"}:  # of matrices, which capitals name
        return "inverse" if written == "-1" else "transposed"
    return _PHRASES.get(written)


def _written(node: Node) -> str:
    """The signs of a script as they are written; empty when it is more than signs."""
    if isinstance(node, Sign):
        return node.text
    parts = [_written(item) for item in node.items] if isinstance(node, Row) else []
    return "".join(parts) if all(parts) else ""


def _letter(node: Node) -> str:
    base = node.base if isinstance(node, Scripts) else node
    return base.text if isinstance(base, Sign) else ""


def factors(node: Node) -> tuple[Node, ...]:
    """The parts of a row, or the one part."""
    inner = unwrapped(node)
    return inner.items if isinstance(inner, Row) else (inner,)


def differential(items: tuple[Node, ...]) -> bool:
    """Whether it is what a derivative is written with: dy, d²y, ∂f."""
    first = items[0] if items else None
    return (first.base if isinstance(first, Scripts) else first) in DIFFERENTIALS


def takes_derivative(node: Node) -> bool:
    """Whether it is d/dx, which applies to what follows."""
    if not isinstance(node, Fraction) or factors(node.over) != DIFFERENTIALS[:1]:
        return False
    under = factors(node.under)
    return differential(under) and len(under) > 1


def compound(node: Node) -> bool:
    """Whether it has several terms, so that a listener must be told where it ends."""
    items = factors(node)
    return any(isinstance(item, Fraction) or _between(item) for item in items[1:]) or (
        len(items) == 1 and isinstance(items[0], Fraction)
    )


def _between(item: Node) -> bool:
    return isinstance(item, Sign) and not operand(item) and item not in BARS and item.text not in _NO_OPERATORS


def operand(item: Node) -> bool:
    """Whether it can be multiplied: a number, a letter, a bracket, and what has scripts."""
    if isinstance(item, Scripts):
        return operand(item.base)
    if isinstance(item, Sign):
        return item.text in {"∞", "∂"} or (item.text[0].isalnum() and item.text != "mod")
    return not isinstance(item, Name) and item != Row(())


def applies(base: Sign, item: Fenced) -> bool:
    """Whether a letter before brackets is a function's name."""
    if item.opening not in {"(", "["}:
        return False
    argument = unwrapped(item.inner)
    variable = isinstance(argument, Sign) and argument.text in {"x", "t"}
    return base.text in FUNCTION_LETTERS or (base.text.isalpha() and variable and base != argument)
