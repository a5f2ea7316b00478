"""Jobs without pods and pods that do not start: what their video says, and what it does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.objects import a_pod
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.test_messages import SAID, WORDS
from tests.unit.operator.world import START, a_video
from videotutor_operator.core.model import NudgeJob, Wait
from videotutor_operator.observed.cache import AWAITED_SECONDS, Waiting
from videotutor_operator.observed.jobs import PODLESS
from videotutor_operator.observed.pods import read_pod
from videotutor_operator.times import stamp


@pytest.mark.parametrize("ahead", [1, 5, 25])
def test_a_clock_that_is_ahead_makes_no_job_wait_at_once(ahead: int) -> None:
    video = a_video(scenes=1).planning()
    (name,) = video.children
    since = START + timedelta(seconds=ahead)
    video.children[name] = replace(video.children[name], podless_since=since, wait=PODLESS)
    decision = video.look()

    assert " waits: " not in decision.status.message
    assert decision.requeue_after == 60 + ahead


@pytest.mark.parametrize(
    ("wait", "seconds", "said", "after"),
    [
        (PODLESS, 1, None, 59),
        (PODLESS, 59, None, 1),
        (PODLESS, 60, PODLESS, None),
        (WORDS, 1, None, 4),
        (WORDS, 5, WORDS, 3),
        (WORDS, 60, WORDS, 8),
    ],
)
def test_a_job_without_a_pod_is_explained_after_five_seconds_and_without_a_message_after_a_minute(
    wait: Wait, seconds: float, said: Wait | None, after: float | None
) -> None:
    video = a_video(scenes=1).planning()
    (name,) = video.children
    video.children[name] = replace(video.children[name], podless_since=START, wait=wait)
    video.now = START + timedelta(seconds=seconds)
    decision = video.look()

    assert (said is None) == (" waits: " not in decision.status.message)
    assert said is None or decision.status.message.endswith(said.message)
    assert decision.requeue_after == after


async def test_a_job_without_a_pod_is_found_by_its_video_until_it_has_one() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    started = {"resourceVersion": str(next(bench.cluster.versions)), "creationTimestamp": stamp(START)}
    bench.cache.put_job({**job, "metadata": {**job["metadata"], **started}})
    uid = job["metadata"]["uid"]
    bench.cluster.warnings[uid] = SAID
    bench.now = START + timedelta(seconds=5)
    assert bench.cache.jobs_without_pods() == (Waiting("lessons", uid, "lessons/calculus", START),)

    await bench.reconciler.messages.read()
    assert bench.woken == ["lessons/calculus"]
    await bench.look()
    assert bench.status()["message"] == f"Planning the scenes; it waits: {WORDS.message}"

    bench.pods_succeed()
    assert bench.cache.jobs_without_pods() == ()


def test_a_job_whose_controller_said_nothing_is_not_nudged() -> None:
    video = a_video(scenes=1).planning()
    (name,) = video.children
    for wait, nudges in ((None, 0), (PODLESS, 0), (WORDS, 1)):
        video.children[name] = replace(video.children[name], podless_since=START, wait=wait)
        video.now = START + timedelta(seconds=60)
        decision = video.look()

        assert sum(isinstance(action, NudgeJob) for action in decision.actions) == nudges, wait


@pytest.mark.parametrize("seconds", [0.02, 1.0, 8.0])
def test_one_job_of_a_video_is_nudged_each_eight_seconds_however_often_it_is_looked_at(seconds: float) -> None:
    video = a_video(scenes=20, parallelism=20).rendering()
    for name, child in video.children.items():
        if child.task == "scene":
            video.children[name] = replace(child, podless_since=video.now, wait=WORDS)
    nudged: list[str] = []
    start = video.now
    while video.now < start + timedelta(seconds=30):
        decision = video.look()
        for action in decision.actions:
            if isinstance(action, NudgeJob):
                nudged.append(action.name)
                video.children[action.name] = replace(video.children[action.name], nudged_at=video.now)
        video.now += timedelta(seconds=seconds)
    assert len(nudged) == 3, "after 8, 16 and 24 seconds"

    assert len(set(nudged)) == 3, "another one each time"

    cured = nudged[-1]
    video.children[cured] = replace(video.children[cured], podless_since=None, wait=None, pod_uid="p")
    (action,) = (action for action in video.look().actions if isinstance(action, NudgeJob))
    assert action.name != cured, "its siblings follow at once"


async def test_a_nudge_that_the_watch_shows_first_causes_no_pass_at_once() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    nudged = await bench.cluster.nudge_job("lessons", job["metadata"]["name"], job["metadata"]["uid"], bench.now)

    assert bench.cache.put_job(nudged) == ("lessons/calculus", AWAITED_SECONDS)


@pytest.mark.parametrize(("ready", "unstarted"), [("False", True), ("True", False)])
def test_a_pod_whose_sandbox_is_there_only_pulls_its_image(ready: str, unstarted: bool) -> None:  # noqa: FBT001
    conditions = [
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": stamp(START)},
        {"type": "PodReadyToStartContainers", "status": ready, "lastTransitionTime": stamp(START)},
    ]
    waiting = {"name": "renderer", "state": {"waiting": {"reason": "ContainerCreating"}}}

    assert read_pod(a_pod(conditions=conditions, containerStatuses=[waiting])).unstarted_since == (
        START if unstarted else None
    )


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
    await bench.look()
    await bench.reconciler.messages.read()
    assert bench.woken == []
    assert bench.status()["message"] == "Planning the scenes."

    bench.now = START + timedelta(seconds=10)
    await bench.reconciler.messages.read()
    assert bench.woken == ["lessons/calculus"]
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
