"""Running a speech engine: its own process, text through standard input, no secret and no task in its environment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.log import log

_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")


def run_engine(name: str, command: Sequence[str], text: str, seconds: float, folder: Path | None = None) -> bytes:
    """What the engine writes to standard output; it works in `folder`, which is also its home.

    Raises:
        TaskError: it is missing, failed, or took longer than `seconds`; not the user's fault.
    """
    environment = {variable: os.environ[variable] for variable in _PASSED_ON if variable in os.environ}
    try:
        done = subprocess.run(
            command,
            input=text.encode(),
            capture_output=True,
            timeout=seconds,
            check=True,
            cwd=folder,
            env={**environment, "HOME": str(folder or "/")},
        )
    except (OSError, subprocess.SubprocessError) as error:
        if isinstance(error, subprocess.CalledProcessError):
            log(f"{name} failed", code=error.returncode, said=error.stderr.decode(errors="replace")[-500:])
        message = f"The speech engine {name} could not speak: {type(error).__name__}"
        raise TaskError(FailureClass.INTERNAL, message) from error
    return done.stdout
