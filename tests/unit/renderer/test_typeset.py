"""Typst as a sandbox: text is only ever text, and nothing outside of it can be reached."""

from __future__ import annotations

import re

import pytest
import typst
from hypothesis import given, settings
from hypothesis import strategies as st

from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.equation import equation_svg
from videotutor_renderer.scene.typeset import Drawing, Picture, Text, Typesetter

MARKUP = (
    "#(1+1)",
    "#while true {}",
    '#read("/etc/passwd")',
    '#import "@preview/cetz:0.2.0"',
    "#sys.inputs",
    "$x^2$",
    "@a",
)
LATEX = (
    r"\frac",
    r"\text",
    r"\href",
    r"\includegraphics",
    r"\input",
    r"\begin{array}",
    "{",
    "}",
    "^",
    "&lt;",
    "<",
    '"',
    "x",
)
DRAWN = {"svg", "path", "symbol", "use", "rect", "g", "line"}


@pytest.fixture(scope="module")
def setter(tmp_path_factory: pytest.TempPathFactory) -> Typesetter:
    return Typesetter(1.0, "en", tmp_path_factory.mktemp("empty"))


def line(setter: Typesetter, text: str) -> Picture:
    return setter.picture(Text(text, 20, "000000"))


@pytest.mark.parametrize("text", MARKUP)
def test_typst_in_a_text_is_shown_and_not_run(setter: Typesetter, text: str) -> None:
    assert line(setter, text).width > 7 * len(text)


@pytest.mark.parametrize("path", ["/etc/passwd", "../../../../../../etc/passwd"])
@pytest.mark.parametrize("function", ["read", "image", "json", "plugin"])
def test_even_a_program_could_not_read_a_file(setter: Typesetter, function: str, path: str) -> None:
    with pytest.raises(typst.TypstError, match=r"not found|escape|outside"):
        setter._compiler.compile(f'#{function}("{path}")'.encode())


@pytest.mark.parametrize("address", ["/etc/passwd", "../passwd", "file:///etc/passwd", "https://example.org/a.png"])
def test_a_drawing_cannot_show_a_file(setter: Typesetter, address: str) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">{}</svg>'
    linked = Drawing(drawing.format(f'<image href="{address}" width="16" height="16"/>'), 16)
    with pytest.raises(typst.TypstError, match="failed to load linked image"):
        setter.picture(linked)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(LATEX), max_size=12).map("".join))
def test_a_formula_is_drawn_with_outlines_and_nothing_that_could_be_loaded(latex: str) -> None:
    try:
        svg = equation_svg(latex, "000000")
    except TaskError:
        return
    assert set(re.findall(r"<(\w+)", svg)) <= DRAWN
    assert all(target.startswith("#") for target in re.findall(r'href="([^"]*)"', svg))
