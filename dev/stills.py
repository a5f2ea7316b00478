"""The pictures of docs/visuals.md: each example there, in every theme and ratio, on one sheet; and the README's.

`make stills` writes them; tests/visual compares what is drawn today with them. The pictures that examples show lie in
docs/images under their ids, as they would in the artifact store.
"""

from __future__ import annotations

import json
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cairo
import numpy as np
import numpy.typing as npt

from videojob.spec import Aspect, Output, Resolution, Theme
from videojob.storyboard import SceneContent
from videotutor_renderer.scene.images import Look, images_of
from videotutor_renderer.scene.render import still
from videotutor_renderer.store import Store

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "visuals.md"
HEIGHT, COVER_HEIGHT, GAP = 240, 300, 8
"""Pixels of a picture's height on a sheet and on the cover, and between pictures."""
COVER = ROOT / "docs" / "images" / "cover.png"
ON_COVER = (
    (("derivation", Theme.CHALK), ("plot", Theme.PAPER)),
    (("geometry", Theme.CONTRAST), ("code", Theme.CHALK)),
)
"""The README's picture: examples and their themes, row by row."""

_EXAMPLE = re.compile(r"!\[[^\]]*\]\((?P<path>images/visuals/[a-z]+\.png)\)\n\n```json\n(?P<json>.*?)\n```", re.DOTALL)


def examples() -> dict[Path, SceneContent]:
    """Where each sheet is kept -> the scene that it shows, as docs/visuals.md has them."""
    found = _EXAMPLE.finditer(PAGE.read_text(encoding="utf-8"))
    return {PAGE.parent / match["path"]: SceneContent.model_validate(json.loads(match["json"])) for match in found}


def sheet(content: SceneContent) -> npt.NDArray[np.uint8]:
    """The last picture of a scene: themes below one another, ratios beside; rows of pixels in BGRA."""
    rows = []
    for theme in Theme:
        outputs = [Output(resolution=Resolution.P480, theme=theme, aspect_ratio=aspect) for aspect in Aspect]
        rows.append([picture(content, output) for output in outputs])
    return _arranged(rows, HEIGHT)


def cover() -> npt.NDArray[np.uint8]:
    """Scenes of several kinds and themes, as in videos of 16:9; rows of pixels in BGRA."""
    scenes = {path.stem: content for path, content in examples().items()}
    rows = [[picture(scenes[name], Output(theme=theme)) for name, theme in row] for row in ON_COVER]
    return _arranged(rows, COVER_HEIGHT)


def picture(content: SceneContent, output: Output) -> npt.NDArray[np.uint8]:
    """The last picture of a scene, which may show pictures of the docs."""
    return still(content, Look(output, images_of(content, output, Store(ROOT), PAGE.parent.name)), "en")


def _arranged(rows: list[list[npt.NDArray[np.uint8]]], high: int) -> npt.NDArray[np.uint8]:
    """Pictures beside and below one another, each so many pixels high."""
    return _joined([_joined([_scaled(picture, high) for picture in row], 1) for row in rows], 0)


def _joined(parts: list[npt.NDArray[np.uint8]], axis: int) -> npt.NDArray[np.uint8]:
    """The parts with a gap between each two of them."""
    size = list(parts[0].shape)
    size[axis] = GAP
    gap = np.full(size, 128, dtype=np.uint8)
    return np.ascontiguousarray(np.concatenate([piece for part in parts for piece in (part, gap)][:-1], axis=axis))


def _scaled(picture: npt.NDArray[np.uint8], high: int) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    small = np.zeros((high, 2 * round(width * high / height / 2), 4), dtype=np.uint8)
    target = _surface(small)
    context = cairo.Context(target)
    context.scale(small.shape[1] / width, high / height)
    context.set_source_surface(_surface(picture))
    context.get_source().set_filter(cairo.FILTER_BEST)
    context.paint()
    target.flush()
    return small


def _surface(pixels: npt.NDArray[np.uint8]) -> cairo.ImageSurface:
    """The rows as cairo's surface, sharing their memory."""
    height, width = pixels.shape[:2]
    return cairo.ImageSurface.create_for_data(pixels.data, cairo.FORMAT_RGB24, width, height)


def main() -> None:
    """Draw every sheet and the cover anew."""
    _surface(cover()).write_to_png(str(COVER))
    found = examples()
    with ProcessPoolExecutor() as workers:
        for path, pixels in zip(found, workers.map(sheet, found.values()), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            _surface(pixels).write_to_png(str(path))
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
