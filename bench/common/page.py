"""The page of results: each benchmark writes its own part of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PAGE = Path("docs/benchmarks.md")
_FIRST_WORDS = "<!-- Written by `make "


def put(root: Path, command: str, part: str) -> None:
    """Write the part of `make {command}` into the page below a folder: in the place of the old one, or at the end."""
    path = root / PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text() if path.exists() else ""
    parts = [f"{_FIRST_WORDS}{rest.strip()}\n" for rest in text.split(_FIRST_WORDS)[1:]]
    mine = f"{_FIRST_WORDS}{command}`; edit bench/{command.removeprefix('bench-')}/report.py instead. -->\n{part}\n"
    others = [old.startswith(f"{_FIRST_WORDS}{command}`") for old in parts]
    if True in others:
        parts[others.index(True)] = mine
    else:
        parts.append(mine)
    path.write_text("\n".join(parts))


def put_beside(root: Path, files: Mapping[Path, str]) -> None:
    """Write what the page links to, below the same folder: raw figures and plots."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
