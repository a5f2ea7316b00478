"""Pictures of an outline: those of the store are shown and told by the words around them, others are told in words."""

from __future__ import annotations

import pytest

from videojob.storyboard import Beat
from videojob.visuals import BulletsVisual, ImageVisual
from videotutor_renderer.plan.outline import outlined, revised

ID = "0123456789abcdef" * 4
CELL = ImageVisual(image=ID, alt="A cell")


def beats(text: str) -> tuple[Beat, ...]:
    (only,) = outlined(f"# T\n\n{text}", None).storyboard.scenes
    return only.beats


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"Look at this.\n\n![A cell](image:{ID})", [Beat(say="Look at this.", show=CELL)]),
        (f"![A cell](image:{ID})\n\nIts core is red.", [Beat(say="Its core is red.", show=CELL)]),
        (f"![A cell](image:{ID})\n\nsay: Look.", [Beat(say="Look.", show=CELL)]),
        (f"![A cell](image:{ID})", [Beat(say="A cell", show=CELL)]),
        (
            f"- a\n  ![A cell](image:{ID})",
            [Beat(say="a", show=BulletsVisual(items=("a",))), Beat(say="A cell", show=CELL)],
        ),
    ],
    ids=["sentence above", "sentence below", "note", "alone", "in a list"],
)
def test_a_picture_is_told_by_the_words_around_it_or_else_by_its_description(text: str, told: list[Beat]) -> None:
    assert list(beats(text)) == told


def test_the_title_of_a_picture_is_the_line_below_it() -> None:
    assert beats(f'![A *cell*](image:{ID} "With its $x^2$")')[0].show == ImageVisual(
        image=ID, alt="A *cell*", caption="With its x²"
    )


def test_a_description_or_title_that_is_too_long_is_cut_at_a_word() -> None:
    show = beats(f'![{"word " * 90}](image:{ID} "{"line " * 90}")')[0].show
    assert isinstance(show, ImageVisual)
    assert show.alt.endswith("word…")
    assert (show.caption or "").endswith("line…")


def test_pictures_that_are_elsewhere_are_told_in_words_and_the_note_says_what_to_do() -> None:
    planned = outlined("# T\n![A cat](cat.png) ![A dog](https://example.org/dog.png)\n- a", None)
    assert [beat.say for beat in planned.storyboard.scenes[0].beats] == ["A cat", "A dog", "a"]
    assert planned.note == (
        "Pictures that are not in the artifact store are told in words; upload them and write image: and their ids: "
        "cat.png, https://example.org/dog.png."
    )


def test_a_picture_without_a_description_is_left_out_and_the_note_says_so() -> None:
    planned = outlined(f"# T\n![](image:{ID})\n- a", None)
    assert [beat.say for beat in planned.storyboard.scenes[0].beats] == ["a"]
    assert planned.note == "Pictures without a description are left out; write ![what it shows](image:…)."


def test_an_edit_as_an_outline_may_show_a_picture() -> None:
    assert revised("Old", f"# New\n![A cell](image:{ID})").beats == (Beat(say="A cell", show=CELL),)
