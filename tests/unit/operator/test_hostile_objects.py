"""What anyone with the right to write Jobs or VideoJobs may put into them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.operator.objects import a_job, a_pod, ended
from tests.unit.operator.reconciling import Bench, condition, rewrite, written
from tests.unit.operator.world import World, a_video
from videojob import names
from videojob.phases import Phase
from videojob.secret import read_secret
from videojob.status import VideoJobStatus
from videotutor_operator.core.model import Delivery
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.jobs import read_job
from videotutor_operator.observed.pods import read_pod


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("yesterday", None),
        ("2026-03-01T12:00:00", None),
        ("", None),
    ],
)
def test_a_moment_in_an_annotation_may_be_anything(text: str, moment: datetime | None) -> None:
    job = a_job()
    job["metadata"]["annotations"][names.ANNOTATION_NUDGE] = text
    assert read_job(job).nudged_at == moment


def test_control_characters_of_a_spec_are_written_once_and_without_them() -> None:
    video = a_video(scenes=1).with_problem("spec.storyboard: repeated: a\nb\x1b[2J").settle()
    message = video.status.message
    stored = VideoJobStatus.model_validate(video.status.to_json_object())

    assert (video.phase, message) == (Phase.FAILED, "spec.storyboard: repeated: a b [2J")
    assert stored == video.status, "what is read again is what was written"


async def test_a_refusal_ends_when_its_attempt_is_made_under_another_name() -> None:
    bench = Bench()
    create, answers = bench.cluster.create_job, iter(["lost"])

    async def create_once_unanswered(manifest: dict[str, Any]) -> dict[str, Any]:
        made = await create(manifest)
        if next(answers, None):
            raise ClusterError("POST jobs: TimeoutError")
        return made

    bench.cluster.create_job = create_once_unanswered  # type: ignore[method-assign]
    await bench.look()
    await bench.look()
    (first,) = bench.cluster.jobs.values()
    bench.cache.put_job(first)
    bench.cluster.jobs.clear()
    bench.cache.drop_job(first)
    for _ in range(3):
        bench.now += timedelta(seconds=30)
        await bench.look()
    (second,) = bench.cluster.jobs.values()
    ended = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}
    failed = {**copy.deepcopy(second), "status": {"failed": 1, "conditions": [ended]}}
    failed["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.jobs[second["metadata"]["name"]] = failed
    bench.cache.put_job(failed)

    made = await written(bench, "create", passes=20, seconds=10)

    assert first["metadata"]["name"] != second["metadata"]["name"]
    assert len(made) == len(set(made)) <= 1, "the next attempt, once"


def test_a_video_that_could_not_be_read_is_made_again_from_what_it_has() -> None:
    for invalid_first in (False, True):
        video = a_video(scenes=1).succeeded().acknowledged().settle()
        made = len(video.created)
        if invalid_first:
            video.with_problem("breaks a rule").settle()
        video.with_problem("spec.output.theme: unknown", newer=True).settle()

        edited_back(video).settle()

        ready = video.status.condition("Ready")
        assert ready is not None
        assert (video.phase, ready.status, ready.reason) == (Phase.SUCCEEDED, "True", "Succeeded")
        assert len(video.created) == made, "nothing is made again"


def edited_back(video: World) -> World:
    """The spec can be read again, and is what it was."""
    video.read_again()
    return video.edited()


MOMENTS = ["2026-01-01T00:00:00+99:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01T00:00:00"]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_time_that_names_no_moment_is_none(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    bench = Bench(ttlSecondsAfterFinished=60)
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)

    def spoil(status: dict[str, Any]) -> None:
        status["finishedAt"] = moment
        for found in status["conditions"]:
            found["lastTransitionTime"] = moment

    rewrite(bench, spoil)
    assert len(await written(bench, "status", passes=5, seconds=1)) <= 1

    job = bench.cache.videojob("lessons/calculus")
    assert job is not None
    assert (job.unreadable, job.status.phase) == ("", Phase.SUCCEEDED)
    bench.now += timedelta(days=8)
    await bench.look()
    assert bench.cluster.videojobs == {}, "its time to live is kept"


@pytest.mark.parametrize("owners", [[], [{"uid": "another", "controller": True}]])
async def test_a_job_that_lost_its_owner_is_nobodys(owners: list[dict[str, Any]]) -> None:
    bench = Bench()
    await bench.look()
    await bench.look()
    orphan = copy.deepcopy(next(iter(bench.cluster.jobs.values())))
    orphan["metadata"] |= {"ownerReferences": owners, "resourceVersion": str(next(bench.cluster.versions))}

    bench.cache.put_job(orphan)
    bench.cache.drop_job(orphan)

    await bench.look()
    assert orphan["metadata"]["uid"] not in bench.cache.versions("jobs", None)


async def test_a_finished_video_stays_finished_where_its_spec_breaks_a_rule_that_is_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench(sceneCount=3)
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    raw["spec"]["podTemplate"] = {"resources": {"limits": {"memory": "a lot"}}}
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    bench.restart()

    assert await written(bench, "status", passes=3, seconds=1) == []
    assert bench.status()["phase"] == "Succeeded"

    before = bench.status()
    bench.outbox.confirmed = Delivery(acknowledged=before["report"]["sequence"])
    assert len(await written(bench, "status", passes=3, seconds=1)) == 1
    after = bench.status()
    assert after["report"]["acknowledged"] == after["report"]["sequence"]
    assert {c["type"]: c["reason"] for c in after["conditions"]}["Reported"] == "Delivered"
    assert bench.cache.is_settled("lessons/calculus")
    kept = {"conditions", "report"}
    assert {k: v for k, v in after.items() if k not in kept} == {k: v for k, v in before.items() if k not in kept}


@pytest.mark.parametrize("note", ["videotutor.dev/pod-template", "videotutor.dev/generation"])
async def test_a_webhook_that_removes_an_annotation_makes_no_job_anew(note: str) -> None:
    bench = Bench(sceneCount=1, retries=1)
    made: set[str] = set()
    for _ in range(20):
        await bench.look()
        for job in bench.cluster.jobs.values():
            made.add(job["metadata"]["name"])
            if job["metadata"]["annotations"].pop(note, None):
                job["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
                bench.cache.put_job(job)

    assert len(made) == 1


def test_kubernetes_words_are_redacted_and_their_reasons_printable() -> None:
    read_secret({"CALLBACK_SECRET": "a-secret-of-the-installation"}, "CALLBACK_SECRET")
    waiting = {"reason": "Create\tContainerError", "message": "env CALLBACK_SECRET=a-secret-of-the-installation"}
    status = {"phase": "Pending", "containerStatuses": [{"name": "renderer", "state": {"waiting": waiting}}]}
    metadata = {"name": "p", "namespace": "lessons", "uid": "u", "labels": {}, "ownerReferences": []}

    wait = read_pod({"metadata": metadata, "status": status}).wait

    assert wait is not None
    assert wait.reason == "Create ContainerError"
    assert "a-secret-of-the-installation" not in wait.message


async def test_times_far_apart_in_a_status_end_no_pass() -> None:
    bench = Bench(sceneCount=6, parallelism=1)
    while len(bench.status().get("scenes", [])) < 6:
        await bench.look()
        bench.pods_succeed(scenes=6)
    await bench.look()

    def spoil(status: dict[str, Any]) -> None:
        ends = {"startedAt": "1970-01-01T00:00:00Z", "finishedAt": "8999-01-01T00:00:00Z"}
        status["scenes"][0] |= {"phase": "Succeeded", "durationSeconds": 3.0, **ends}

    rewrite(bench, spoil)
    for _ in range(60):
        await bench.look()
        bench.pods_succeed(scenes=6)
        bench.now += timedelta(seconds=1)

    assert bench.status()["phase"] == "Succeeded"


@pytest.mark.parametrize("lost", [("video",), ("video", "plan", "scenes")])
async def test_a_success_without_a_video_is_none_and_the_work_continues(lost: tuple[str, ...]) -> None:
    bench = Bench(sceneCount=3)
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    assert bench.status()["phase"] == "Succeeded"
    rewrite(bench, lambda status: [status.pop(part) for part in lost])
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)

    assert (bench.status()["phase"], bench.status()["scenesReady"]) == ("Succeeded", "3/3")
    assert bench.status()["video"]["key"]


async def test_a_success_that_something_wrote_during_rendering_ends_nothing() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    bench.pods_succeed(3)
    await bench.look()
    await bench.look()
    made = set(bench.cluster.jobs)
    rewrite(bench, lambda status: status.update(phase="Succeeded"))
    await bench.look()

    assert set(bench.cluster.jobs) == made
    assert condition(bench.cluster.videojobs["calculus"], "Ready")["status"] == "False"
    assert bench.status()["phase"] == "Rendering"


def test_little_is_kept_of_what_a_job_and_its_pod_may_say_at_length() -> None:
    """An image, an annotation and every reason and message may be as long as an object may be."""
    long = "9" * 100_000
    raw = a_job({**ended("Failed"), "reason": long})
    raw["metadata"]["annotations"][names.ANNOTATION_TEMPLATE] = long
    raw["spec"] = {"template": {"spec": {"containers": [{"name": names.CONTAINER, "image": long}]}}}
    stuck = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": f"{long}/9 nodes"}
    said = {"type": "DisruptionTarget", "status": "True", "reason": long, "message": long}
    pod = a_pod("Failed", reason=long, message=long, conditions=[stuck, said])
    pod["status"]["phase"] = long
    pod["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] = long

    assert len(repr(read_job(raw))) < 5_000
    assert len(repr(read_pod(pod))) < 10_000


@pytest.mark.parametrize("state", ["ErrImagePull", "x" * 100_000])
def test_little_is_kept_of_why_a_container_waits(state: str) -> None:
    waiting = {"reason": state, "message": "y" * 100_000}
    pod = a_pod(containerStatuses=[{"name": "renderer", "image": "z" * 100_000, "state": {"waiting": waiting}}])

    assert len(repr(read_pod(pod))) < 5_000
