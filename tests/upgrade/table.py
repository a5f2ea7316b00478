"""The matrix as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable

from tests.upgrade.verdict import Cell

HEAD = (
    "| step | ended by | failed | planned again | rendered twice | Jobs ended | another image | reports lost "
    "| edits wrong | status writes | |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|"
)


def page(cells: Iterable[Cell], command: str) -> str:
    """One table for each sequence, then what is wrong."""
    cells = list(cells)
    parts = [f"Written by `{command}`."]
    for name in dict.fromkeys(cell.sequence for cell in cells):
        rows = [_row(cell) for cell in cells if cell.sequence == name]
        parts.append("\n".join([f"**{name[0].upper()}{name[1:]}**\n", HEAD, *rows]))
    reasons = dict.fromkeys((cell.step, cell.sequence, cell.impossible) for cell in cells if cell.impossible)
    parts += [f"*{step}* ({sequence}): {why}." for step, sequence, why in reasons]
    return "\n\n".join(parts)


def _row(cell: Cell) -> str:
    counts = (
        cell.failed,
        cell.planned_again,
        cell.rendered_twice,
        cell.ended,
        cell.other_image,
        cell.lost_reports,
        cell.wrong_edits,
    )
    outcome = "as 092fef3 does" if cell.impossible else "good" if cell.good else "**wrong**"
    figures = " | ".join(str(len(entries)) for entries in counts)
    writes = f"{cell.writes} in {cell.window:.0f} s"
    return f"| {cell.step} | {cell.stopped_by} | {figures} | {writes} | {outcome} |"
