"""Kubernetes' words for a Job without a pod: waited for a while, then done without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

from tests.unit.operator.world import START, a_video
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import NO_POD, Child, Wait
from videotutor_operator.errors import Forbidden
from videotutor_operator.observed.jobs import PODLESS
from videotutor_operator.reconciler.podless import Podless

WORDS = Wait(NO_POD, 'Kubernetes makes no pod: no PriorityClass with name "urgent" was found')


class Events:
    """The events of the Job controller, of which the first comes late, or that may not be read."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.now = 0.0

    async def why_no_pod(self, _namespace: str, _uid: str) -> str:
        if not self.answers:
            raise Forbidden("events is forbidden")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def waits(self, *seconds: float) -> list[Wait | None]:
        """What a Job waits for, so long after it had no pod."""
        podless = Podless(cast("Cluster", self), clock=lambda: self.now)
        found = []
        for self.now in seconds:
            (child,) = await podless.explain("lessons", [a_job_without_pod()], START + timedelta(seconds=self.now))
            found.append(child.wait)
        return found


def a_job_without_pod() -> Child:
    (child,) = a_video(scenes=1).planning().children.values()
    return replace(child, podless_since=START, wait=PODLESS)


async def test_words_that_come_late_are_the_first_that_are_said() -> None:
    said = 'Error creating: no PriorityClass with name "urgent" was found'
    assert await Events("", "", said).waits(5, 7, 9, 30) == [None, None, WORDS, WORDS]


async def test_without_words_it_is_said_that_there_is_no_pod() -> None:
    assert await Events().waits(5, 10, 11) == [None, None, PODLESS]
