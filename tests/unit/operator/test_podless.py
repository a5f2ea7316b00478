"""Kubernetes' words for a Job without a pod: waited for a while, then done without."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from tests.unit.operator.reconciling import Bench
from tests.unit.operator.world import START, a_video
from videotutor_operator.cluster.requests import Cluster, FailedCreations
from videotutor_operator.core.model import NO_POD, NOT_STARTED, Child, NudgeJob, Wait
from videotutor_operator.errors import Forbidden
from videotutor_operator.observed.jobs import PODLESS
from videotutor_operator.reconciler.podless import Podless

WORDS = Wait(NO_POD, 'Kubernetes makes no pod: no PriorityClass with name "urgent" was found')


class Events:
    """The events of the Job controller, of which the first comes late, or that may not be read."""

    def __init__(self, *answers: str, complete: bool = True) -> None:
        self.answers = list(answers)
        self.complete = complete
        self.requests: list[str] = []
        self.now = 0.0
        self.podless = Podless(cast("Cluster", self), clock=lambda: self.now)

    def _answer(self, request: str) -> str:
        self.requests.append(request)
        if not self.answers:
            raise Forbidden("events is forbidden")
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    async def failed_creations(self, namespace: str) -> FailedCreations:
        if not self.complete:
            self.requests.append(namespace)
            return FailedCreations({}, complete=False)
        answer = self._answer(namespace)
        return FailedCreations({a_job_without_pod().uid: answer} if answer else {})

    async def why_no_pod(self, _namespace: str, uid: str) -> str:
        return self._answer(uid)

    async def why_not_started(self, _namespace: str, uid: str) -> str:
        return self._answer(uid)

    async def waits(self, *seconds: float) -> list[Wait | None]:
        """What a Job waits for, so long after it had no pod."""
        found = []
        for self.now in seconds:
            (child,) = await self.podless.explain("lessons", [a_job_without_pod()], START + timedelta(seconds=self.now))
            found.append(child.wait)
        return found


def a_job_without_pod() -> Child:
    (child,) = a_video(scenes=1).planning().children.values()
    return replace(child, podless_since=START, wait=PODLESS)


async def test_words_that_come_late_are_the_first_that_are_said() -> None:
    said = 'Error creating: no PriorityClass with name "urgent" was found'
    assert await Events("", "", said).waits(5, 7, 9, 30) == [None, None, WORDS, WORDS]


async def test_without_words_it_is_said_that_there_is_no_pod() -> None:
    assert await Events().waits(5, 29, 30) == [None, None, PODLESS]


async def test_words_are_kept_after_their_event_has_expired() -> None:
    said = 'Error creating: no PriorityClass with name "urgent" was found'
    assert await Events(said, "").waits(5, 8, 4000) == [WORDS, WORDS, WORDS]


async def test_the_events_of_a_pod_that_does_not_start_are_read_once_in_two_seconds() -> None:
    events = Events("cannot allocate memory")
    child = replace(a_job_without_pod(), podless_since=None, unstarted_since=START, pod_uid="p")
    said = []
    for events.now in (10.0, 10.5, 11.5, 12.1):
        (found,) = await events.podless.explain("lessons", [child], START + timedelta(seconds=events.now))
        said.append(found.wait)

    assert said == [Wait(NOT_STARTED, "the node does not start its pod: cannot allocate memory")] * 4
    assert events.requests == ["p", "p"]


async def test_the_events_of_a_namespace_are_read_once_for_all_its_jobs() -> None:
    events = Events("")
    for events.now in (5.0, 5.5, 6.0, 6.5, 7.1):
        await events.podless.explain("lessons", [a_job_without_pod()], START + timedelta(seconds=events.now))

    assert events.requests == ["lessons", "lessons"]


async def test_of_more_events_than_a_page_those_of_the_job_are_read() -> None:
    said = 'Error creating: no PriorityClass with name "urgent" was found'
    events = Events(said, complete=False)

    assert await events.waits(5) == [WORDS]
    assert events.requests == ["lessons", a_job_without_pod().uid]


def test_a_job_whose_controller_said_nothing_is_not_nudged() -> None:
    video = a_video(scenes=1).planning()
    (name,) = video.children
    for wait, nudges in ((None, 0), (PODLESS, 0), (WORDS, 1)):
        video.children[name] = replace(video.children[name], podless_since=START, wait=wait)
        video.now = START + timedelta(seconds=60)
        decision = video.look()

        assert sum(isinstance(action, NudgeJob) for action in decision.actions) == nudges, wait
        assert decision.requeue_after is not None
        assert decision.requeue_after >= 1


async def test_why_a_pod_does_not_start_is_said_after_ten_seconds_and_not_once_it_runs() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    uid = job["metadata"]["uid"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-01T12:00:00Z"}
    pod: dict[str, Any] = {
        "metadata": {
            "namespace": "lessons",
            "name": "p",
            "uid": "p",
            "resourceVersion": str(next(bench.cluster.versions)),
            "labels": job["metadata"]["labels"],
            "ownerReferences": [{"uid": uid, "controller": True}],
        },
        "status": {
            "phase": "Pending",
            "conditions": [scheduled],
            "containerStatuses": [{"name": "renderer", "state": {"waiting": {"reason": "ContainerCreating"}}}],
        },
    }
    bench.cache.put_pod(pod)
    bench.cluster.warnings["p"] = "Failed to create pod sandbox: cannot allocate memory"
    assert await bench.look() == 10.0
    assert bench.status()["message"] == "Planning the scenes."

    bench.now = START + timedelta(seconds=10)
    await bench.look()
    assert bench.status()["message"] == (
        "Planning the scenes; it waits: the node does not start its pod: Failed to create pod sandbox: cannot allocate "
        "memory"
    )
    assert "NotStarted" in bench.events()

    pod["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    pod["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": "2026-03-01T12:00:10Z"}}
    bench.cache.put_pod(pod)
    await bench.look()
    assert bench.status()["message"] == "Planning the scenes."
