"""An expression or a number in the forms that a lesson needs: typeset, in plain text, and in words."""

from __future__ import annotations

import ast
import math
from fractions import Fraction

from videotutor_renderer.scene.expression import Expression
from videotutor_renderer.scene.expression_latex import to_latex

MINUS = "\u2212"
_RAISED = {"2": "²", "3": "³"}
_SIGNS = {ast.Add: " + ", ast.Sub: f" {MINUS} ", ast.Mult: "·"}
_BINDING = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 2}
_ATOM = 4
_SAID = {
    "sin": "the sine of",
    "cos": "the cosine of",
    "tan": "the tangent of",
    "ln": "the natural logarithm of",
    "log": "the natural logarithm of",
    "sqrt": "the square root of",
    "abs": "the absolute value of",
    "sign": "the sign of",
    "exp": "the exponential of",
}


def forms(name: str, expression: Expression) -> dict[str, str]:
    """Values of a lesson: `name` for plots, `name_tex`, `name_text` for points and titles, `name_said` for speech."""
    return {
        name: expression.source,
        f"{name}_tex": to_latex(expression),
        f"{name}_text": in_text(expression),
        f"{name}_said": in_words(expression),
    }


def in_text(expression: Expression) -> str:
    """The expression in one line of plain characters: x³ − 2x + sin(x)."""  # noqa: RUF002 - a real minus sign
    return _write(expression.tree, aloud=False)[0]


def in_words(expression: Expression) -> str:
    """The expression as a teacher says it; signs and powers are left to the voice, which knows them."""
    return _write(expression.tree, aloud=True)[0]


def _write(node: ast.expr, *, aloud: bool) -> tuple[str, int]:
    """Text of a node and how tightly its outermost operator binds (1: sum, 2: product, 3: power, 4: atom)."""
    match node:
        case ast.BinOp():
            return _operation(node, aloud=aloud)
        case ast.UnaryOp(op=op, operand=operand):
            return (MINUS if isinstance(op, ast.USub) else "") + _inside(operand, 2, aloud=aloud), 1
        case ast.Call(func=ast.Name(id=name), args=[argument]):
            return _called(name, argument, aloud=aloud)
        case ast.Constant(value=float() as value):
            return f"{value:g}", _ATOM
        case _:
            return ast.unparse(node).replace("pi", "π"), _ATOM


def _operation(node: ast.BinOp, *, aloud: bool) -> tuple[str, int]:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Pow):
        base = _inside(left, _ATOM, aloud=aloud)
        exponent = _inside(right, 2 if aloud else _ATOM, aloud=aloud)
        if exponent in _RAISED:
            return base + _RAISED[exponent], 3
        return (f"{base} to the power of {exponent}" if aloud else f"{base}^{exponent}"), 3
    binding = _BINDING[type(node.op)]
    before = _inside(left, binding, aloud=aloud)
    after = _inside(right, binding + (not isinstance(node.op, ast.Add)), aloud=aloud)
    if isinstance(node.op, ast.Div):
        return before + (" over " if aloud else "/") + after, binding
    if isinstance(node.op, ast.Mult) and before[-1:].isdigit() and after[:1].isalpha() and not after.startswith("the "):
        return before + after, binding
    sign = " times " if aloud and isinstance(node.op, ast.Mult) else _SIGNS[type(node.op)]
    return before + sign + after, binding


def _called(name: str, argument: ast.expr, *, aloud: bool) -> tuple[str, int]:
    inner, binding = _write(argument, aloud=aloud)
    if not aloud:
        return (f"|{inner}|" if name == "abs" else f"{name}({inner})"), _ATOM
    return f"{_SAID.get(name, f'{name} of')} {inner if binding > 1 else f'({inner})'}", _ATOM


def _inside(node: ast.expr, least: int, *, aloud: bool) -> str:
    text, binding = _write(node, aloud=aloud)
    return text if binding >= least else f"({text})"


def rounded(value: float, digits: int = 4) -> str:
    """The number with so many significant digits, without an exponent, and with a real minus sign."""
    text = f"{float(f'{value:.{digits}g}'):.10f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", "0"} else text.replace("-", MINUS)


def in_tex(text: str) -> str:
    """A number that `rounded` or `decimal` wrote, in LaTeX."""
    return text.replace(MINUS, "-")


def decimal(value: Fraction) -> str:
    """A number exactly as people write it: 2.5 where that ends soon, else 1/3."""
    if 10**6 % value.denominator:
        return f"{value}".replace("-", MINUS)
    return f"{float(value):.6f}".rstrip("0").rstrip(".").replace("-", MINUS)


def decimal_tex(value: Fraction) -> str:
    """The same in LaTeX."""
    if 10**6 % value.denominator:
        sign = "-" if value < 0 else ""
        return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return in_tex(decimal(value))


def signed_tex(value: Fraction) -> str:
    """A number to follow another one: with its plus or minus."""
    return ("+" if value >= 0 else "") + decimal_tex(value)


def factor_tex(value: Fraction) -> str:
    """A number before a letter or bracket: 1 is not written."""
    return "-"[value > 0 :] if abs(value) == 1 else decimal_tex(value)


def bracketed_tex(value: Fraction) -> str:
    """A number to stand after a sign or below an exponent: negative ones and fractions in brackets."""
    text = decimal_tex(value)
    return text if text.replace(".", "").isdigit() else rf"\left({text}\right)"


def numbered(**numbers: Fraction) -> dict[str, str]:
    """Values of a lesson for each number: `name` for texts and speech, `name_tex` for formulas."""
    texts = {name: decimal(value) for name, value in numbers.items()}
    return texts | {f"{name}_tex": decimal_tex(value) for name, value in numbers.items()}


def measured(**numbers: float) -> dict[str, str]:
    r"""The same for numbers that are shown with four digits.

    `name_sign` is the relation that is true of what is shown, = or \approx; `name_about` is how it is said.
    """
    values: dict[str, str] = {}
    for name, number in numbers.items():
        text = rounded(number)
        is_exact = math.isclose(float(in_tex(text)), number, rel_tol=1e-9)
        values |= {
            name: text,
            f"{name}_tex": in_tex(text),
            f"{name}_sign": "=" if is_exact else r"\approx",
            f"{name}_about": text if is_exact else f"about {text}",
        }
    return values
