"""An expression written as people write it: for the legend of a plot."""

from __future__ import annotations

import ast
import re

from videotutor_renderer.scene.expression import Expression

_SIGNS: dict[type[ast.operator], tuple[str, int]] = {ast.Add: ("+", 1), ast.Sub: ("-", 1), ast.Mult: ("", 2)}
_NAMES = {"pi": r"\pi", "π": r"\pi", "tau": r"\tau"}
_KNOWN = {"sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "ln", "log", "exp"}
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+$")
_ATOM = 4


def to_latex(expression: Expression) -> str:
    """LaTeX of the expression, with fractions, powers and roots set as such."""
    return _write(expression.tree)[0]


def _write(node: ast.expr) -> tuple[str, int]:  # noqa: PLR0911 - one return for each kind of node
    """LaTeX of a node and how tightly its outermost operator binds (1: sum, 2: product, 3: power, 4: atom)."""
    match node:
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{_write(left)[0]}}}{{{_write(right)[0]}}}", 2
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return f"{_bracketed(left, _ATOM)}^{{{_write(right)[0]}}}", 3
        case ast.BinOp(left=left, op=op, right=right):
            return _written_sum_or_product(left, op, right)
        case ast.UnaryOp(op=op, operand=operand):
            return ("-" if isinstance(op, ast.USub) else "") + _bracketed(operand, 2), 1
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _called(name, _write(argument)[0]), _ATOM
        case ast.Name(id=name):
            return _NAMES.get(name, name), _ATOM
        case ast.Constant(value=int() as value):
            return str(value), _ATOM
        case ast.Constant(value=float() as value):
            return _number(value)
        case _:
            raise TypeError(f"{type(node).__name__} cannot be written")


def _number(value: float) -> tuple[str, int]:
    digits, _, exponent = f"{value:g}".partition("e")
    if not exponent:
        return digits, _ATOM
    power = f"10^{{{int(exponent)}}}"
    return (power, 3) if digits == "1" else (rf"{digits}\cdot {power}", 2)


def _written_sum_or_product(left: ast.expr, op: ast.operator, right: ast.expr) -> tuple[str, int]:
    sign, binding = _SIGNS[type(op)]
    first, second = _bracketed(left, binding), _bracketed(right, binding + (not isinstance(op, ast.Add)))
    if isinstance(op, ast.Mult) and isinstance(right, ast.Constant):
        sign = r"\cdot "
    elif _ENDS_IN_COMMAND.search(first) and second[0].isalpha():
        sign = " "  # the letters would belong to the command
    return f"{first}{sign}{second}", binding


def _called(name: str, argument: str) -> str:
    if name == "sqrt":
        return rf"\sqrt{{{argument}}}"
    if name == "cbrt":
        return rf"\sqrt[3]{{{argument}}}"
    if name == "abs":
        return rf"\left|{argument}\right|"
    return (rf"\{name}" if name in _KNOWN else rf"\operatorname{{{name}}}") + rf"\left({argument}\right)"


def _bracketed(node: ast.expr, least: int) -> str:
    text, binding = _write(node)
    return text if binding >= least else rf"\left({text}\right)"
