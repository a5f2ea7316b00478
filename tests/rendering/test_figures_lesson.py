"""Figures that give a lesson its shape: derivations, sections, quizzes and recaps."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from tests.rendering.painting import Paint
from videojob.spec import Theme
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import (
    AnyVisual,
    BulletsVisual,
    DerivationStep,
    DerivationVisual,
    QuizVisual,
    RecapVisual,
    SectionVisual,
)
from videotutor_renderer.scene.blocks import seconds_needed, steps
from videotutor_renderer.scene.draw import appears
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.figure import THINKING
from videotutor_renderer.scene.frame import Box
from videotutor_renderer.scene.layout import pages
from videotutor_renderer.scene.paint import BORDER
from videotutor_renderer.scene.theme import TOKENS
from videotutor_renderer.scene.timeline import timeline


def a_derivation(*lines: str, reason: str | None = None) -> DerivationVisual:
    first, *others = lines
    later = (DerivationStep(latex=line, reason=reason) for line in others)
    return DerivationVisual(steps=(DerivationStep(latex=first), *later))


SMALL, TALL, LOW, WIDE = (Box(40, 40, *size) for size in ((300, 250), (460, 900), (1040, 250), (1040, 480)))
ROOTS = r"x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}"
QUIZ = QuizVisual(question="What is $2+2$?", options=("3", "4"), answer=2, explanation="Count.")
FIGURES: dict[str, AnyVisual] = {
    "the least derivation": a_derivation("2x=4", "x=2"),
    "the longest derivation": a_derivation(*[ROOTS + f"+{i}" for i in range(8)], reason="W" * 60),
    "a wide derivation": a_derivation("+".join("abcdefghij" * 5), r"\boxed{x}=\cancel{y}", reason="so"),
    "a derivation from right to left": a_derivation("2x=4", "x=2", reason="نقسم على 2"),
    "the least section": SectionVisual(heading="x"),
    "the longest section": SectionVisual(eyebrow="W" * 40, heading="long words " * 9, tagline="W" * 90),
    "the least quiz": QuizVisual(question="?", options=("a", "b"), answer=1),
    "the longest quiz": QuizVisual(
        question="long words " * 18,
        options=tuple("long words " * 7 + letter for letter in "abcd"),
        answer=4,
        explanation="W" * 200,
    ),
    "a quiz from right to left": QuizVisual(question="ما هو؟", options=("أحمر", "أخضر", "أزرق"), answer=3),
    "one takeaway": RecapVisual(takeaways=("x",)),
    "a full page of takeaways": RecapVisual(takeaways=("long words " * 18,) * 4),
}


@pytest.mark.parametrize("box", [SMALL, TALL], ids=["small", "tall"])
@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_painted_outside_the_box(paint: Paint, name: str, box: Box) -> None:
    visual = FIGURES[name]
    count = KINDS[type(visual)].parts(visual)
    edge = int(BORDER)
    left, top, right, bottom = (round(length) for length in (box.x, box.y, box.right, box.bottom))
    for shown in (count - 0.5, count):
        picture = paint(visual, box, shown)
        assert picture[top:bottom, left:right].any()
        picture[top - edge : bottom + edge, left - edge : right + edge] = 0
        assert not picture.any()


@pytest.mark.parametrize("name", FIGURES)
def test_before_its_first_part_there_is_nothing_and_each_part_changes_the_picture(paint: Paint, name: str) -> None:
    visual = FIGURES[name]
    pictures = [paint(visual, WIDE, shown) for shown in range(KINDS[type(visual)].parts(visual) + 1)]
    assert not pictures[0].any()
    same = [i for i, (a, b) in enumerate(itertools.pairwise(pictures)) if np.array_equal(a, b)]
    silence = [KINDS[QuizVisual].asks(visual)] if isinstance(visual, QuizVisual) else []  # type: ignore[misc]
    assert same == silence


def inked(picture: npt.NDArray[np.uint8], token: str) -> int:
    """How many pixels have a colour `rrggbb` of the theme."""
    blue_green_red = np.array([*reversed(bytes.fromhex(token))])
    return int((np.abs(picture[:, :, :3].astype(int) - blue_green_red).max(axis=2) < 4).sum())


CHALK = TOKENS[Theme.CHALK]


def test_a_line_is_quieter_when_the_next_one_is_there(paint: Paint) -> None:
    visual = a_derivation("2x=4", "7y=9")
    alone, followed = (paint(visual, WIDE, shown) for shown in (1, 2))
    assert inked(alone, CHALK.muted) < inked(followed, CHALK.muted)
    assert inked(followed, CHALK.ink) < inked(alone, CHALK.ink)


def test_what_is_new_in_a_line_has_the_accent(paint: Paint) -> None:
    same, changed = a_derivation("2x=4", "2x=4"), a_derivation("2x=4", "2x=5")
    assert inked(paint(same, WIDE, 2), CHALK.accent) == 0
    assert inked(paint(changed, WIDE, 2), CHALK.accent) > 0


def test_a_derivation_too_long_for_the_panel_scrolls_so_that_its_last_line_is_seen(paint: Paint) -> None:
    assert inked(paint(a_derivation(*[ROOTS] * 7, "x=3"), LOW, 8), CHALK.accent) > 0


def test_the_time_to_think_is_silent_and_the_answer_comes_with_the_next_words() -> None:
    content = SceneContent(title="t", beats=(Beat(say="Which?", show=QUIZ), Beat(say="Four."), Beat(say="Count.")))
    (quiz,) = steps(content)
    clock = timeline(content.beats, [9.0, 2.0, 2.0], seconds_needed([quiz], 3))
    asked, answered, explained = clock.cues
    assert appears(quiz.moments[3], clock, KINDS[QuizVisual]) == (asked.end, THINKING)
    assert [moment.beat for moment in quiz.moments] == [0, 0, 0, 0, 1, 2]
    assert answered.start >= asked.start + 9 + THINKING
    assert explained.start - answered.end < THINKING


def test_a_quiz_that_nothing_follows_answers_itself_in_silence() -> None:
    content = SceneContent(
        title="t", beats=(Beat(say="Which?", show=QUIZ), Beat(say="a", show=RecapVisual(takeaways=("a",))))
    )
    quiz, _ = steps(content)
    assert [moment.silence for moment in quiz.moments[3:]] == [0, THINKING, 2 * THINKING]
    asked, after = timeline(content.beats, [2.0, 2.0], seconds_needed([quiz], 2)).cues
    assert after.start - asked.end > 3 * THINKING


def test_a_ring_counts_down_while_there_is_time_to_think(paint: Paint) -> None:
    before, early, late, over = (inked(paint(QUIZ, WIDE, shown), CHALK.accent) for shown in (3, 3.2, 3.8, 4))
    assert early > late > before == over


def test_the_right_option_turns_good_and_the_others_fade(paint: Paint) -> None:
    asked, answered = (paint(QUIZ, WIDE, shown) for shown in (4, 5))
    assert inked(asked, CHALK.good) == 0 < inked(answered, CHALK.good)
    assert inked(answered, CHALK.ink) < inked(asked, CHALK.ink)


def test_section_and_quiz_have_their_page_to_themselves() -> None:
    point = BulletsVisual(items=("one",))
    for alone in (SectionVisual(heading="x"), QUIZ):
        content = SceneContent(title="t", beats=(Beat(say="a", show=alone), Beat(say="b", show=point)))
        assert len(pages(steps(content), Box(0, 0, 1000, 600), lambda *_: (400, 100))) == 2


def test_a_long_recap_goes_on_on_a_second_page() -> None:
    found = KINDS[RecapVisual].split(RecapVisual(takeaways=tuple("abcdef")))
    assert [page.takeaways for page in found] == [("a", "b", "c"), ("d", "e", "f")]


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (DerivationVisual, {"steps": ({"latex": "x"},)}, "steps"),
        (DerivationVisual, {"steps": ({"latex": "x"},) * 9}, "steps"),
        (QuizVisual, {"question": "?", "options": ("a", "b"), "answer": 3}, "answer must be the number of one"),
        (QuizVisual, {"question": "?", "options": ("a", "a"), "answer": 1}, "options must differ"),
        (QuizVisual, {"question": "?", "options": ("a",), "answer": 1}, "options"),
        (RecapVisual, {"takeaways": ()}, "takeaways"),
        (SectionVisual, {"heading": ""}, "heading"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_its_field(kind: Any, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        kind(**fields)
