"""Figures as people read them: a table, and how far each is from its bar."""

from __future__ import annotations

from collections.abc import Iterable

from bench.common.figures import Figure
from bench.common.plots import MISSED, OURS, Bar, chart

NONE = "–"


def table(figures: Iterable[Figure], floor: str, ours: str) -> str:
    """One row for each figure; `floor` and `ours` are the headings of what is compared."""
    rows = [
        f"| figure | {floor} | {ours} | ratio | bar | | alone |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in figures:
        beside = NONE if figure.floor is None else _value(figure.floor, figure.unit)
        bar = _value(figure.bar, figure.unit) if figure.floor is None else f"{figure.bar:.2f} × {floor}"
        cells = [
            figure.title,
            beside,
            _value(figure.value, figure.unit),
            f"{figure.ratio:.2f}",
            f"≤ {bar}",
            "held" if figure.holds else "**missed**",
            f"`{figure.command}`",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def shares(figures: Iterable[Figure]) -> str:
    """A plot of the part that each figure takes of what its bar allows."""
    bars = [_share(figure) for figure in figures]
    return chart("Share of what its bar allows (line: all of it)", bars, limit=100)


def _share(figure: Figure) -> Bar:
    share = 100 * figure.ratio / figure.most
    return Bar(figure.name, share, f"{share:.0f} %", OURS if figure.holds else MISSED)


def _value(value: float, unit: str) -> str:
    """With three digits that say something: `9.31 s`, `148 s`, `5`."""
    digits = max(0, 2 - len(str(int(abs(value)))) + 1)
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}".rstrip()
