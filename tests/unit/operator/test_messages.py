"""Kubernetes' words for a Job without a pod: waited for a while, then done without."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from tests.unit.operator.world import START, a_video
from videojob.secret import read_secret, redact
from videotutor_operator.cluster.requests import Cluster, Message, Messages
from videotutor_operator.core.model import NO_POD, NOT_STARTED, Child, Wait
from videotutor_operator.errors import Forbidden
from videotutor_operator.observed.cache import Cache, Waiting
from videotutor_operator.observed.jobs import PODLESS
from videotutor_operator.reconciler import messages, waits
from videotutor_operator.reconciler.messages import READ_SECONDS, REMEMBERED, SINGLE_READS, MessageReader

SAID = 'Error creating: no PriorityClass with name "urgent" was found'
WORDS = Wait(NO_POD, 'Kubernetes makes no pod: no PriorityClass with name "urgent" was found')


class Events:
    """The events of the Job controller, or that of a pod, which may not be read where there is no answer."""

    def __init__(self, *answers: str, complete: bool = True, jobs: int = 1) -> None:
        self.answers = list(answers)
        self.complete = complete
        self.jobs = tuple(Waiting("lessons", f"job-{n}", f"lessons/video-{n}", START) for n in range(jobs))
        self.pods: tuple[Waiting, ...] = ()
        self.requests: list[str] = []
        self.woken: list[str] = []
        self.said_at = START
        self.now = 0.0
        self.reader = MessageReader(
            cast("Cluster", self), cast("Cache", self), self.woken.append, lambda: self.time, lambda: self.now
        )

    @property
    def time(self) -> datetime:
        return START + timedelta(seconds=self.now)

    def _answer(self, request: str) -> Message:
        self.requests.append(request)
        if not self.answers:
            raise Forbidden("events is forbidden")
        return Message(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0], self.said_at)

    def jobs_without_pods(self) -> tuple[Waiting, ...]:
        return self.jobs

    def unstarted_pods(self) -> tuple[Waiting, ...]:
        return self.pods

    async def messages(self, namespace: str, _events: str, uids: Collection[str]) -> Messages:
        if not self.complete:
            self.requests.append(namespace)
            return Messages({}, complete=False)
        answer = self._answer(namespace)
        return Messages({uid: answer for uid in uids if answer.text and uid == (*self.jobs, *self.pods)[0].uid})

    async def message(self, _namespace: str, _events: str, uid: str) -> Message:
        return self._answer(uid)

    async def waits(self, *seconds: float) -> list[Wait | None]:
        """What a Job waits for, so long after it had no pod."""
        found = []
        child = replace(a_job_without_pod(), uid="job-0")
        for self.now in seconds:
            await self.reader.read()
            (explained,) = self.reader.explain([child], self.time)
            found.append(explained.wait)
        return found


def a_job_without_pod() -> Child:
    (child,) = a_video(scenes=1).planning().children.values()
    return replace(child, podless_since=START, wait=PODLESS)


async def test_a_message_that_comes_late_wakes_its_video() -> None:
    events = Events("", "", SAID)

    assert await events.waits(6, 9, 12, 15) == [PODLESS, PODLESS, WORDS, WORDS]
    assert events.woken == ["lessons/video-0"]


async def test_a_message_that_differs_in_numbers_wakes_nobody() -> None:
    quota = 'Error creating: pods "a-{}" is forbidden: exceeded quota: small, used: pods={}, limited: pods=5'
    events = Events(quota.format("x7k2p", 5), quota.format("9qq2b", 6), SAID)
    await events.waits(6, 9)
    assert events.woken == ["lessons/video-0"]

    await events.waits(12)
    assert events.woken == ["lessons/video-0"] * 2, "another cause"


async def test_a_message_is_kept_after_its_event_has_expired_or_cannot_be_read() -> None:
    assert await Events(SAID, "").waits(6, 9, 4000) == [WORDS, WORDS, WORDS]
    events = Events(SAID)
    await events.waits(6)
    events.answers = []

    assert await events.waits(9) == [WORDS]


async def test_messages_are_read_again_after_a_failure_of_any_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events(SAID)
    events.now = 6.0
    failures = [TypeError("an event of a kind that nobody knows")]
    read = events.messages

    async def fail_first(namespace: str, about: str, uids: Collection[str]) -> Messages:
        if failures:
            raise failures.pop()
        return await read(namespace, about, uids)

    monkeypatch.setattr(events, "messages", fail_first)
    await events.reader.read()
    assert events.woken == []
    await events.reader.read()
    assert events.woken == ["lessons/video-0"]


async def test_a_message_about_an_earlier_pod_is_not_shown() -> None:
    events = Events(SAID)
    events.said_at = START - timedelta(minutes=20)
    assert await events.waits(6) == [PODLESS]
    assert events.woken == []

    events.said_at = START - timedelta(seconds=20)
    assert await events.waits(9) == [WORDS], "two clocks"


async def test_a_message_about_an_earlier_wait_of_the_same_job_is_not_kept() -> None:
    events = Events(SAID)
    assert await events.waits(298) == [WORDS]

    (job,) = events.jobs
    events.jobs = (job._replace(since=START + timedelta(seconds=300)),)  # it had a pod, which was evicted
    assert await events.waits(301, 307) == [PODLESS, PODLESS]


async def test_what_was_read_before_a_failure_is_kept() -> None:
    events = Events(SAID, complete=False, jobs=3)

    async def fail_second(_namespace: str, _events: str, uid: str) -> Message:
        events.requests.append(uid)
        if len(events.requests) == 3:
            raise Forbidden("429", retry_after=20.0)
        return Message(SAID)

    events.message = fail_second  # type: ignore[method-assign]
    events.now = 6.0
    assert await events.reader.read() == 20.0, "as the API server asks"
    assert events.woken == ["lessons/video-0"]
    assert await events.reader.read() == READ_SECONDS
    assert events.requests[:5] == ["lessons", "job-0", "job-1", "lessons", "job-2"]
    assert sorted(events.woken) == ["lessons/video-0", "lessons/video-1", "lessons/video-2"]


async def test_a_slow_namespace_delays_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LONGEST_READ", 0.0)
    events = Events(SAID, jobs=2)
    slow = Waiting("slow", "job-9", "slow/video", START)
    events.jobs = (slow, *events.jobs)
    read = events.messages

    async def answer_one(namespace: str, about: str, uids: Collection[str]) -> Messages:
        if namespace == "slow":
            await asyncio.Event().wait()
        events.jobs = events.jobs[1:]
        return await read(namespace, about, uids)

    async def answer_nothing(namespace: str, _events: str, _uid: str) -> Message:
        assert namespace == "slow"
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(events, "messages", answer_one)
    monkeypatch.setattr(events, "message", answer_nothing)
    events.now = 6.0
    async with asyncio.timeout(30):
        await events.reader.read()
    assert events.woken == ["lessons/video-0"]


async def test_more_jobs_than_are_remembered_of_pods_keep_their_messages() -> None:
    events = Events(jobs=REMEMBERED + 200)

    async def answer_all(namespace: str, _events: str, uids: Collection[str]) -> Messages:
        assert namespace == "lessons"
        return Messages(dict.fromkeys(uids, Message(SAID)))

    events.messages = answer_all  # type: ignore[method-assign]
    events.now = 6.0
    for _ in range(3):
        await events.reader.read()
    assert len(events.woken) == REMEMBERED + 200, "each once"


async def test_the_messages_of_a_namespace_are_read_once_for_all_its_jobs_and_not_at_once() -> None:
    events = Events("", jobs=30)
    await events.waits(4, 5, 8)

    assert events.requests == ["lessons", "lessons"]


async def test_of_more_events_than_a_page_those_of_the_jobs_are_read_in_turn() -> None:
    events = Events(SAID, complete=False, jobs=SINGLE_READS + 1)
    await events.waits(6)
    assert events.requests == ["lessons", *(f"job-{n}" for n in range(SINGLE_READS))]

    events.requests.clear()
    assert await events.waits(9) == [WORDS]
    assert events.requests[:2] == ["lessons", f"job-{SINGLE_READS}"]


async def test_why_a_pod_does_not_start_is_read_beside_the_passes_and_remembered() -> None:
    events = Events("cannot allocate memory", "")
    events.jobs, events.pods = (), (Waiting("lessons", "p", "lessons/video-0", START),)
    child = replace(a_job_without_pod(), podless_since=None, wait=None, unstarted_since=START, pod_uid="p")
    said = []
    for events.now in (9.0, 10.0, 13.0, 4000.0):
        await events.reader.read()
        (found,) = events.reader.explain([child], events.time)
        said.append(found.wait)

    assert said == [None] + [Wait(NOT_STARTED, "the node does not start its pod: cannot allocate memory")] * 3
    assert events.woken == ["lessons/video-0"]

    events.pods = ()
    await events.reader.read()
    assert events.reader.explain([child], events.time) == (child,), "it has started: nothing is kept"


async def test_each_has_its_own_message_and_only_jobs_without_pods_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    events = Events(jobs=3)
    events.pods = (Waiting("lessons", "pod-2", "lessons/video-0", START),)

    async def answer(_namespace: str, _events: str, _uids: Collection[str]) -> Messages:
        said = {"job-0": SAID, "job-1": "exceeded quota: small", "pod-2": "no such volume"}
        return Messages({uid: Message(text) for uid, text in said.items()})

    monkeypatch.setattr(events, "messages", answer)
    events.now = 20.0
    await events.reader.read()
    podless = a_job_without_pod()
    unstarted = replace(podless, podless_since=None, wait=None, unstarted_since=START)
    children = [
        *(replace(podless, uid=f"job-{n}") for n in range(3)),
        *(replace(unstarted, uid=f"job-{n}", pod_uid=f"pod-{n}") for n in (2, 3)),
    ]
    waits = [child.wait for child in events.reader.explain(children, events.time)]

    quota = Wait("Quota", "Kubernetes makes no pod: exceeded quota: small")
    assert waits[:3] == [WORDS, quota, WORDS]
    assert waits[3:] == [Wait(NOT_STARTED, "the node does not start its pod: no such volume"), None]


async def test_of_a_videos_pods_each_is_asked_about_in_turn() -> None:
    events = Events("", complete=False)
    events.jobs = tuple(Waiting("lessons", f"job-{n}", "lessons/video-0", START) for n in range(3))
    await events.waits(6, 9, 12, 15)

    assert sorted(events.requests[1:6:2]) == ["job-0", "job-1", "job-2"]
    assert events.requests[7] == events.requests[1]


async def test_namespaces_that_answered_come_before_those_that_did_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "NAMESPACES_AT_ONCE", 1)
    events = Events(SAID)
    events.jobs = tuple(Waiting(name, f"job-of-{name}", f"{name}/video", START) for name in ("bad", "good"))
    asked: list[str] = []

    async def answer(namespace: str, _events: str, _uids: Collection[str]) -> Messages:
        asked.append(namespace)
        if namespace == "bad":
            raise Forbidden("events is forbidden")
        return Messages()

    monkeypatch.setattr(events, "messages", answer)
    events.now = 6.0
    for _ in range(2):
        await events.reader.read()
    assert asked == ["bad", "good", "good", "bad"]


async def test_a_message_is_redacted_once_and_never_shown_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    read_secret({"VIDEOTUTOR_LLM_KEY": "sk-of-a-message"}, "VIDEOTUTOR_LLM_KEY")
    redacted: list[str] = []

    def noted(text: str) -> str:
        redacted.append(text)
        return redact(text)

    monkeypatch.setattr(waits, "redact", noted)
    events = Events("exceeded quota: sk-of-a-message")
    found = await events.waits(6, 9, 12)

    assert found == [Wait("Quota", "Kubernetes makes no pod: exceeded quota: [redacted]")] * 3
    assert len(redacted) == 1


async def test_where_all_messages_take_too_long_they_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "LONGEST_READ", 0.05)
    events = Events(SAID)

    async def hang(_namespace: str, _events: str, _uids: Collection[str]) -> Messages:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(events, "messages", hang)
    assert await events.waits(6) == [WORDS]
