"""The one way a task fails on purpose: a class that decides about retries, and words a user understands."""

from __future__ import annotations

from pydantic import ValidationError

from videojob.results import EXIT_BAD_INPUT, EXIT_INTERNAL, EXIT_TRY_AGAIN, FailureResult
from videojob.secret import redact
from videojob.status import LONGEST_MESSAGE, Failure, FailureClass

_EXIT_CODES = {
    FailureClass.BAD_SCENE: EXIT_BAD_INPUT,
    FailureClass.BAD_STORYBOARD: EXIT_BAD_INPUT,
    FailureClass.PLANNER_REFUSAL: EXIT_BAD_INPUT,
    FailureClass.PLANNER_UNAVAILABLE: EXIT_TRY_AGAIN,
    FailureClass.STORE: EXIT_TRY_AGAIN,
}


class TaskError(Exception):
    """A task cannot be done; `failure_class` says whose fault it is, and no secret is in the message."""

    def __init__(self, failure_class: FailureClass, message: str) -> None:
        super().__init__(redact(message))
        self.failure_class = failure_class

    @property
    def exit_code(self) -> int:
        """Exit code of the container, from sysexits.h."""
        return _EXIT_CODES.get(self.failure_class, EXIT_INTERNAL)

    def result(self) -> FailureResult:
        """The failure as the operator reads it."""
        return FailureResult(error=Failure(class_=self.failure_class, message=str(self)[:LONGEST_MESSAGE]))


def fields_at_fault(error: ValidationError) -> str:
    """The fields that do not fit their model, without their values and what pydantic says of them."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(".".join(map(str, problem["loc"])) or problem["type"] for problem in problems)


class ModelFailedError(TaskError):
    """The language model gave nothing that can be used; planner `auto` then goes on without it."""


def bad_scene(message: str) -> TaskError:
    """The scene itself cannot be drawn or spoken: trying again would not help."""
    return TaskError(FailureClass.BAD_SCENE, message)


def out_of_memory() -> TaskError:
    """There was not enough of it; who gives it memory knows what to change."""
    return TaskError(FailureClass.OUT_OF_MEMORY, "The renderer ran out of memory.")
