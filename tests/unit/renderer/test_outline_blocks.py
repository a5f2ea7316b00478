"""Every kind of block that Markdown has, and what of it is shown and said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videojob.storyboard import Beat, Scene
from videojob.visuals import (
    BulletsVisual,
    CodeLines,
    CodeVisual,
    EquationVisual,
    PlotVisual,
    QuizVisual,
    QuoteVisual,
    SectionVisual,
    TableVisual,
    TitleVisual,
    Visual,
)
from videotutor_renderer.plan.items import CodeBlock, Item, Picture, Point, Quote, Sentence, Spoken, Table
from videotutor_renderer.plan.markdown import is_outline, read
from videotutor_renderer.plan.outline import outlined, revised


def items(text: str) -> list[Item]:
    return [item for section in read(text).sections for item in section.items]


def scene(text: str) -> Scene:
    (only,) = outlined(f"# T\n\n{text}", None).storyboard.scenes
    return only


def says(text: str) -> list[str]:
    return [beat.say for beat in scene(text).beats]


def shows(text: str) -> list[Visual | None]:
    return [beat.show for beat in scene(text).beats]


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("> So it goes.", Quote("So it goes.")),
        ("```python\nprint(1)\n```", CodeBlock("python", "print(1)")),
        ("~~~\nraw\n~~~", CodeBlock("", "raw")),
        ("| a | b |\n|---|---|\n| 1 | $x^2$ |", Table((("a", "b"), ("1", "x²")))),
        ("![A cat](cat.png)", Picture("cat.png", "A cat")),
        ("say: Look at this.", Spoken("Look at this.")),
        ("See [the docs](https://example.org) **now**.", Sentence("See the docs now.")),
        ("• typed by hand", Point("typed by hand")),
    ],
)
def test_each_kind_of_block_is_an_item(text: str, item: Item) -> None:
    assert items(text) == [item]


def test_lists_in_lists_are_marked_and_numbers_stay() -> None:
    text = "1. Differentiate\n   - the outer function\n   - the inner one\n2. Multiply"
    assert shows(text) == [
        BulletsVisual(items=("1. Differentiate",)),
        BulletsVisual(items=("\u2013 the outer function",)),
        BulletsVisual(items=("\u2013 the inner one",)),
        BulletsVisual(items=("2. Multiply",)),
    ]
    assert says(text) == ["Differentiate", "the outer function", "the inner one", "Multiply"]


def test_a_list_entry_may_hold_a_formula_a_plot_and_a_paragraph() -> None:
    text = "- The slope\n  $f'(x) = 2x$\n  plot: x^2\n\n  More about it."
    assert shows(text) == [
        BulletsVisual(items=("The slope",)),
        EquationVisual(latex="f'(x) = 2x"),
        PlotVisual(expressions=("x^2",)),
        BulletsVisual(items=("More about it.",)),
    ]


def test_a_program_is_shown_as_it_is_and_told_by_the_text_below() -> None:
    text = "```python\ndef f(x):\n    return x\n```\n\nIt gives back what it gets."
    program = CodeVisual(source="def f(x):\n    return x", language="python")
    assert scene(text).beats == (Beat(say="It gives back what it gets.", show=program),)


def test_the_braces_of_a_fence_light_lines_and_the_block_below_is_what_it_prints() -> None:
    text = "```python {2, 1-3, 9}\na = 1\nb = 2\nprint(a + b)\n```\n```output\n3\n```\n\nIt adds."
    lit = (CodeLines(first=2, last=2), CodeLines(first=1, last=3))
    shown = CodeVisual(source="a = 1\nb = 2\nprint(a + b)", language="python", highlights=lit, output="3")
    assert shows(text) == [shown]


def test_a_long_program_appears_in_parts() -> None:
    parts = [show.source.count("x") for show in shows("```\n" + "x\n" * 94 + "```") if isinstance(show, CodeVisual)]
    assert parts == [40, 40, 14]


@given(st.text(st.sampled_from("ab {}`\n\t"), max_size=5000), st.text("ab{}0123456789-, ", max_size=30))
def test_any_program_can_be_shown(source: str, info: str) -> None:
    for show in shows(f"````{info}\n{source}\n````\n\nSo it is."):
        assert isinstance(show, CodeVisual | TitleVisual | None)


def test_each_row_of_a_table_is_told_with_the_heads_of_its_columns() -> None:
    assert says("| Metal | Melts at |\n|---|---|\n| Iron | 1538 °C |\n| Lead | 327 °C |") == [
        "Metal: Iron, Melts at: 1538 °C",
        "Metal: Lead, Melts at: 327 °C",
    ]


def test_the_rows_of_a_table_appear_while_they_are_told_six_at_a_time() -> None:
    told = scene("| n | $n^2$ |\n|---|---|\n" + "".join(f"| {n} | {n * n} |\n" for n in range(8))).beats
    assert [len(beat.show.rows) if isinstance(beat.show, TableVisual) else 0 for beat in told] == [
        6,
        0,
        0,
        0,
        0,
        0,
        2,
        0,
    ]
    assert isinstance(told[0].show, TableVisual)
    assert told[0].show.header == ("n", "n\u00b2")


def test_a_table_too_wide_to_be_read_is_told_as_points() -> None:
    assert shows("|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|1|2|3|4|5|6|") == [
        BulletsVisual(items=("a: 1, b: 2, c: 3, d: 4, e: 5, f: 6",))
    ]


def test_a_note_is_said_in_place_of_a_tables_rows() -> None:
    told = scene("| a |\n|---|\n| 1 |\n| 2 |\n\nsay: Two numbers.").beats
    assert [(beat.say, beat.show is not None) for beat in told] == [("Two numbers.", True)]


QUIZ = "What is $1+1$?\n\n- [ ] $1$\n- [x] $2$\n\n"


def test_a_task_list_is_a_quiz_and_the_right_option_is_said_when_there_was_time_to_think() -> None:
    asked = QuizVisual(question="What is 1 + 1?", options=("1", "2"), answer=2, explanation="Count. It is easy.")
    assert shows(f"Now.\n\n{QUIZ}Count. It is easy.") == [None, asked, None, None, None]
    assert says(f"Now.\n\n{QUIZ}Count. It is easy.")[1:] == ["What is $1+1$?", "$2$", "Count.", "It is easy."]


def test_a_quiz_without_words_above_it_asks_its_heading() -> None:
    (asked,) = (show for show in shows("- [X] yes\n- [ ] no") if show)
    assert asked == QuizVisual(question="T", options=("yes", "no"), answer=1)


def test_a_note_below_a_quiz_is_said_in_place_of_the_answer() -> None:
    assert says(f"{QUIZ}say: It is two, of course.") == ["What is $1+1$?", "It is two, of course."]


@pytest.mark.parametrize(
    "tasks",
    [
        "- [x] one",
        "- [x] a\n- [x] b",
        "- [ ] a\n- [ ] b",
        "- [x] a\n- [ ] a",
        "- [x] a\n- b",
        "- [ ] x\n" * 4 + "- [x] y",
    ],
)
def test_a_task_list_without_one_right_option_among_a_few_is_a_list(tasks: str) -> None:
    assert all(isinstance(show, BulletsVisual) for show in shows(tasks))


def test_a_quote_is_in_quotation_marks_and_a_dash_says_whose_it_is() -> None:
    text = "> Nature does not hurry.\n> \u2014 Lao Tzu"
    assert shows(text) == [QuoteVisual(quote="Nature does not hurry.", attribution="Lao Tzu")]
    assert says(text) == ["\u201cNature does not hurry.\u201d \u2013 Lao Tzu"]


def test_a_formula_is_left_to_the_voice_and_shown_in_plain_characters() -> None:
    text = "- The slope $\\frac{1}{x_1}$ falls"
    assert says(text)[0] == "The slope $\\frac{1}{x_1}$ falls"
    assert shows(text)[0] == BulletsVisual(items=("The slope 1/x\u2081 falls",))


def test_a_figure_is_not_cut_from_what_tells_it() -> None:
    rows = "".join(f"| {n} |\n" for n in range(5))
    scenes = outlined(f"# T\n\n- a\n- b\n\n| n |\n|---|\n{rows}", 2).storyboard.scenes
    assert [scene.beats[0].show is None for scene in scenes] == [False, False]


def test_a_picture_is_told_by_its_description() -> None:
    assert says("![A red cat](cat.png)") == ["A red cat"]
    assert items("![](cat.png)") == []


def test_a_speakers_note_is_said_in_place_of_what_it_stands_below() -> None:
    text = "- Slope\n  say: The slope tells how steep it is.\n\n$$x^2$$\n\nsay: A square.\nsay: And more."
    assert scene(text).beats == (
        Beat(say="The slope tells how steep it is.", show=BulletsVisual(items=("Slope",))),
        Beat(say="A square.", show=EquationVisual(latex="x^2")),
        Beat(say="And more."),
    )


def test_comments_are_neither_shown_nor_said() -> None:
    assert says("<!-- to do\nlater -->\n\nOne <!-- two --> three.\n\n<!-- never closed") == ["One three."]


def test_angle_brackets_that_are_no_comment_stay() -> None:
    assert says("A List<String> holds words, and 1 < 2.") == ["A List<String> holds words, and 1 < 2."]


def test_front_matter_names_title_and_language() -> None:
    planned = outlined('---\ntitle: "Ableitungen"\nlanguage: de\ntheme: paper\n---\n# Eins\n- a\n# Zwei\n- b', None)
    assert (planned.storyboard.title, planned.storyboard.language) == ("Ableitungen", "de")
    assert [part.title for part in planned.storyboard.scenes] == ["Eins", "Zwei"]
    assert planned.note == ""


def test_front_matter_with_a_language_that_is_none_is_said() -> None:
    planned = outlined("---\nlang: the best one\n---\n# One\n- a", None)
    assert planned.storyboard.language is None
    assert "'the best one'" in planned.note


def test_a_heading_with_nothing_but_headings_below_it_is_a_card_in_the_first_of_their_scenes() -> None:
    first, second = outlined("# One\n## A\n- a\n# Two\n## B\n- b", None).storyboard.scenes
    assert (first.title, first.beats[0]) == ("A", Beat(say="One", show=SectionVisual(heading="One")))
    assert (second.title, second.beats[0]) == ("B", Beat(say="Two", show=SectionVisual(heading="Two")))


def test_underlined_headings_are_headings_too() -> None:
    titles = [part.title for part in outlined("Title\n=====\n\nOne\n---\n- a\n\nTwo\n---\n- b", None).storyboard.scenes]
    assert titles == ["One", "Two"]


def test_what_stands_in_a_fence_is_no_heading_point_or_formula() -> None:
    assert items("```sh\n# comment\n- $x$\n```") == [CodeBlock("sh", "# comment\n- $x$")]
    assert not is_outline("```sh\n# comment\n```")


def test_an_indented_text_is_read_as_one_that_is_not() -> None:
    assert read("    # One\n    - a\n    - b") == read("# One\n- a\n- b")


def test_emphasis_inside_a_formula_is_mathematics() -> None:
    assert items("The sum $a_1 + a_2 * b_1 * c$ is $5.") == [
        Sentence("The sum $a_1 + a_2 * b_1 * c$ is $5.", ("a_1 + a_2 * b_1 * c",))
    ]


def test_a_table_without_rows_and_an_empty_fence_are_nothing_to_tell() -> None:
    assert scene("| a | b |\n|---|---|\n\n```\n\n```").beats == (Beat(say="T", show=TitleVisual(text="T")),)


def test_an_edit_may_have_every_kind_of_block() -> None:
    content = revised("Old", "# New\n> q\n\n```\nc\n```\n\n| a |\n|---|\n| 1 |\n\n1. p\n")
    assert content.title == "New"
    assert [beat.say for beat in content.beats] == ["\u201cq\u201d", "", "a: 1", "p"]


def test_a_full_stop_of_an_abbreviation_ends_no_sentence() -> None:
    assert says("Primes, e.g. 7, are odd. Ask Dr. Gauss. We call it x. Done.") == [
        "Primes, e.g. 7, are odd.",
        "Ask Dr. Gauss.",
        "We call it x.",
        "Done.",
    ]
