"""The scene as a composition of moviepy: clips of text that fade in over a clip of the curve, drawn with Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from moviepy import ColorClip, CompositeVideoClip, TextClip, VideoClip, vfx
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from bench.render.peers.task import asked, ffmpeg_arguments

FONT = "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"


def make(scene: dict[str, Any], video: Path) -> None:
    """Make the video."""
    width, height, seconds = scene["width"], scene["height"], scene["frames"] / scene["rate"]
    ground = ColorClip((width, height), ImageColor.getrgb(scene["background"]), duration=seconds)
    texts = [
        TextClip(font=FONT, text=text, font_size=size, color=scene["ink"], margin=(4, 24))
        .with_position((round(x * width), round(y * height)))
        .with_start(max(0.0, start))
        .with_duration(seconds - max(0.0, start))
        .with_effects([vfx.CrossFadeIn(fade)])
        for text, size, (x, y), (start, fade) in scene["texts"]
    ]
    whole = CompositeVideoClip([ground, _graph(scene, seconds), *texts])
    whole.write_videofile(
        str(video),
        fps=scene["rate"],
        codec="libx264",
        preset=scene["x264"]["preset"],
        audio=False,
        threads=1,
        ffmpeg_params=ffmpeg_arguments(scene),
        logger=None,
    )


def _graph(scene: dict[str, Any], seconds: float) -> VideoClip:
    left, bottom, wide, high = scene["axes"]
    size = round(wide * scene["width"]), round(high * scene["height"])
    empty = Image.new("RGB", size, scene["panel"])
    pen = ImageDraw.Draw(empty)
    for i in range(7):
        pen.line([(i * size[0] / 6, 0), (i * size[0] / 6, size[1])], fill=scene["border"])
        pen.line([(0, i * size[1] / 6), (size[0], i * size[1] / 6)], fill=scene["border"])
    x = np.linspace(-3, 3, 800)
    places = list(zip((x + 3) / 6 * size[0], (9 - x**2) / 10 * size[1], strict=True))
    begins, lasts = scene["curve"]

    def picture(at: float) -> NDArray[np.uint8]:
        count = round(len(places) * min(1.0, max(0.0, (at - begins) / lasts)))
        drawn = empty.copy()
        ImageDraw.Draw(drawn).line(places[:count], fill=scene["accent"], width=4)
        return np.asarray(drawn)

    top = 1 - bottom - high
    place = round(left * scene["width"]), round(top * scene["height"])
    return VideoClip(picture, duration=seconds).with_position(place)


if __name__ == "__main__":
    with asked() as task:
        make(*task)
