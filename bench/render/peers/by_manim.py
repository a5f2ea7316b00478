"""The scene as one of manim's: each thing appears in an animation of its own, with waits between them."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import manim

from bench.render.peers.task import asked

FRAME_WIDTH, FRAME_HEIGHT = 128 / 9, 8.0
"""Manim's units, for pictures of 16:9."""


def make(scene: dict[str, Any], video: Path) -> None:
    """Make the video."""
    with TemporaryDirectory() as folder:
        encoder = Path(folder, "manim.cfg")
        encoder.write_text("\n".join(["[video_encoder.options]", *map(" = ".join, scene["x264"].items())]))
        manim.config.digest_file(encoder)
        settings = {
            "media_dir": folder,
            "pixel_width": scene["width"],
            "pixel_height": scene["height"],
            "frame_rate": scene["rate"],
            "background_color": scene["background"],
            "disable_caching": True,
            "verbosity": "ERROR",
            "progress_bar": "none",
        }
        with manim.tempconfig(settings):
            made = manim.Scene()
            made.construct = lambda: _play(made, scene)
            made.render()
            shutil.move(made.renderer.file_writer.movie_file_path, video)


def _play(made: Any, scene: dict[str, Any]) -> None:
    steps = [(start, lasts, manim.FadeIn(text)) for text, start, lasts in _texts(scene)]
    left, bottom, wide, high = scene["axes"]
    axes = manim.Axes(
        x_range=[-3, 3], y_range=[-1, 9, 2], x_length=wide * FRAME_WIDTH, y_length=high * FRAME_HEIGHT, tips=False
    )  # without numbers: manim sets those with LaTeX
    axes.move_to(_place(left + wide / 2, 1 - bottom - high / 2))
    made.add(axes)
    curve = axes.plot(lambda x: x**2, color=scene["accent"])
    begins, draws = scene["curve"]
    steps.append((begins, draws, manim.Create(curve, rate_func=manim.linear)))
    now = steps[0][0]  # ours is in its midst when the scene begins
    for start, lasts, animation in sorted(steps, key=lambda step: step[0]):
        if start > now:
            made.wait(start - now)
        made.play(animation, run_time=lasts)
        now = max(now, start) + lasts
    made.wait(scene["frames"] / scene["rate"] - now)


def _texts(scene: dict[str, Any]) -> list[tuple[Any, float, float]]:
    found = []
    for text, size, (x, y), (start, lasts) in scene["texts"]:
        label = manim.Text(text, font="Noto Sans", color=scene["ink"])
        label.scale_to_fit_height(size * 0.9 / scene["height"] * FRAME_HEIGHT)
        found.append((label.move_to(_place(x, y), aligned_edge=manim.UL), start, lasts))
    return found


def _place(x: float, y: float) -> Any:
    return (x - 0.5) * FRAME_WIDTH * manim.RIGHT + (0.5 - y) * FRAME_HEIGHT * manim.UP


if __name__ == "__main__":
    with asked() as task:
        make(*task)
