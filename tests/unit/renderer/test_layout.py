"""The layout: whatever is shown, nothing overlaps, nothing leaves the margins, nothing is lost."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.renderer.strategies import contents
from videojob.storyboard import Beat, BulletsVisual, EquationVisual, PlotVisual, SceneContent, TitleVisual
from videotutor_renderer.scene.blocks import Block, Formula, Graph, Opening, Point, Words, steps
from videotutor_renderer.scene.layout import HEIGHT, LEAST, MARGIN_X, MARGIN_Y, WIDTH, Box, mirrored, pages

AREA = Box(MARGIN_X, 150, WIDTH - 2 * MARGIN_X, HEIGHT - MARGIN_Y - 150)


def measure(block: Block, size: float, width: float) -> tuple[float, float]:
    """About what the typesetter answers: letters half as wide as tall, lines that wrap."""
    match block:
        case Graph():
            return width, 300.0
        case Formula(latex=latex):
            return len(latex) * size * 0.5, size * 2
        case Opening(text=text) | Point(text=text) | Words(text=text):
            lines = -(-len(text) * size * 0.5 // width)
            return width, max(1, lines) * size * 1.3


def boxes_overlap(a: Box, b: Box) -> bool:
    apart = a.x + a.width <= b.x or b.x + b.width <= a.x or a.y + a.height <= b.y or b.y + b.height <= a.y
    return not apart


@given(contents, st.floats(80, 330))
def test_no_block_overlaps_another_or_leaves_the_margins(content: SceneContent, top: float) -> None:
    area = Box(MARGIN_X, top, WIDTH - 2 * MARGIN_X, HEIGHT - MARGIN_Y - top)
    for page in pages(steps(content), area, measure):
        for placed in page.placed:
            box = placed.box
            assert box.x >= MARGIN_X - 1e-6
            assert box.y >= top - 1e-6
            assert box.x + box.width <= WIDTH - MARGIN_X + 1e-6
            assert box.y + box.height <= HEIGHT - MARGIN_Y + 1e-6
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


def test_margins_are_the_title_safe_area() -> None:
    assert MARGIN_X >= 0.05 * WIDTH
    assert MARGIN_Y >= 0.05 * HEIGHT


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
    *texts, graph = page.placed
    assert all(placed.box.x + placed.box.width < graph.box.x for placed in texts)


@given(contents)
def test_pages_for_readers_from_right_to_left_keep_the_margins(content: SceneContent) -> None:
    found = pages(steps(content), AREA, measure)
    for page, mirror in zip(found, mirrored(found), strict=True):
        for placed, other in zip(page.placed, mirror.placed, strict=True):
            assert MARGIN_X - 1e-6 <= other.box.x <= WIDTH - MARGIN_X - other.box.width + 1e-6
            assert (placed.step, placed.size, placed.box.y) == (other.step, other.size, other.box.y)


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
    assert [step.fraction for step in steps(content)] == [0, 0.25, 0.5]


def test_a_scene_that_shows_nothing_shows_its_words() -> None:
    content = SceneContent(title="t", beats=(Beat(say="First."), Beat(say="Second.")))
    assert [step.block for step in steps(content)] == [Words("First."), Words("Second.")]
