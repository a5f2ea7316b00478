"""The lesson by this renderer, asked for as the other libraries are.

It makes what a Job makes: sound (silent here), captions and a poster too.
"""

from __future__ import annotations

from bench.render.peers.task import asked
from bench.render.scenes import LANGUAGE, LESSON, OUTPUT
from videojob.spec import Narration
from videotutor_renderer.scene.images import Look
from videotutor_renderer.scene.render import render

if __name__ == "__main__":
    with asked() as (_, video):
        render(LESSON, Look(OUTPUT), Narration(enabled=False), LANGUAGE, video.parent)
