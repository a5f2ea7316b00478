"""Formulas: what can be set, what cannot, and where long ones are broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.equation import can_be_set, equation_svg, svg_size
from videotutor_renderer.scene.formula_lines import WIDEST, can_be_read, in_lines, pieces

LONG = "+".join(f"a_{{{i}}}x^{{{i}}}" for i in range(30)) + "=0"


@pytest.mark.parametrize(
    "latex",
    [
        r"f'(x)=\lim_{h\to 0}\frac{f(x+h)-f(x)}{h}",
        r"\int_a^b f(x)\,dx=\left[F(x)\right]_a^b",
        r"\sum_{n=1}^\infty\frac{1}{n^2}=\frac{\pi^2}{6}",
        r"\begin{cases}x & x>0\\ -x & x\le 0\end{cases}",
        r"\sqrt[3]{x}\approx\vec{v}\cdot\hat{n}",
    ],
)
def test_formulas_of_a_lesson_can_be_set(latex: str) -> None:
    width, height = svg_size(equation_svg(latex, "ffffff"))
    assert width > height > 20


@pytest.mark.parametrize(
    "latex", [r"\frac{1}", "}{", "x_", r"\left( x", " ", "{" * 400 + "}" * 400, "导数", "مرحبا", "🎉"]
)
def test_what_cannot_be_set_is_known_beforehand(latex: str) -> None:
    assert not can_be_set(latex)


@given(st.text(max_size=60))
def test_any_text_is_set_or_refused_and_never_crashes(latex: str) -> None:
    try:
        svg = equation_svg(latex, "ffffff")
    except TaskError as error:
        assert "formula" in str(error)  # noqa: PT017 - both outcomes are fine
    else:
        assert svg.startswith("<svg")


@given(st.text(max_size=60))
def test_a_formula_in_pieces_is_the_whole(latex: str) -> None:
    assert "".join(pieces(latex)) == latex


def test_a_long_formula_is_broken_into_lines_that_fit() -> None:
    broken = in_lines(LONG)
    assert broken.count(r"\\") >= 1
    assert svg_size(equation_svg(broken, "ffffff"))[0] < WIDEST * 1.1


def test_a_short_formula_stays_as_it_is() -> None:
    assert in_lines("x=1") == "x=1"


def test_a_formula_is_broken_outside_of_brackets_only() -> None:
    assert pieces(r"a=\frac{b+c}{d}-(e+f)") == ["a", r"=\frac{b+c}{d}", "-(e+f)"]
    assert pieces(r"-x^{-1}=\left(a+b\right)") == ["-x^{-1}", r"=\left(a+b\right)"]


def test_a_long_formula_without_a_place_to_break_stays_whole() -> None:
    assert in_lines("a" * 100) == "a" * 100


@pytest.mark.parametrize(
    "latex",
    [
        r"a\hspace{999999999em}b",
        r"\begin{array}{c}" + r"a\\" * 150 + r"\end{array}",
        "a" * 400,
    ],
)
def test_a_formula_that_could_not_be_read_on_a_page_is_refused(latex: str) -> None:
    with pytest.raises(TaskError, match="too large to be read"):
        in_lines(latex)
    assert not can_be_read(latex)


@pytest.mark.parametrize("group", [(r"\frac{1}{", "}"), ("x^{", "}"), (r"\left(", r"\right)"), (r"\underbrace{", "}")])
def test_a_formula_is_refused_before_its_nesting_takes_seconds(group: tuple[str, str]) -> None:
    """Each level takes ziamath twice as long as the one in it."""
    opening, closing = group
    assert can_be_set(opening * 6 + "x" + closing * 6)
    with pytest.raises(TaskError, match="nested too deeply"):
        equation_svg(opening * 12 + "x" + closing * 12, "000000")


def test_bars_above_and_below_have_the_colour_of_their_formula() -> None:
    assert "black" not in equation_svg(r"\overline{AB}+\underline{C}", "f4f1e8")
