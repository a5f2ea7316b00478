"""A formula in plain characters, for captions and lists: x² + ½·y → (x + 1)/(x² + 2)."""

from __future__ import annotations

from videotutor_renderer.latex.parse import parse
from videotutor_renderer.latex.signs import FUNCTIONS, INTEGRALS, OPERATORS
from videotutor_renderer.latex.tree import (
    Accent,
    Fenced,
    Fraction,
    Matrix,
    Name,
    Node,
    Root,
    Row,
    Scripts,
    Sign,
    unwrapped,
)

_ABOVE = str.maketrans("0123456789+-=()in\u2032*", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿ'*")
_BELOW = str.maketrans("0123456789+-=()aeijkmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑᵢⱼₖₘₙₒₚᵣₛₜᵤᵥₓ")
_MARKS = {"vec": "\u20d7", "overrightarrow": "\u20d7", "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304",
          "overline": "\u0305", "tilde": "\u0303", "dot": "\u0307", "ddot": "\u0308"}  # fmt: skip
_SPACED = frozenset("=≠<>≤≥≈≡∈∉⊂⊆→⇒⇔↔↦\u222a∩±\u00d7÷+\u2212-·")
_ROOTS = {"3": "∛", "4": "∜"}


def readable(latex: str) -> str:
    r"""A formula in plain characters: `\frac{1}{x^2}` becomes 1/x²."""
    return " ".join(_plain(parse(latex)).split())


def _plain(node: Node) -> str:  # noqa: PLR0911 - one return for each kind of node
    match node:
        case Row(items=items):
            return _row(items)
        case Fraction(over=over, under=under, binomial=True):
            return f"C({_plain(over)}, {_plain(under)})"
        case Fraction(over=over, under=under):
            return f"{_grouped(over)}/{_grouped(under)}"
        case Root(of=of, index=index):
            degree = _plain(index) if index else ""
            return f"{_ROOTS.get(degree, _script(degree, _ABOVE, '') + '√')}{_grouped(of)}"
        case Scripts():
            return _scripts(node)
        case Fenced(opening=opening, inner=inner, closing=closing):
            return f"{opening}{_plain(inner)}{closing}"
        case Accent(mark=mark, of=of):
            return _plain(of) + (_MARKS.get(mark, "") if len(_plain(of)) == 1 else "")
        case Matrix(rows=rows):
            return "; ".join(", ".join(map(_plain, row)) for row in rows)
        case Sign(text=text) | Name(text=text):
            return text


def _scripts(node: Scripts) -> str:
    base, below, above = (_plain(part) if part else "" for part in (node.base, node.below, node.above))
    if base in OPERATORS and base.isalpha():
        return f"{base} {below.replace(' ', '')}"
    return base + _script(below, _BELOW, "_") + _script(above, _ABOVE, "^")


def _row(items: tuple[Node, ...]) -> str:
    return "".join(_spaced(items, at) for at in range(len(items)))


def _spaced(items: tuple[Node, ...], at: int) -> str:
    """One part with the space around it that TeX would leave."""
    item, text = items[at], _plain(items[at])
    base = item.base if isinstance(item, Scripts) else item
    after = items[at + 1] if at + 1 < len(items) else None
    if isinstance(base, Name):
        return f" {text}" if isinstance(after, Fenced) and base.text in FUNCTIONS else f" {text} "
    if not isinstance(base, Sign):
        return text
    if base.text in OPERATORS or base.text in {",", ";"}:
        return f"{text} "
    if base.text in _SPACED:
        return f" {text} " if at else text
    differential = base.text == "d" and isinstance(after, Sign) and any(_plain(i)[:1] in INTEGRALS for i in items[:at])
    return f" {text}" if differential else text


def _grouped(node: Node) -> str:
    """In brackets unless it is one thing."""
    text = _plain(node).strip()
    inner = unwrapped(node)
    one = not isinstance(inner, Row | Fraction | Matrix) or text.isalnum()
    return text if one else f"({text})"


def _script(text: str, table: dict[int, int], sign: str) -> str:
    """In small figures where Unicode has them, else after the sign: x², x^(n/2)."""
    tight = text.replace(" ", "").replace("\u2212", "-")
    if all(ord(character) in table for character in tight):
        return tight.translate(table)
    return f"{sign}{text}" if text.isalnum() else f"{sign}({text})"
