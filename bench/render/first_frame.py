"""A scene as far as its first frame: `python -m bench.render.first_frame video.mp4` says as JSON when that is encoded.

It imports what a scene's Job does, lays the lesson out, and draws. The clock is one that all processes share.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import videotutor_renderer.__main__
import videotutor_renderer.scene.task  # noqa: F401 - what the entry imports when it has read its task
from bench.render.scenes import OUTPUT, laid_out
from bench.render.speed import SILENCE
from videotutor_renderer.scene.encode import write_mp4
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.render import frames

if __name__ == "__main__":
    stage, sprites, _ = laid_out()
    write_mp4(Path(sys.argv[1]), pixels(OUTPUT), frames(stage, sprites, [0.0], pixels(OUTPUT)), SILENCE)
    sys.stdout.write(json.dumps({"at": time.monotonic()}))
