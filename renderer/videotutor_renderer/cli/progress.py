"""What is told while a video is made: one moving bar on a terminal, a line for each scene anywhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from videojob.results import SceneResult

WIDTH = 24
ERASE = "\r\x1b[2K"
"""Back to the start of the line, and erase it: EL of ECMA-48."""


class Progress:
    """The scenes of one video, and how much of each is drawn."""

    def __init__(self, scenes: Sequence[str], stream: TextIO) -> None:
        self._drawn = dict.fromkeys(scenes, 0.0)
        self._ready = 0
        self._stream = stream
        self._bar = stream.isatty()

    def drawing(self, scene: str, fraction: float) -> None:
        """So much of a scene is drawn, 0 to 1."""
        self._drawn[scene] = fraction
        self._show()

    def ready(self, scene: str, result: SceneResult) -> None:
        """A scene is in the store."""
        self._ready += 1
        self._drawn[scene] = 1.0
        self._show()
        if not self._bar:
            how = "kept from before" if result.reused else "ready"
            counted = f"{self._ready} of {len(self._drawn)}"
            self._stream.write(f"{scene}: {how}, {result.duration_seconds:.1f} s ({counted})\n")

    def close(self) -> None:
        """Take the bar away, so that what is written next has the line for itself."""
        if self._bar:
            self._stream.write(ERASE)
            self._stream.flush()

    def _show(self) -> None:
        if not self._bar:
            return
        share = sum(self._drawn.values()) / len(self._drawn)
        bar = ("█" * round(share * WIDTH)).ljust(WIDTH, "░")
        self._stream.write(f"{ERASE}{bar} {share:4.0%}  {self._ready} of {len(self._drawn)} scenes are ready")
        self._stream.flush()
