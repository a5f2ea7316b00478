"""Design tokens of the themes. Every colour that text is set in has a contrast of 4.5:1 or more (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from dataclasses import dataclass

from videojob.spec import Theme

Colour = tuple[float, float, float]


def colour(hex_digits: str) -> Colour:
    """`rrggbb` as red, green and blue from 0 to 1."""
    return (int(hex_digits[0:2], 16) / 255, int(hex_digits[2:4], 16) / 255, int(hex_digits[4:6], 16) / 255)


def mixed(first: str, second: str, part: float) -> str:
    """The colour that has this part of the second one, from 0 to 1, and the rest of the first; all `rrggbb`."""
    pairs = zip(bytes.fromhex(first), bytes.fromhex(second), strict=True)
    return bytes(round(a + (b - a) * part) for a, b in pairs).hex()


@dataclass(frozen=True)
class Tokens:
    """Colours `rrggbb` by what they are for, and fonts.

    `top` and `bottom` are the ends of the background's gradient; `panel` is what figures stand on. `ink`, `muted` and
    `accent` are for text and lines, `good` and `bad` for right and wrong. `series` tell several things apart, for
    colour-blind viewers too (after Okabe and Ito, 2008); the code colours follow the words of editors, and
    the code font comes with Typst.
    """

    top: str
    bottom: str
    panel: str
    border: str
    ink: str
    muted: str
    accent: str
    good: str
    bad: str
    series: tuple[str, str, str, str, str, str]
    keyword: str
    string: str
    number: str
    comment: str
    title_font: str
    code_font: str = "DejaVu Sans Mono"


TOKENS = {
    Theme.CHALK: Tokens(
        top="1d2b2f",
        bottom="1d2b2f",
        panel="24353a",
        border="3a5057",
        ink="f4f1e8",
        muted="a9b8b8",
        accent="ffd166",
        good="8fd694",
        bad="ff9b85",
        series=("ffd166", "6cc7f2", "ff9b85", "8fd694", "d5a6f5", "e8e0c9"),
        keyword="ff9b85",
        string="8fd694",
        number="6cc7f2",
        comment="a9b8b8",
        title_font="Noto Sans",
    ),
    Theme.PAPER: Tokens(
        top="fdfbf6",
        bottom="f4efe4",
        panel="fffefb",
        border="d9d0bf",
        ink="22272e",
        muted="5a6472",
        accent="b3401f",
        good="1b6b43",
        bad="b3261e",
        series=("1f5fb4", "b3471a", "1b6b43", "8a3d8f", "7a5c00", "4a5563"),
        keyword="8a3d8f",
        string="1b6b43",
        number="1f5fb4",
        comment="5a6472",
        title_font="Noto Serif",
    ),
    Theme.CONTRAST: Tokens(
        top="000000",
        bottom="000000",
        panel="000000",
        border="ffffff",
        ink="ffffff",
        muted="e0e0e0",
        accent="ffe100",
        good="6dff6d",
        bad="ffa099",
        series=("ffe100", "5fd7ff", "ffa099", "6dff6d", "e9b3ff", "ffffff"),
        keyword="ffe100",
        string="6dff6d",
        number="5fd7ff",
        comment="e0e0e0",
        title_font="Noto Sans",
    ),
}
