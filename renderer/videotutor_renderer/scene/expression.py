"""Functions of x as users write them, `2x^2 + sin(x)`, evaluated through a whitelist and never by `eval`.

Python's parser makes the tree; only the node types below are walked, on floating-point arrays, so there are no
names to reach, no attributes, no calls but the listed functions, and no integers that grow without bound.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.errors import bad_scene

Array = NDArray[np.float64]

LONGEST = 200
LARGEST_NUMBER = 1e12
LARGEST_EXPONENT = 100.0
DEEPEST = 30

FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "arcsin": np.arcsin,
    "arccos": np.arccos,
    "arctan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "exp": np.exp,
    "ln": np.log,
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "abs": np.abs,
    "sign": np.sign,
    "floor": np.floor,
    "ceil": np.ceil,
}
CONSTANTS = {"pi": np.pi, "π": np.pi, "e": np.e, "tau": 2 * np.pi}

_OPERATORS: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_POWERS = {"²": "^2", "³": "^3", "⁴": "^4", "⁵": "^5"}
_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([^\W\d_]+\d*)|(\*\*|[-+*/^(),]))")
_PREFIX = re.compile(r"^\s*(?:y|[a-z]\s*\(\s*x\s*\))\s*=")


@dataclass(frozen=True)
class Expression:
    """A function of x: call it with an array; what is undefined comes out as nan or infinity."""

    source: str
    tree: ast.expr

    def __call__(self, x: Array) -> Array:
        """The values at x, same shape."""
        with np.errstate(all="ignore"):
            return np.broadcast_to(_value(self.tree, x), x.shape).astype(np.float64)


def parse(source: str) -> Expression:
    """Read an expression such as `x^2`, `2x`, `sin x` is not one: functions take brackets.

    Raises:
        TaskError: it is too long, not an expression, or uses anything that is not on the whitelist.
    """
    if len(source) > LONGEST:
        raise bad_scene(f"The expression {source[:40]!r}… is longer than {LONGEST} characters.")
    text = " ".join(_with_products(_tokens(source)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `2(x)`, which is spelled out above already
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise bad_scene(f"{source!r} is not an expression of x, such as x^2 or sin(x).") from error
    _check(tree, source, depth=0)
    return Expression(source, tree)


def _tokens(source: str) -> list[str]:
    text = _PREFIX.sub("", source)
    for mark, plain in {**_POWERS, "−": "-", "·": "*", "×": "*", "÷": "/"}.items():  # noqa: RUF001 - what users type
        text = text.replace(mark, plain)
    tokens: list[str] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise bad_scene(f"{text[at:].strip()[0]!r} cannot be part of an expression of x (in {source!r}).")
        tokens += _names(match[2]) if match[2] else [match[1] or match[3]]
        at = match.end()
    return tokens


def _names(word: str) -> list[str]:
    """`pix` is no name, but `xx` and `xe` are products of known ones; unknown words stay, to be refused by name."""
    known = word in FUNCTIONS or word in CONSTANTS or word == "x"
    return [word] if known or set(word) - {"x", "e", "π"} else list(word)


def _with_products(tokens: list[str]) -> list[str]:
    """The tokens with `*` where mathematics leaves it out: 2x, 2(x+1), (x+1)(x-1), x sin(x)."""
    written: list[str] = []
    for part in tokens:
        before = written[-1] if written else ""
        ends = before == ")" or (before[:1].isalnum() and before not in FUNCTIONS) or before[:1] == "."
        if ends and (part[:1].isalnum() or part[:1] in {"(", "."}):
            written.append("*")
        written.append("**" if part == "^" else part)
    return written


def _check(node: ast.expr, source: str, depth: int) -> None:
    if depth > DEEPEST:
        raise bad_scene(f"{source!r} is nested too deeply.")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        _check_exponent(node.right, source)
    for child in _operands(node, source):
        _check(child, source, depth + 1)


def _operands(node: ast.expr, source: str) -> list[ast.expr]:
    """What a node on the whitelist is made of; any other node is refused."""
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return [left, right]
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return [operand]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            return [argument]
        case ast.Name(id=name) if name == "x" or name in CONSTANTS:
            return []
        case ast.Constant(value=int() | float() as number) if abs(number) <= LARGEST_NUMBER:
            return []
    raise bad_scene(_refusal(node, source))


def _refusal(node: ast.expr, source: str) -> str:
    match node:
        case ast.Constant(value=int() | float()):
            return f"{source!r} has a number larger than {LARGEST_NUMBER:.0e}."
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
            return f"{name!r} in {source!r} is not known; use x, pi, e and {', '.join(sorted(FUNCTIONS))}."
    return f"{source!r} is not an expression of x, such as x^2 or sin(x)."


def _check_exponent(node: ast.expr, source: str) -> None:
    numbers = [child.value for child in ast.walk(node) if isinstance(child, ast.Constant)]
    if any(isinstance(number, int | float) and abs(number) > LARGEST_EXPONENT for number in numbers):
        raise bad_scene(f"{source!r} has an exponent larger than {LARGEST_EXPONENT:.0f}.")


def _value(node: ast.expr, x: Array) -> Array:
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, x), _value(right, x))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, x), _value(right, x))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, x)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return FUNCTIONS[name](_value(argument, x))
        case ast.Name(id=name):
            return x if name == "x" else np.float64(CONSTANTS[name]) * np.ones_like(x)
        case ast.Constant(value=int() | float() as number):
            return np.full_like(x, float(number))
        case _:
            raise TypeError(f"{type(node).__name__} passed the check but has no value")


def _power(base: Array, exponent: Array) -> Array:
    """Like np.power, and real roots of negative numbers for odd ones: x^(1/3) goes through the origin."""
    value = np.power(base, exponent)
    inverse = 1 / exponent
    odd = np.isclose(inverse, np.round(inverse)) & (np.abs(np.round(inverse)) % 2 == 1)
    return np.where((base < 0) & odd & (np.abs(exponent) < 1), -np.power(np.abs(base), exponent), value)
