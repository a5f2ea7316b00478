"""Piper, the neural voices: one run of its command for all passages of a scene that one voice speaks.

Its own process (it is GPL), text through standard input. Its two noise inputs are zero, which makes it speak the
same text the same way each time: scenes are content-addressed.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.speech.engine import run_engine
from videotutor_renderer.speech.voices import PiperVoice

COMMAND = "videotutor_renderer.speech.piper_command"
SECONDS_EACH = 60
SENTENCE_SILENCE = "0.25"
LENGTH_SCALE = "1.06"
"""A little slower than the voice's own pace: listeners follow a derivation."""


def synthesise(texts: Sequence[str], voice: PiperVoice) -> list[bytes]:
    """One WAV file for each text; a text must have letters or digits and no line breaks.

    Raises:
        TaskError: the engine is missing, failed or took too long.
    """
    with tempfile.TemporaryDirectory(prefix="piper-") as name:
        folder = Path(name)
        run_engine(
            "piper", [*_command(voice), "--output-dir", name], "\n".join(texts), SECONDS_EACH * (1 + len(texts)), folder
        )
        # each file is named after a monotonic clock, so their order is the order of the texts
        files = sorted(folder.glob("*.wav"), key=lambda path: int(path.stem))
        if len(files) != len(texts):
            message = f"The speech engine piper spoke {len(files)} of {len(texts)} passages."
            raise TaskError(FailureClass.INTERNAL, message)
        return [path.read_bytes() for path in files]


def _command(voice: PiperVoice) -> list[str]:
    files = ["--model", str(voice.model), "--config", str(voice.config)]
    quiet = ["--noise-scale", "0", "--noise-w-scale", "0"]
    pace = ["--sentence-silence", SENTENCE_SILENCE, "--length-scale", LENGTH_SCALE]
    return [sys.executable, "-m", COMMAND, *files, *quiet, *pace]
