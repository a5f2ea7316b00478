"""Figures of text: what is lit and scrolled, how it is wrapped, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pygments.lexers import get_lexer_by_name

from tests.rendering.extremes import LARGE, LOW
from tests.rendering.painting import Paint, Pixels
from videojob.visuals import CodeLines, CodeVisual, QuoteVisual, TableVisual
from videotutor_renderer.scene.figures import KINDS
from videotutor_renderer.scene.figures.code import LEADING
from videotutor_renderer.scene.figures.code_rows import LANGUAGES, code_lines, plain, rows, width
from videotutor_renderer.scene.figures.table import shared
from videotutor_renderer.scene.figures.words import SIZES


def test_a_long_table_is_split_into_even_pages_and_its_lit_row_stays_lit() -> None:
    rows = tuple((str(number),) for number in range(1, 14))
    pages = KINDS[TableVisual].split(TableVisual(header=("n",), rows=rows, highlight_row=6))
    assert [len(page.rows) for page in pages] == [4, 4, 5]
    assert tuple(row for page in pages for row in page.rows) == rows
    assert [page.highlight_row for page in pages] == [None, 2, None]


CODE = CodeVisual(
    source="first = 1\nsecond = 2\nthird = 3", highlights=(CodeLines(first=1), CodeLines(first=2, last=3)), output="6"
)


def brightness(picture: Pixels) -> list[int]:
    """The brightest point of each of the three lines of `CODE`, painted alone at the top of the largest box."""
    middle = (LARGE.y + LARGE.bottom) / 2
    row = SIZES[0] * LEADING
    top = middle - 5 * row / 2
    return [int(picture[int(top + i * row) : int(top + (i + 1) * row), 100:400, 1].max()) for i in range(3)]


def test_the_lit_lines_are_bright_and_the_others_dim_and_in_the_end_all_are_bright(paint: Paint) -> None:
    whole, one, two, end = (brightness(paint(CODE, LARGE, shown)) for shown in (1, 2, 3, 4))
    assert whole == end
    assert one[0] > 1.5 * max(one[1:])
    assert min(two[1:]) > 1.5 * two[0]


def test_code_that_is_higher_than_its_panel_is_scrolled_to_what_is_lit(paint: Paint) -> None:
    source = "\n".join("█" * 8 if line == 30 else "" for line in range(1, 41)).replace("\n\n", "\n.\n")
    visual = CodeVisual(source=source, highlights=(CodeLines(first=1), CodeLines(first=30)))
    box = LOW
    blocks = [int((paint(visual, box, shown)[:, :, 1] > 200).sum()) for shown in (2, 3)]
    assert blocks[1] > 5 * blocks[0]


def test_words_of_a_language_have_their_colours() -> None:
    (line,) = code_lines("def f(): return 'a', 1  # why", "python")
    inks = {text.strip(): ink for text, ink in line}
    assert [inks[text] for text in ("def", "f", "return", "1", "# why")] == [
        "keyword",
        "accent",
        "keyword",
        "number",
        "comment",
    ]


@pytest.mark.parametrize("language", ["no-such-language", "systemd", "robotframework"])
def test_a_language_that_is_unknown_or_slow_to_read_is_shown_in_one_colour(language: str) -> None:
    assert code_lines("def f()", language) == [[("def f()", "ink")]]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_pygments_knows_each_language_by_its_first_name(language: str) -> None:
    assert get_lexer_by_name(language).aliases[0] == language


sources = st.text(st.sampled_from("ab(\t \n'\"#{漢é🦊\\"), min_size=1, max_size=120)


@given(sources, st.sampled_from(["python", "c", "html", "text"]), st.integers(2, 30))
def test_wrapped_code_is_the_code_and_no_row_is_wider_than_it_may_be(source: str, language: str, columns: int) -> None:
    found = rows(code_lines(source, language), columns)
    assert all(word.column + width(word.text) <= columns for row in found for word in row.words)
    for number, line in enumerate(source.splitlines(), 1):
        words = "".join(word.text for row in found if row.line == number for word in row.words)
        assert words == plain(line).replace(" ", "")
    assert [row.line for row in found if row.first] == list(range(1, len(source.splitlines()) + 1))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"source": " \n "}, "source must have a line that is not empty"),
        ({"source": "x\n" * 41}, "source must have at most 40 lines: it has 41"),
        ({"output": "x\n" * 41}, "output must have at most 40 lines"),
        ({"highlights": (CodeLines(first=3),)}, "highlights must be lines from 1 to 2"),
        ({"highlights": (CodeLines(first=2, last=1),)}, "highlights must be lines from 1 to 2"),
        ({"language": "../x"}, "language"),
    ],
)
def test_code_that_cannot_be_shown_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CodeVisual(**{"source": "a\nb"} | fields)


@given(st.floats(50, 2000), st.lists(st.floats(1, 3000), min_size=1, max_size=5))
def test_columns_fill_the_width_and_narrow_ones_are_not_narrowed(width: float, natural: list[float]) -> None:
    widths = shared(width, natural)
    assert sum(widths) == pytest.approx(width)
    even = width / len(natural)
    assert all(w >= min(n, even) - 1e-6 for w, n in zip(widths, natural, strict=True))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"rows": (("1",),)}, "rows must have one cell for each of the 2 in header: row 1 does not"),
        ({"rows": ()}, "rows"),
        ({"header": ()}, "header"),
        ({"highlight_row": 2}, "highlightRow must be one of the 1 rows"),
        ({"highlight_column": 3}, "highlightColumn must be one of the 2 columns"),
    ],
)
def test_a_table_that_cannot_be_drawn_is_refused_with_its_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TableVisual(**{"header": ("a", "b"), "rows": (("1", "2"),)} | fields)


@pytest.mark.parametrize("fields", [{"quote": ""}, {"quote": "W" * 301}, {"quote": "a", "attribution": "W" * 101}])
def test_a_quote_that_cannot_be_shown_is_refused_with_its_field(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=list(fields)[-1]):
        QuoteVisual(**fields)
