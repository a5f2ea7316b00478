"""The scene as an animation of matplotlib, which pipes its pictures to ffmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import imageio_ffmpeg
import matplotlib as mpl
import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation
from matplotlib.figure import Figure

from bench.render.peers.task import asked, ffmpeg_arguments

DPI = 100


def make(scene: dict[str, Any], video: Path) -> None:
    """Make the video."""
    mpl.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    figure = Figure(figsize=(scene["width"] / DPI, scene["height"] / DPI), dpi=DPI, facecolor=scene["background"])
    *words, (_, *formula) = scene["texts"]
    appearing = [
        (figure.text(x, 1 - y, text, color=scene["ink"], size=size * 72 / DPI, va="top", family="Noto Sans"), *times)
        for text, size, (x, y), times in (*words, (f"${scene['latex']}$", *formula))
    ]
    axes = figure.add_axes(scene["axes"], facecolor=scene["panel"])
    axes.set(xlim=(-3, 3), ylim=(-1, 9))
    axes.tick_params(colors=scene["ink"])
    axes.grid(visible=True, alpha=0.2)
    x = np.linspace(-3, 3, 800)
    (curve,) = axes.plot([], [], color=scene["accent"], linewidth=3)
    begins, lasts = scene["curve"]

    def draw(number: int) -> None:
        at = number / scene["rate"]
        for text, start, seconds in appearing:
            text.set_alpha(min(1.0, max(0.0, (at - start) / seconds)))
        count = round(len(x) * min(1.0, max(0.0, (at - begins) / lasts)))
        curve.set_data(x[:count], x[:count] ** 2)

    writer = FFMpegWriter(fps=scene["rate"], codec="libx264", extra_args=ffmpeg_arguments(scene))
    FuncAnimation(figure, draw, frames=scene["frames"], blit=False).save(video, writer=writer, dpi=DPI)


if __name__ == "__main__":
    with asked() as task:
        make(*task)
