"""The pictures of docs/visuals.md: each example there, in every theme and ratio, on one sheet.

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
HEIGHT, GAP = 240, 8
"""Pixels of each picture's height, and between pictures."""

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
        rows.append(_beside([_scaled(picture(content, output)) for output in outputs]))
    gap = np.full((GAP, rows[0].shape[1], 4), 128, dtype=np.uint8)
    return np.ascontiguousarray(np.concatenate([part for row in rows for part in (row, gap)][:-1]))


def picture(content: SceneContent, output: Output) -> npt.NDArray[np.uint8]:
    """The last picture of a scene, which may show pictures of the docs."""
    return still(content, Look(output, images_of(content, output, Store(ROOT), PAGE.parent.name)), "en")


def _beside(pictures: list[npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
    gap = np.full((HEIGHT, GAP, 4), 128, dtype=np.uint8)
    return np.concatenate([part for picture in pictures for part in (picture, gap)][:-1], axis=1)


def _scaled(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = picture.shape[:2]
    small = np.zeros((HEIGHT, 2 * round(width * HEIGHT / height / 2), 4), dtype=np.uint8)
    target = _surface(small)
    context = cairo.Context(target)
    context.scale(small.shape[1] / width, HEIGHT / height)
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
    """Draw every sheet anew."""
    found = examples()
    with ProcessPoolExecutor() as workers:
        for path, pixels in zip(found, workers.map(sheet, found.values()), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            _surface(pixels).write_to_png(str(path))
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
