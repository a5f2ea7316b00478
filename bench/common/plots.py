"""Bar charts as SVG, written by hand: a library for plots would be larger than the benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _ROW, _TOP, _LABELS, _VALUES = 860, 26, 48, 380, 110
_INK, _GRID = "#1f2933", "#9aa5b1"


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what it is, how long, what is written at its end, and its colour."""

    label: str
    value: float
    text: str
    colour: str


FLOOR, OPERATOR, ELSEWHERE, MISSED = "#9aa5b1", "#2f6fdb", "#e0a458", "#c8413b"
"""Colours of the ideal client, of this operator, of what was recorded elsewhere, and of a bar that is not held."""


def chart(title: str, bars: Sequence[Bar], *, limit: float | None = None) -> str:
    """Horizontal bars from zero; `limit` is drawn as a line across them."""
    longest = max([bar.value for bar in bars] + ([limit] if limit else []))
    scale = (_WIDTH - _LABELS - _VALUES) / longest
    height = _TOP + _ROW * len(bars) + 16
    look = f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {look} role="img" aria-label="{escape(title)}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="28" font-size="16" font-weight="bold" fill="{_INK}">{escape(title)}</text>',
        *(_row(bar, _TOP + _ROW * number, scale) for number, bar in enumerate(bars)),
    ]
    if limit:
        x = _LABELS + limit * scale
        parts.append(
            f'<path d="M{x:.1f} {_TOP - 4}V{height - 10}" stroke="{_GRID}" stroke-width="2" stroke-dasharray="5 4"/>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _row(bar: Bar, top: float, scale: float) -> str:
    length = max(bar.value * scale, 1)
    return (
        f'<text x="{_LABELS - 10}" y="{top + 17}" text-anchor="end" fill="{_INK}">{escape(bar.label)}</text>'
        f'<rect x="{_LABELS}" y="{top + 4}" width="{length:.1f}" height="{_ROW - 8}" fill="{bar.colour}"/>'
        f'<text x="{_LABELS + length + 6:.1f}" y="{top + 17}" fill="{_INK}">{escape(bar.text)}</text>'
    )
