"""Functions of x as users write them, `2x^2 + sin(x)`, evaluated through a whitelist and never by `eval`.

Python's parser makes the tree; only the node types below are walked, on floating-point numbers and arrays, so there are
no names to reach, no attributes, no calls but the listed functions, and no integers that grow without bound.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from videotutor_renderer.errors import bad_scene
from videotutor_renderer.scene.expression_tokens import in_python

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
CONSTANTS = {name: np.array(value) for name, value in {"pi": np.pi, "π": np.pi, "e": np.e, "tau": 2 * np.pi}.items()}

_OPERATORS: dict[type[ast.operator], Callable[[Array, Array], Array]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


@dataclass(frozen=True)
class Expression:
    """A function of x: call it with an array; what is undefined comes out as nan or infinity.

    `parameter` is the letter that may stand in it besides x; empty when there is none.
    """

    source: str
    tree: ast.expr
    parameter: str = ""

    def __call__(self, x: Array, value: float = 0.0) -> Array:
        """The values at x, same shape; the parameter has this value."""
        names = {"x": x, self.parameter: np.array(value), **CONSTANTS}
        with np.errstate(all="ignore"):
            return np.broadcast_to(_value(self.tree, names), x.shape).astype(np.float64)

    @property
    def moves(self) -> bool:
        """Whether the parameter stands in it."""
        return any(isinstance(node, ast.Name) and node.id == self.parameter for node in ast.walk(self.tree))


def parse(source: str, parameter: str = "") -> Expression:
    """Read an expression such as `x^2`, `2x`, or `a*x` with the parameter `a`; `sin x` is not one: functions take
    brackets.

    Raises:
        TaskError: it is too long, not an expression, or uses anything that is not on the whitelist.
    """  # noqa: D205 - two lines
    if len(source) > LONGEST:
        raise bad_scene(f"The expression {source[:40]!r}… is longer than {LONGEST} characters.")
    names = {"x", *CONSTANTS} | ({parameter} if parameter else set())
    text = in_python(source, FUNCTIONS.keys(), names)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of `2(x)`, which is spelled out above already
            tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise bad_scene(f"{source!r} is not an expression of x, such as x^2 or sin(x).") from error
    _Check(source, frozenset(names)).check(tree, depth=0)
    return Expression(source, tree, parameter)


@dataclass(frozen=True)
class _Check:
    """The whitelist, for one expression with the names that may stand in it."""

    source: str
    names: frozenset[str]

    def check(self, node: ast.expr, depth: int) -> None:
        """Refuse whatever is not on the list."""
        if depth > DEEPEST:
            raise bad_scene(f"{self.source!r} is nested too deeply.")
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            self._check_exponent(node.right)
        for child in self._operands(node):
            self.check(child, depth + 1)

    def _operands(self, node: ast.expr) -> list[ast.expr]:
        """What a node on the whitelist is made of; any other node is refused."""
        match node:
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return [left, right]
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return [operand]
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
                return [argument]
            case ast.Name(id=name) if name in self.names:
                return []
            case ast.Constant(value=int() | float() as number) if abs(number) <= LARGEST_NUMBER:
                return []
        raise bad_scene(self._refusal(node))

    def _refusal(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=int() | float()):
                return f"{self.source!r} has a number larger than {LARGEST_NUMBER:.0e}."
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                own = ", ".join(sorted(self.names - CONSTANTS.keys(), reverse=True))
                functions = ", ".join(sorted(FUNCTIONS))
                return f"{name!r} in {self.source!r} is not known; use {own}, pi, e and {functions}."
        return f"{self.source!r} is not an expression of x, such as x^2 or sin(x)."

    def _check_exponent(self, node: ast.expr) -> None:
        numbers = [child.value for child in ast.walk(node) if isinstance(child, ast.Constant)]
        if any(isinstance(number, int | float) and abs(number) > LARGEST_EXPONENT for number in numbers):
            raise bad_scene(f"{self.source!r} has an exponent larger than {LARGEST_EXPONENT:.0f}.")


def _value(node: ast.expr, names: Mapping[str, Array]) -> Array:
    match node:
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _power(_value(left, names), _value(right, names))
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_value(left, names), _value(right, names))
        case ast.UnaryOp(op=op, operand=operand):
            value = _value(operand, names)
            return -value if isinstance(op, ast.USub) else value
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return FUNCTIONS[name](_value(argument, names))
        case ast.Name(id=name):
            return names[name]
        case ast.Constant(value=int() | float() as number):
            return np.array(float(number))
        case _:
            raise TypeError(f"{type(node).__name__} passed the check but has no value")


def _power(base: Array, exponent: Array) -> Array:
    """Like np.power, and real roots of negative numbers for odd ones: x^(1/3) goes through the origin."""
    value = np.power(base, exponent)
    inverse = 1 / exponent
    odd = np.isclose(inverse, np.round(inverse)) & (np.abs(np.round(inverse)) % 2 == 1)
    return np.where((base < 0) & odd & (np.abs(exponent) < 1), -np.power(np.abs(base), exponent), value)
