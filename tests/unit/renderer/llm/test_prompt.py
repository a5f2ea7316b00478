"""What the model is told, and what is checked of what it writes."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given

from tests.unit.renderer.strategies import IMAGE, contents
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import (
    BulletsVisual,
    DerivationStep,
    DerivationVisual,
    EquationVisual,
    ImageVisual,
    PlotVisual,
    TitleVisual,
    Visual,
)
from videotutor_renderer.plan.llm.drawable import mended, problems
from videotutor_renderer.plan.llm.prompt import EDIT, LESSON, prompt_version, system_prompt, visuals

BROKEN = EquationVisual(latex=r"\frac{1}")
A_DERIVATION = DerivationVisual(steps=(DerivationStep(latex="x"), DerivationStep(latex=r"\frac{1")))


@pytest.mark.parametrize("kind", get_args(get_args(Visual)[0]))
def test_every_visual_is_described_with_all_its_fields(kind: type[BulletsVisual]) -> None:
    listed = visuals()
    assert f"- `{kind.model_fields['kind'].default}`: " in listed
    for name, field in kind.model_json_schema()["properties"].items():
        if name != "kind":
            assert f"  - `{name}`" in listed
            assert field["description"] in listed


@pytest.mark.parametrize("task", [LESSON, EDIT])
def test_the_system_prompt_is_complete_and_its_version_is_not_in_it(task: str) -> None:
    prompt = system_prompt(task)
    assert "{" not in prompt
    assert not prompt.startswith("<!--")
    assert visuals() in prompt
    assert prompt_version() == "1"


@given(contents)
def test_what_can_be_drawn_has_no_problems_and_stays_as_it_is(content: SceneContent) -> None:
    assert problems(content, {IMAGE}) == []
    assert mended(content, {IMAGE}) == content


@pytest.mark.parametrize(
    ("show", "told"),
    [
        (BROKEN, "scenes[1].beats[0].show.latex: The formula"),
        (A_DERIVATION, "scenes[1].beats[0].show.steps[1].latex: The formula"),
        (EquationVisual(latex="導数"), "letters that its font lacks"),
        (PlotVisual(expressions=("x", "__import__('os')")), "scenes[1].beats[0].show.expressions[1]: "),
    ],
)
def test_a_problem_names_scene_beat_and_field(show: Visual, told: str) -> None:
    (problem,) = problems(SceneContent(title="t", beats=(Beat(show=show),)), place="scenes[1].")
    assert told in problem


def test_a_visual_that_cannot_be_drawn_is_left_out_and_its_words_stay() -> None:
    beats = (Beat(say="Look.", show=BROKEN), Beat(show=BROKEN), Beat(show=TitleVisual(text="So")))
    assert mended(SceneContent(title="t", beats=beats)).beats == (Beat(say="Look."), Beat(show=TitleVisual(text="So")))


def test_a_scene_of_which_nothing_can_be_drawn_still_says_its_title() -> None:
    assert mended(SceneContent(title="Slopes", beats=(Beat(show=BROKEN),))).beats == (Beat(say="Slopes"),)


def test_a_picture_that_the_user_did_not_name_is_a_problem_that_names_those_there_are() -> None:
    beats = (Beat(say="Look.", show=ImageVisual(image=IMAGE, alt="A cell")),)
    content = SceneContent(title="t", beats=beats)
    (none_there,) = problems(content)
    (another,) = problems(content, {"f" * 64})
    assert none_there.endswith("only these may be shown: there is none, so show something else.")
    assert another == f"beats[0].show.image: The user named no picture {IMAGE}; only these may be shown: {'f' * 64}."
    assert mended(content, {"f" * 64}).beats == (Beat(say="Look."),)
