"""What speech engines raise."""

from __future__ import annotations

from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError


class SpeechError(TaskError):
    """An engine is missing or failed: not the user's fault."""

    def __init__(self, message: str) -> None:
        super().__init__(FailureClass.INTERNAL, message)
