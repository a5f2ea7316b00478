"""Colours of the two themes. Contrast of body text to background is above 12:1 in both (WCAG asks for 4.5)."""

from __future__ import annotations

from dataclasses import dataclass

from videojob.spec import Theme

Colour = tuple[float, float, float]


def colour(hex_digits: str) -> Colour:
    """`rrggbb` as red, green and blue from 0 to 1."""
    return (int(hex_digits[0:2], 16) / 255, int(hex_digits[2:4], 16) / 255, int(hex_digits[4:6], 16) / 255)


@dataclass(frozen=True)
class Palette:
    """Hex colours `rrggbb`; `curves` are told apart by colour-blind viewers too (after Okabe and Ito, 2008)."""

    top: str
    bottom: str
    panel: str
    border: str
    ink: str
    muted: str
    accent: str
    curves: tuple[str, str, str]
    title_font: str


PALETTES = {
    Theme.CHALK: Palette(
        top="1d2b2f",
        bottom="1d2b2f",
        panel="24353a",
        border="3a5057",
        ink="f4f1e8",
        muted="a9b8b8",
        accent="ffd166",
        curves=("ffd166", "6cc7f2", "ff9b85"),
        title_font="Noto Sans",
    ),
    Theme.PAPER: Palette(
        top="fdfbf6",
        bottom="f4efe4",
        panel="fffefb",
        border="d9d0bf",
        ink="22272e",
        muted="667080",
        accent="b3401f",
        curves=("1f5fb4", "c8501e", "1f7a4d"),
        title_font="Noto Serif",
    ),
}
