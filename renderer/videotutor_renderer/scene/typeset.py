"""Text and formulas as pictures: Typst sets them, bidirectional and in any script, and cairo takes them.

User text reaches Typst only as data in `sys.inputs`, so it is never markup; the root is an empty directory, so
nothing can be read from disk, and no text can make it import a package.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import cairo
import typst

FONT_DIRECTORIES = ("/usr/share/fonts/truetype/noto", "/usr/share/fonts/opentype/noto")
"""Where Debian's fonts-noto-core, fonts-noto-color-emoji and fonts-noto-cjk put their files."""

FALLBACKS = (
    "Noto Naskh Arabic",
    "Noto Sans Hebrew",
    "Noto Sans CJK SC",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Math",
    "Noto Sans Symbols",
    "Noto Sans Symbols 2",
    "Noto Color Emoji",
)
_HAN_FONTS = {
    "ja": "Noto Sans CJK JP",
    "ko": "Noto Sans CJK KR",
    "zh-TW": "Noto Sans CJK TC",
    "zh-HK": "Noto Sans CJK HK",
}

MARGIN = 2
"""Points kept around each picture, so that overhanging glyphs are not cut off."""

_SOURCE = """
#let pictures = json(bytes(sys.inputs.pictures))
#for picture in pictures {
  set page(width: if picture.width == none { auto } else { picture.width * 1pt }, height: auto,
           margin: picture.margin * 1pt, fill: none)
  if picture.svg != none {
    page(image(bytes(picture.svg), format: "svg", width: picture.size * 1pt))
  } else {
    set text(font: picture.fonts, size: picture.size * 1pt, weight: picture.weight, fill: rgb(picture.colour),
             lang: picture.language, dir: if picture.rtl { rtl } else { ltr }, hyphenate: false,
             top-edge: "ascender", bottom-edge: "descender")
    set par(leading: 0.12em, linebreaks: "optimized")
    page(if picture.marker == none { align(if picture.centred { center } else { start }, text(picture.text)) } else {
      grid(columns: (1.1em, 1fr), text(fill: rgb(picture.accent), picture.marker), align(start, text(picture.text)))
    })
  }
}
"""
_LONG_WORD = re.compile(r"\S{16,}")


@dataclass(frozen=True)
class Text:
    """A paragraph: `width` in points wraps it (None: one line as wide as it is), `marker` hangs before it."""

    text: str
    size: float
    colour: str
    width: float | None = None
    weight: str = "regular"
    marker: str | None = None
    accent: str = "000000"
    font: str = "Noto Sans"
    centred: bool = False


@dataclass(frozen=True)
class Drawing:
    """An SVG document drawn `size` points wide."""

    svg: str
    size: float


@dataclass(frozen=True)
class Picture:
    """A transparent picture; width and height in points of the 1280x720 design, whatever its resolution."""

    surface: cairo.ImageSurface
    width: float
    height: float


class Typesetter:
    """Sets texts and drawings at one resolution, and remembers what it has set."""

    def __init__(self, scale: float, language: str, empty_root: Path) -> None:
        """`scale` is pixels of the output for each point of the design."""
        self._scale = scale
        self._language = language
        self._root = empty_root
        self._done: dict[Text | Drawing, Picture] = {}

    @cached_property
    def _compiler(self) -> typst.Compiler:
        return typst.Compiler(_SOURCE.encode(), root=str(self._root), font_paths=fonts())

    def picture(self, wanted: Text | Drawing) -> Picture:
        """One picture."""
        return self.pictures([wanted])[0]

    def pictures(self, wanted: Sequence[Text | Drawing]) -> list[Picture]:
        """Several pictures, set at once, which is faster than one by one."""
        new = list(dict.fromkeys(item for item in wanted if item not in self._done))
        if new:
            for item, png in zip(new, self._compile(new), strict=True):
                surface = cairo.ImageSurface.create_from_png(io.BytesIO(png))
                size = (surface.get_width() / self._scale, surface.get_height() / self._scale)
                self._done[item] = Picture(surface, *size)
        return [self._done[item] for item in wanted]

    def _compile(self, items: Sequence[Text | Drawing]) -> list[bytes]:
        described = json.dumps([self._describe(item) for item in items])
        pages = self._compiler.compile(
            _SOURCE.encode(), format="png", ppi=72 * self._scale, sys_inputs={"pictures": described}
        )
        return [pages] if isinstance(pages, bytes) else pages or []

    def _describe(self, item: Text | Drawing) -> dict[str, object]:
        if isinstance(item, Drawing):
            return {"svg": item.svg, "size": item.size, "width": None, "margin": 0}
        text = breakable(item.text)
        han = _HAN_FONTS.get(self._language) or _HAN_FONTS.get(self._language.split("-")[0])
        return {
            "svg": None,
            "margin": MARGIN,
            "width": item.width,
            "text": text,
            "size": item.size,
            "weight": item.weight,
            "colour": f"#{item.colour}",
            "accent": f"#{item.accent}",
            "marker": item.marker,
            "centred": item.centred,
            "language": self._language.split("-")[0],
            "rtl": reads_right_to_left(text),
            "fonts": [item.font, *([han] if han else []), *FALLBACKS],
        }


@cache
def fonts() -> typst.Fonts:
    """The fonts that texts are set in; finding them takes as long as a few texts do."""
    return typst.Fonts(include_system_fonts=False, font_paths=[d for d in FONT_DIRECTORIES if Path(d).is_dir()])


def reads_right_to_left(text: str) -> bool:
    """Direction of a paragraph: that of its first letter with one (Unicode Bidirectional Algorithm, rule P2)."""
    strong = (unicodedata.bidirectional(character) for character in text)
    return next((kind in {"R", "AL"} for kind in strong if kind in {"L", "R", "AL"}), False)


def breakable(text: str) -> str:
    """The text on one line without control characters, where words too long for a line may be broken."""
    plain = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in {"Cc", "Cs"}
    )
    return _LONG_WORD.sub(lambda match: _with_break_points(match[0]), plain)


def _with_break_points(word: str) -> str:
    """Zero-width spaces every four letters, never inside what is drawn as one (accents, joined emoji, flags)."""
    parts: list[str] = []
    for i, character in enumerate(word):
        joined = i == 0 or _joins(character) or word[i - 1] == "\u200d" or _joins(word[i - 1])
        if i % 4 == 0 and not joined and unicodedata.bidirectional(character) != "AL":
            parts.append("\u200b")
        parts.append(character)
    return "".join(parts)


def _joins(character: str) -> bool:
    return (
        unicodedata.category(character).startswith("M")
        or character == "\u200d"
        or "\U0001f1e6" <= character <= "\U0001f1ff"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
