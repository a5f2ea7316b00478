"""Captions: broken at phrases, short enough for a screen, slow enough to be read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videotutor_renderer.latex.inline import shown
from videotutor_renderer.scene.captions import Caption, captions, read_web_vtt, reading, web_vtt
from videotutor_renderer.scene.pace import FASTEST, LEAST, Span, needed, paced
from videotutor_renderer.scene.phrases import LINE, phrases, width
from videotutor_renderer.scene.timeline import GAP, LEAD_IN, TAIL, Cue

words = st.lists(st.text("abcdefgh,.0123456789ä", min_size=1, max_size=12), max_size=60).map(" ".join)
passages = st.one_of(st.text(max_size=120), words)


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("Short.", ["Short."]),
        ("Short one. And another one that is a bit longer.", ["Short one. And another one\nthat is a bit longer."]),
        (
            "The slope of a curve at a point is the slope of the line that touches it there.",
            ["The slope of a curve\nat a point is the slope", "of the line that touches it there."],
        ),
        (
            "The derivative tells how fast a function changes, and the integral adds up what has changed.",
            ["The derivative tells\nhow fast a function changes,", "and the integral adds up what has changed."],
        ),
        (
            "Dr. Smith measured 3.5 km/h in Fig. 3, which is about as fast as people walk.",
            ["Dr. Smith measured 3.5 km/h in Fig. 3,\nwhich is about as fast as people walk."],
        ),
    ],
)
def test_captions_break_at_phrases_into_balanced_lines(text: str, shown_as: list[str]) -> None:
    assert phrases(text) == shown_as


def test_chinese_has_sixteen_characters_to_a_line_and_breaks_after_punctuation() -> None:
    say = "导数是函数在某一点的变化率。它告诉我们函数值随自变量变化的快慢\uff0c也就是切线的斜率\uff0c很有用。"
    first, second = phrases(say)
    assert all(len(line) <= 16 for caption in (first, second) for line in caption.split("\n"))
    assert first.endswith(("\uff0c", "。"))


def test_no_line_starts_with_what_belongs_to_the_character_before() -> None:
    say = "微分係数とは「関数のある点における変化の割合」のことで、接線の傾きに等しい値になっていった。"
    lines = "\n".join(phrases(say * 3)).split("\n")
    assert not [line for line in lines if line[0] in "。、」ー" or line[-1] == "「"]


@pytest.mark.parametrize("gap", range(20, 45))
def test_a_number_is_never_broken(gap: int) -> None:
    lines = "\n".join(phrases(f"{'x' * gap} is 1 000 000 000 and then there are some more of them")).split("\n")
    assert any("1 000 000 000" in line for line in lines)


@pytest.mark.parametrize("length", range(25, 45))
def test_an_article_stays_with_its_noun(length: int) -> None:
    lines = "\n".join(phrases(f"{'x' * length} of the tangent is a limit of slopes of secants")).split("\n")
    assert not [line for line in lines if line.endswith((" the", " a"))]


def test_a_formula_is_shown_in_plain_characters_and_stays_in_one_line() -> None:
    say = r"The quadratic formula says that always $x = \frac{-b + \sqrt{b^2 - 4c}}{2}$ holds."
    lines = [line for caption in captions([say], [Cue(0, 8, 8)]) for line in caption.text.split("\n")]
    assert any("x = (-b + √(b² - 4c))/2" in line for line in lines)


def test_code_is_shown_without_its_backticks() -> None:
    (caption,) = captions(["Call `print(a)`."], [Cue(0, 2, 2)])
    assert caption.text == "Call print(a)."


@given(passages)
def test_a_caption_has_two_lines_that_fit_and_nothing_is_left_out(text: str) -> None:
    found = phrases(" ".join(text.split()))
    lines = [line for caption in found for line in caption.split("\n")]
    assert all(0 < caption.count("\n") + 1 <= 2 for caption in found)
    assert all(0 < width(line) <= LINE for line in lines if width(line))
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.lists(st.tuples(passages, st.floats(0.2, 30)), min_size=1, max_size=5))
def test_captions_follow_one_another_and_are_as_slow_as_the_time_allows(beats: list[tuple[str, float]]) -> None:
    cues: list[Cue] = []
    for _, seconds in beats:
        start = cues[-1].end + GAP if cues else 0.7
        cues.append(Cue(start, start + seconds, seconds))
    found = captions([say for say, _ in beats], cues)
    until = cues[-1].end + TAIL
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(found))
    assert all(0 <= caption.start < caption.end <= until + 1e-9 for caption in found)
    if found:
        needs = [needed(width(caption.text)) for caption in found]
        share = min(1.0, (until - found[0].start) / sum(needs))
        assert all(c.end - c.start >= share * need - 1e-6 for c, need in zip(found, needs, strict=True))


def test_a_caption_that_is_spoken_too_fast_stays_into_the_pause() -> None:
    ((start, end),) = paced([Span(1, 2, needed(40))], 5)
    assert (start, end) == (1, 3)


def test_a_caption_that_is_spoken_too_fast_takes_time_that_its_neighbour_can_spare() -> None:
    slow, fast = paced([Span(0, 5, 2), Span(5, 6, 3)], 6.5)
    assert (slow, fast) == ((0, 3.5), (3.5, 6.5))


def test_captions_that_all_are_spoken_too_fast_share_what_there_is() -> None:
    assert paced([Span(0, 1, 2), Span(1, 2, 6)], 4) == [(0, 1), (1, 4)]


def test_captions_that_can_be_read_appear_with_their_speech() -> None:
    assert paced([Span(0, 3, 2), Span(3.4, 6, 2)], 7) == [(0, 3), (3.4, 6)]


def test_one_word_stays_a_second_and_forty_letters_two() -> None:
    assert (needed(2), needed(2 * FASTEST)) == (LEAST, 2)


def test_lines_survive_web_vtt() -> None:
    written = [Caption(0.5, 2, "first & line\nsecond <line>"), Caption(2, 3, "another")]
    assert read_web_vtt(web_vtt(written)) == written


def test_what_is_shown_has_the_words_of_what_is_said() -> None:
    say = "The rate of change, $\\frac{dy}{dx}$, tells how fast."
    found = captions([say], [Cue(0, 5, 5)])
    assert " ".join(caption.text for caption in found).split() == shown(say).split()


@pytest.mark.parametrize("say", ["a" * 300, "W" * 42 + " " + "i" * 42, "導数" * 40, "One. Two. Three. Four."])
def test_captions_can_be_read_however_fast_they_are_spoken(say: str) -> None:
    seconds = reading(say)
    for caption in captions([say], [Cue(LEAD_IN, LEAD_IN + seconds, spoken=0.3)]):
        assert len(caption.text.replace("\n", "")) / (caption.end - caption.start) <= 20.1
