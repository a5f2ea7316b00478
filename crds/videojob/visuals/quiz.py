"""A question to the learner."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from videojob.base import Model, rules
from videojob.visuals.base import ShortText

LONGEST_OPTION = 80
MOST_OPTIONS = 4

_NO_SUCH_OPTION = "answer must be the number of one of the options, counted from 1"


class QuizVisual(Model):
    """A question to the learner, with time to think.

    Question and options come with its own beat, then there are four seconds of silence; the right option is marked
    with the next beat, which shows nothing of its own. What the first beat says must not give the answer away.
    """

    model_config = rules(("self.answer <= size(self.options)", _NO_SUCH_OPTION))

    kind: Literal["quiz"] = "quiz"
    question: ShortText = Field(description="The question.")
    options: tuple[Annotated[str, Field(min_length=1, max_length=LONGEST_OPTION)], ...] = Field(
        min_length=2, max_length=MOST_OPTIONS, description="Two to four answers, without letters before them."
    )
    answer: Annotated[int, Field(ge=1, le=MOST_OPTIONS)] = Field(
        description="Which of the options is right, counted from 1."
    )
    explanation: ShortText | None = Field(default=None, description="Why it is right, shown last.")

    @model_validator(mode="after")
    def _can_be_answered(self) -> QuizVisual:
        if self.answer > len(self.options):
            raise ValueError(_NO_SUCH_OPTION)
        if len(set(self.options)) < len(self.options):
            raise ValueError("options must differ from each other")
        return self
