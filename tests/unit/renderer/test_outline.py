"""Reading outlines: any text at all becomes a valid storyboard, and what is meant as structure becomes structure."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.renderer.strategies import prompts
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.visuals import BulletsVisual, EquationVisual, PlotVisual, TitleVisual
from videotutor_renderer.plan.inline import plot_of
from videotutor_renderer.plan.markdown import is_outline
from videotutor_renderer.plan.outline import outlined, revised
from videotutor_renderer.plan.skeleton import skeleton
from videotutor_renderer.plan.words import LONGEST_POINT, clipped, points, sentences

OUTLINE = """# Derivatives

## The idea
- A slope measures *change*
- It is written as $f'(x)$

## The definition
The derivative is a limit:
$$
f'(x) = \\lim_{h \\to 0} \\frac{f(x+h) - f(x)}{h}
$$

## The picture
plot: x^2, 2x from -3 to 3
Where the parabola falls, the line is negative. Where it rises, it is positive.
"""


@settings(max_examples=60)
@given(prompts, st.none() | st.integers(1, 12))
def test_any_text_makes_a_valid_storyboard(prompt: str, count: int | None) -> None:
    for planned in (outlined(prompt, count), skeleton(prompt, count)):
        assert Storyboard.model_validate_json(planned.storyboard.model_dump_json()) == planned.storyboard
        if count and len(planned.storyboard.scenes) != count:
            assert planned.note


@settings(max_examples=60)
@given(prompts)
def test_any_instruction_makes_valid_content(instruction: str) -> None:
    content = revised("Old title", instruction)
    assert SceneContent.model_validate_json(content.model_dump_json()) == content


@given(st.text())
def test_asking_whether_a_text_is_an_outline_never_fails(text: str) -> None:
    assert is_outline(text) in {True, False}


def test_headings_become_scenes_under_the_topmost_title() -> None:
    storyboard = outlined(OUTLINE, None).storyboard
    assert storyboard.title == "Derivatives"
    assert [scene.title for scene in storyboard.scenes] == ["The idea", "The definition", "The picture"]
    assert [scene.id for scene in storyboard.scenes] == ["scene-1", "scene-2", "scene-3"]


def test_points_formulas_plots_and_sentences_become_beats() -> None:
    idea, definition, picture = outlined(OUTLINE, None).storyboard.scenes
    assert [beat.show for beat in idea.beats] == [
        BulletsVisual(items=("A slope measures change",)),
        BulletsVisual(items=("It is written as f'(x)",)),
        EquationVisual(latex="f'(x)"),
    ]
    assert definition.beats == (
        Beat(
            say="The derivative is a limit:",
            show=EquationVisual(latex=r"f'(x) = \lim_{h \to 0} \frac{f(x+h) - f(x)}{h}"),
        ),
    )
    assert picture.beats == (
        Beat(
            say="Where the parabola falls, the line is negative.",
            show=PlotVisual(expressions=("x^2", "2x"), x_min=-3, x_max=3),
        ),
        Beat(say="Where it rises, it is positive."),
    )


def test_fewer_scenes_than_headings_joins_neighbours() -> None:
    planned = outlined(OUTLINE, 2)
    assert [scene.title for scene in planned.storyboard.scenes] == ["The idea", "The definition · The picture"]
    assert planned.note == ""


def test_more_scenes_than_headings_divides_the_longest() -> None:
    planned = outlined(OUTLINE, 4)
    assert len(planned.storyboard.scenes) == 4
    assert planned.storyboard.scenes[0].title == "The idea (1/2)"


def test_more_scenes_than_there_is_content_for_is_said() -> None:
    planned = outlined("# One\n- a\n- b", 5)
    assert len(planned.storyboard.scenes) == 2
    assert planned.note == "5 scenes were asked for; the outline has content for 2."


def test_a_heading_with_nothing_below_it_is_shown_large() -> None:
    (scene,) = outlined("# Only this", None).storyboard.scenes
    assert scene.beats == (Beat(say="Only this", show=TitleVisual(text="Only this")),)


def test_an_edit_keeps_the_title_unless_it_has_a_heading() -> None:
    assert revised("Old", "- shorter").title == "Old"
    assert revised("Old", "# New\n- shorter").title == "New"


def test_an_edit_may_be_a_formula_and_a_plot() -> None:
    content = revised("Old", "- The slope\n$f'(x) = 2x$\nplot: x^2")
    assert [beat.show.kind for beat in content.beats if beat.show] == ["bullets", "equation", "plot"]


def test_money_and_shell_variables_are_not_formulas() -> None:
    text = "- It costs $5 and $10, says $(rm -rf /) and $HOME\n- two"
    (scene,) = outlined(text, None).storyboard.scenes
    assert scene.beats[0].say == "It costs $5 and $10, says $(rm -rf /) and $HOME"


def test_a_formula_that_cannot_be_set_stays_text() -> None:
    (scene,) = outlined("# T\n- see $\\frac{1}$ here", None).storyboard.scenes
    assert scene.beats[0].say == "see $\\frac{1}$ here"


def test_a_plot_that_is_none_stays_text() -> None:
    assert plot_of("import os") is None
    (scene,) = outlined("# T\nplot: import os", None).storyboard.scenes
    assert scene.beats == (Beat(say="plot: import os"),)


def test_plot_ranges_may_be_written_in_several_ways() -> None:
    for text in ("sin(x) from -pi to pi", "sin(x) for x in [-pi, pi]", "sin(x) on [-pi, pi]"):
        plot = plot_of(text)
        assert plot is not None
        assert (round(plot.x_min, 2), round(plot.x_max, 2)) == (-3.14, 3.14)


def test_plain_prose_is_no_outline() -> None:
    assert not is_outline("Explain the chain rule to a first-year student, please.")
    assert is_outline("- one\n- two")
    assert is_outline("plot: x^2")


@pytest.mark.parametrize(
    "piece", ["word ", "x", "- point\n", "导数", "🎉", "# a\n", "*a ", "[", "![", "> ", "`", "$a$ ", "<!--"]
)
def test_ten_thousand_characters_are_planned_quickly_and_within_limits(piece: str) -> None:
    prompt = (piece * 10_000)[:10_000]
    began = time.monotonic()
    for planned in (outlined(prompt, 3), skeleton(prompt, 3)):
        assert planned.storyboard.scenes
    assert time.monotonic() - began < 5


@given(st.text(max_size=600))
def test_cut_texts_keep_their_limits_and_their_letters(text: str) -> None:
    assert all(len(piece) <= LONGEST_POINT for piece in points(text))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
    assert len(clipped(text, 20)) <= 20


@pytest.mark.parametrize("source", ["2*3*x", "2*pi*x", "2*x*sin(x)", "2**3*x**2", "x*x*x", "2 * x * sin(x)", "x_1"])
@pytest.mark.parametrize("line", ["plot: {}", "- plot: {}", "- a point\n- Plot: {} from 0 to 3", "Words.\nplot: {}"])
def test_what_a_plot_line_asks_for_is_read_as_it_is_written(line: str, source: str) -> None:
    (scene,) = outlined(f"# T\n## A\n{line.format(source)}", None).storyboard.scenes
    plots = [beat.show.expressions for beat in scene.beats if isinstance(beat.show, PlotVisual)]
    assert plots == ([(source,)] if plot_of(source) else [])


def test_emphasis_is_left_out_everywhere_else() -> None:
    (scene,) = outlined("# T\n## A\nIt is *very* **plain**.", None).storyboard.scenes
    assert [beat.say for beat in scene.beats] == ["It is very plain."]
