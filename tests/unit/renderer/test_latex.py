"""Formulas read from LaTeX and shown in plain characters, and where they stand in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videotutor_renderer.latex.inline import Kind, parts, shown
from videotutor_renderer.latex.parse import parse
from videotutor_renderer.latex.plain import readable
from videotutor_renderer.latex.tree import Fenced, Fraction, Row, Scripts, Sign

LEXEMES = [
    r"\frac", "{", "}", "(", ")", "|", r"\left", r"\right", "[", "]", "^", "_", "x", "12", r"\\", "&", "'", "/", "$",
    ".", r"\begin{pmatrix}", r"\end{pmatrix}", r"\sqrt", r"\text", r"\{", r"\}", r"\int", "\\", " ",
]  # fmt: skip
"""What malformed LaTeX is made of."""
malformed = st.lists(st.sampled_from(LEXEMES), max_size=40).map("".join)


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\frac{1}{x^2}", "1/x²"),
        (r"\frac{x+1}{2}", "(x + 1)/2"),
        (r"\int_0^1 x^2\,dx = \frac13", "∫₀¹ x² dx = 1/3"),
        (r"\lim_{x \to 0} \frac{\sin x}{x} = 1", "lim x→0 (sin x)/x = 1"),
        (r"e^{-x^2}", "e^(-x²)"),
        (r"x^{n+1}", "xⁿ⁺¹"),
        (r"\sqrt[3]{x+1}", "∛(x + 1)"),
        (r"\{1, 2\}", "{1, 2}"),
        (r"\sin(x) + \sin^2 x", "sin(x) + sin² x"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "1, 2; 3, 4"),
        (r"5\,\text{km}", "5 km"),
        (r"\binom{n}{k}", "C(n, k)"),
    ],
)
def test_a_formula_is_shown_in_plain_characters(latex: str, plain: str) -> None:
    assert readable(latex) == plain


def test_a_slash_between_factors_is_a_fraction() -> None:
    assert parse("(x+1)/2") == parse(r"\frac{x+1}2")


def test_a_bar_that_nothing_closes_separates() -> None:
    (_, brackets) = parse("P(A|B)").items
    assert brackets == Fenced("(", Row((Sign("A"), Sign("|"), Sign("B"))), ")")


def test_half_open_intervals_close() -> None:
    assert readable(r"(0, 1] \cup [2, 3)") == "(0, 1] \u222a [2, 3)"


def test_one_digit_is_an_argument_but_a_whole_number_is_a_power() -> None:
    assert parse(r"\frac12") == Row((Fraction(Sign("1"), Sign("2")),))
    assert parse("x^12") == Row((Scripts(Sign("x"), None, Sign("12")),))


@pytest.mark.parametrize("latex", ["{" * 5000, "|(" * 500, r"\sqrt" * 1000, "a/" * 500, "^" * 1000])
def test_deep_nesting_is_read_as_far_as_it_makes_sense(latex: str) -> None:
    assert len(readable(latex)) <= 4 * len(latex)


@given(malformed)
def test_any_text_can_be_read_as_a_formula(latex: str) -> None:
    assert "\\" not in readable(latex)


def test_formulas_and_code_are_found_in_running_text() -> None:
    text = r"If $x^2$ or \(y\), run `a = 1`."
    assert [part for part in parts(text) if part[1]] == [
        (Kind.PROSE, "If "),
        (Kind.FORMULA, "x^2"),
        (Kind.PROSE, " or "),
        (Kind.FORMULA, "y"),
        (Kind.PROSE, ", run "),
        (Kind.CODE, "a = 1"),
        (Kind.PROSE, "."),
    ]


@pytest.mark.parametrize("text", ["from $5 to $10", "it costs $5", "US$ 5 or US$ 6", "a ` b"])
def test_prices_are_no_formulas(text: str) -> None:
    assert shown(text) == text
