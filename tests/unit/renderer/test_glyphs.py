"""Formulas as glyphs: which of them become which, and where they stand."""

from __future__ import annotations

from pathlib import Path

import cairo
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videojob.visuals import DerivationStep, DerivationVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.equation import equation_svg
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.glyph_formula import glyph_formula
from videotutor_renderer.scene.glyphs import ink, matches
from videotutor_renderer.scene.typeset import Drawing, Typesetter

formulas = st.text("ab+", min_size=1, max_size=12)


def moved(before: str, after: str) -> list[tuple[int, int]]:
    """The numbers of the glyphs that are in both formulas: in the first, in the second."""
    found = matches(glyph_formula(before).glyphs, glyph_formula(after).glyphs)
    return sorted((a, b) for b, a in found.items())


def test_a_number_that_is_taken_away_moves_to_the_other_side() -> None:
    assert moved("3x+5=11", "3x=11-5") == [(0, 0), (1, 1), (3, 6), (4, 2), (5, 3), (6, 4)]


def test_a_run_of_glyphs_stays_together_rather_than_coming_from_several_places() -> None:
    assert moved("a+bc+d", "bc+a") == [(0, 3), (2, 0), (3, 1), (4, 2)]


def test_an_exponent_does_not_become_a_factor() -> None:
    assert moved("x^2", "2x") == [(0, 1)]


def test_bars_of_fractions_match_whatever_their_length() -> None:
    assert len(moved(r"\frac{a}{b}", r"\frac{acccccc}{b}")) == 3


@settings(max_examples=20)
@given(formulas, formulas)
def test_each_glyph_comes_from_one_that_looks_the_same_and_none_is_left_behind(before: str, after: str) -> None:
    old, new = glyph_formula(before).glyphs, glyph_formula(after).glyphs
    found = matches(old, new)
    assert len(set(found.values())) == len(found)
    assert all(old[a].look == new[b].look for b, a in found.items())
    left = {glyph.look for i, glyph in enumerate(old) if i not in found.values()}
    assert not left & {glyph.look for i, glyph in enumerate(new) if i not in found}


@pytest.mark.parametrize(
    "latex",
    [
        r"x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}",
        r"\boxed{x=2}",
        r"\cancel{x}+\overline{y}",
        r"\underbrace{a+b}_{c}",
        r"\left.\frac{x}{2}\right|_0^1",
        r"\begin{cases}a & b\\ c & d\end{cases}",
        r"\text{if } x>0",
    ],
)
def test_the_glyphs_look_like_the_document_they_are_read_from(latex: str, tmp_path: Path) -> None:
    formula, svg = glyph_formula(latex), equation_svg(latex, "000000")
    surface = Typesetter(1.0, "en", tmp_path).picture(Drawing(svg, formula.width)).surface
    wanted = np.array(surface.get_data()).reshape(surface.get_height(), -1, 4)
    drawn = cairo.ImageSurface(cairo.FORMAT_ARGB32, surface.get_width(), surface.get_height())
    ink(cairo.Context(drawn), formula.glyphs, (0, 0, 0), 1.0)
    drawn.flush()
    got = np.array(drawn.get_data()).reshape(wanted.shape)
    assert np.abs(got[:, :, 3].astype(int) - wanted[:, :, 3]).mean() < 0.25 * wanted[:, :, 3].mean()


def test_relations_stand_below_one_another() -> None:
    a, b, none = map(glyph_formula, (r"\sum_{i=1}^n i=3", r"x \le 2", "x+1"))
    assert a.relation == pytest.approx(93, abs=1)
    assert 0 < b.relation < 60
    assert none.relation == 0


def test_a_line_that_cannot_be_set_is_named() -> None:
    visual = DerivationVisual(steps=(DerivationStep(latex="x"), DerivationStep(latex=r"\frac{1")))
    with pytest.raises(TaskError, match="not LaTeX that can be set"):
        KINDS[DerivationVisual].height(visual, 600)  # type: ignore[misc]
