"""What each library is asked to do, and what it says in the end."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def asked() -> Iterator[tuple[dict[str, Any], Path]]:
    """The scene as `bench.render.scenes` has described it, and where its video goes: the process's two arguments.

    The last line of output has the processor seconds that the block took, those of child processes included.
    """
    scene, video = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    begun = sum(os.times()[:4])
    yield scene, video
    sys.stdout.write("\n" + json.dumps({"seconds": sum(os.times()[:4]) - begun}) + "\n")


def ffmpeg_arguments(scene: dict[str, Any]) -> list[str]:
    """The encoder's settings for ffmpeg's command."""
    settings = [word for name, value in scene["x264"].items() for word in (f"-{name}", value)]
    return [*settings, "-pix_fmt", "yuv420p"]
