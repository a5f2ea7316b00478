"""The layout: whatever is shown, nothing overlaps, nothing leaves the margins, nothing is lost."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.renderer.strategies import contents
from videojob.spec import Aspect
from videojob.storyboard import Beat, SceneContent
from videojob.visuals import BulletsVisual, EquationVisual, PlotVisual, TitleVisual
from videotutor_renderer.scene.blocks import Block, Formula, Moment, Opening, Panel, Point, Step, Words, steps
from videotutor_renderer.scene.frame import CAPTIONS, FRAMES, Box, Frame
from videotutor_renderer.scene.layout import LEAST, mirrored, pages

WIDE = FRAMES[Aspect.WIDE]
frames = st.sampled_from(list(FRAMES.values()))


def below(top: float, frame: Frame = WIDE) -> Box:
    return Box(frame.margin_x, top, frame.width - 2 * frame.margin_x, frame.bottom - top)


AREA = below(150)


def measure(block: Block, size: float, width: float) -> tuple[float, float]:
    """About what the typesetter answers: letters half as wide as tall, lines that wrap."""
    match block:
        case Panel():
            return width, 300.0
        case Formula(latex=latex):
            return len(latex) * size * 0.5, size * 2
        case Opening(text=text) | Point(text=text) | Words(text=text):
            lines = -(-len(text) * size * 0.5 // width)
            return width, max(1, lines) * size * 1.3


def boxes_overlap(a: Box, b: Box) -> bool:
    apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
    return not apart


@given(contents, st.floats(80, 280), frames)
def test_no_block_overlaps_another_or_leaves_the_margins(content: SceneContent, top: float, frame: Frame) -> None:
    for page in pages(steps(content), below(top, frame), measure):
        for placed in page.placed:
            box = placed.box
            assert box.x >= frame.margin_x - 1e-6
            assert box.y >= top - 1e-6
            assert box.right <= frame.width - frame.margin_x + 1e-6
            assert box.bottom <= frame.bottom + 1e-6
        for a, b in combinations(page.placed, 2):
            assert not boxes_overlap(a.box, b.box)


@given(contents)
def test_every_step_is_on_one_page_in_the_order_it_appears(content: SceneContent) -> None:
    wanted = steps(content)
    shown = [placed.step for page in pages(wanted, AREA, measure) for placed in page.placed]
    assert shown == wanted


@given(contents)
def test_text_is_never_smaller_than_what_can_be_read(content: SceneContent) -> None:
    sizes = [placed.size for page in pages(steps(content), AREA, measure) for placed in page.placed]
    assert all(size >= LEAST for size in sizes)


@pytest.mark.parametrize("frame", FRAMES.values())
def test_margins_are_the_title_safe_area_and_captions_have_their_own(frame: Frame) -> None:
    assert frame.margin_x >= 0.05 * frame.width
    assert frame.margin_y >= 0.05 * frame.height
    assert frame.bottom == pytest.approx((1 - CAPTIONS) * frame.height)


def test_text_stands_beside_a_plot() -> None:
    content = SceneContent(
        title="t",
        beats=(
            Beat(say="a", show=BulletsVisual(items=("one", "two"))),
            Beat(say="b", show=EquationVisual(latex="x^2")),
            Beat(say="c", show=PlotVisual(expressions=("x",))),
        ),
    )
    (page,) = pages(steps(content), AREA, measure)
    *texts, plot = page.placed
    assert all(placed.box.right < plot.box.x for placed in texts)


def test_text_that_follows_a_plot_stands_below_it_while_there_is_room_else_beside_it() -> None:
    plot = Beat(say="a", show=PlotVisual(expressions=("x",)))
    for items, below in ((("one",), True), (("one", "two", "three", "four"), False)):
        content = SceneContent(title="t", beats=(plot, Beat(say="b", show=BulletsVisual(items=items))))
        (page,) = pages(steps(content), AREA, measure)
        shown, *texts = page.placed
        assert all((placed.box.y > shown.box.bottom) is below for placed in texts)
        assert all((placed.box.right < shown.box.x) is not below for placed in texts)


def test_text_stands_above_and_below_a_plot_where_the_picture_is_not_wide() -> None:
    content = SceneContent(
        title="t",
        beats=(
            Beat(say="a", show=BulletsVisual(items=("one",))),
            Beat(say="b", show=PlotVisual(expressions=("x",))),
            Beat(say="c", show=BulletsVisual(items=("two",))),
        ),
    )
    (page,) = pages(steps(content), below(150, FRAMES[Aspect.TALL]), measure)
    above, plot, beneath = (placed.box for placed in page.placed)
    assert above.bottom < plot.y
    assert plot.bottom < beneath.y


def test_the_parts_of_a_figure_are_told_by_its_beat_and_those_after_it_that_show_nothing() -> None:
    plot = PlotVisual(expressions=("x", "x^2", "x^3"))
    silent, told = Beat(say="and"), Beat(say="so", show=BulletsVisual(items=("one",)))
    content = SceneContent(title="t", beats=(Beat(say="a", show=plot), silent, told, silent))

    figure, _ = steps(content)
    assert figure.moments == (Moment(0, 0, 0.75), Moment(1, 0, 0.375), Moment(1, 0.375, 0.375))
    (alone, *_) = steps(SceneContent(title="t", beats=(Beat(say="a", show=plot), told)))
    assert [moment.beat for moment in alone.moments] == [0, 0, 0]


@given(contents)
def test_pages_for_readers_from_right_to_left_keep_the_margins(content: SceneContent) -> None:
    found = pages(steps(content), AREA, measure)
    for page, mirror in zip(found, mirrored(found, WIDE), strict=True):
        for placed, other in zip(page.placed, mirror.placed, strict=True):
            assert WIDE.margin_x - 1e-6 <= other.box.x
            assert other.box.right <= WIDE.width - WIDE.margin_x + 1e-6
            assert (placed.step, placed.size, placed.box.y) == (other.step, other.size, other.box.y)


def test_blank_points_are_not_shown() -> None:
    blank, figure = BulletsVisual(items=(" ",)), PlotVisual(expressions=("x",))
    content = SceneContent(title="t", beats=(Beat(say="a", show=blank), Beat(say="b", show=figure)))
    assert [type(step.block) for step in steps(content)] == [Panel]


def test_a_second_plot_starts_a_new_page() -> None:
    plot = PlotVisual(expressions=("x",))
    content = SceneContent(title="t", beats=(Beat(say="a", show=plot), Beat(say="b", show=plot)))
    assert len(pages(steps(content), AREA, measure)) == 2


def test_a_large_title_has_the_page_to_itself() -> None:
    content = SceneContent(
        title="t",
        beats=(Beat(say="a", show=TitleVisual(text="big")), Beat(say="b", show=BulletsVisual(items=("one",)))),
    )
    assert [len(page.placed) for page in pages(steps(content), AREA, measure)] == [1, 1]


def test_points_of_one_beat_appear_one_after_the_other() -> None:
    content = SceneContent(title="t", beats=(Beat(say="a", show=BulletsVisual(items=("one", "two", "three"))),))
    assert [step.moments[0].fraction for step in steps(content)] == [0, 0.25, 0.5]


def test_a_scene_that_shows_nothing_shows_its_words() -> None:
    content = SceneContent(title="t", beats=(Beat(say="First."), Beat(say="Second.")))
    assert [step.block for step in steps(content)] == [Words("First."), Words("Second.")]


def test_text_too_long_for_a_page_at_any_size_keeps_the_width_that_it_was_wrapped_in() -> None:
    low = Box(0, 0, 1136, 60)
    words = Step(Opening("W" * 200, "W" * 200), (Moment(0, 0.0, 1.0),))
    (page,) = pages([words], low, measure)
    assert page.placed[0].box == low
