"""What anyone with the right to write Jobs or VideoJobs may put into them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.operator.reconciling import Bench
from tests.unit.operator.test_observe import a_job
from tests.unit.operator.world import World, a_video
from videojob import names
from videojob.phases import Phase
from videojob.secret import read_secret
from videojob.status import VideoJobStatus
from videotutor_operator.errors import ClusterError, Forbidden, Refused
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


async def test_an_unreadable_status_is_tried_once_a_minute_and_holds_up_no_cancellation() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    assert len(bench.cluster.jobs) == 1
    rewrite(bench, lambda status: status.update(scenes={"of": "a newer version"}))
    bench.cluster.edit(cancel=True)
    bench.restart()
    bench.cluster.faults["status"] = [Refused("422")] * 10

    assert len(await written(bench, "status", passes=10, seconds=1)) == 1
    assert bench.cluster.jobs == {}, "spec.cancel ends what runs"


def rewrite(bench: Bench, change: Callable[[dict[str, Any]], object]) -> None:
    """Another version of the operator has written the status."""
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    change(raw["status"])
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    bench.restart()


async def test_a_refused_status_says_nothing_of_a_video_that_is_finished_once_it_is_not_refused() -> None:
    bench = Bench(sceneCount=3)
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    made, url = set(bench.cluster.jobs), bench.status()["video"]["url"]
    bench.cache.put_videojob(bench.cluster.edit(output={"theme": "paper"}))
    bench.cluster.faults["status"] = [Refused("422")]
    await bench.look()
    assert condition(bench.cluster.videojobs["calculus"], "Ready")["reason"] == "Succeeded"
    assert "refuses the status" in bench.status()["message"]
    bench.cache.put_videojob(bench.cluster.edit(output=None))

    for _ in range(5):
        bench.now += timedelta(minutes=1)
        await bench.look()

    ready = condition(bench.cluster.videojobs["calculus"], "Ready")
    assert (ready["status"], ready["reason"], bench.status()["video"]["url"]) == ("True", "Succeeded", url)
    assert bench.status()["message"] == ready["message"]
    assert set(bench.cluster.jobs) == made, "nothing is made again"


async def test_an_unreadable_status_keeps_its_ready_condition_and_is_written_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    raw["status"]["video"]["durationSeconds"] = 1e10
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    ready = condition(raw, "Ready")
    bench.restart()

    assert len(await written(bench, "status", passes=5, seconds=1)) == 1

    status = bench.cluster.videojobs["calculus"]
    assert condition(status, "Ready") == ready
    assert condition(status, "Readable")["reason"] == "NewerVersion"


async def written(bench: Bench, kind: str, *, passes: int, seconds: float) -> list[str]:
    """The writes of a kind that so many passes make, so far apart."""
    found: list[str] = []
    for _ in range(passes):
        bench.now += timedelta(seconds=seconds)
        await bench.look()
        found += [write for write in bench.cluster.writes if write.startswith(kind)]
    return found


def condition(raw: dict[str, Any], type_: str) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in raw["status"]["conditions"] if entry["type"] == type_)
    return found


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


@pytest.mark.parametrize(
    "part",
    [
        {"report": {"acknowledged": "4"}},
        {"report": "none"},
        {"conditions": 5},
        {"conditions": {"type": "Ready"}},
        {"conditions": [{"type": ["Ready"]}]},
        {"phase": {}},
        {"phase": []},
        {"observedGeneration": float("inf")},
    ],
    ids=str,
)
async def test_a_status_of_another_type_ends_no_operator_and_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]
) -> None:
    bench = Bench(sceneCount=3)
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    await bench.look()
    rewrite(bench, lambda status: status.update(part))

    assert len(await written(bench, "status", passes=5, seconds=1)) <= 2, "conditions are put right, and it continues"
    assert len(bench.cluster.jobs) == 1


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


@pytest.mark.parametrize("error", [Forbidden("admission webhook denied the request"), Refused("is too large")])
async def test_a_status_that_is_denied_is_written_twice_a_minute_at_most_and_announced(error: ClusterError) -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [error] * 100

    assert len(await written(bench, "status", passes=60, seconds=1)) <= 2
    assert bench.events().count("StatusRefused") == 1


@pytest.mark.parametrize("error", [Forbidden("forbidden"), Refused("Unsupported value")])
async def test_what_runs_is_ended_also_where_its_status_is_refused(error: ClusterError) -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    assert len(bench.cluster.jobs) == 1
    bench.cluster.faults["status"] = [error] * 100

    bench.cache.put_videojob(bench.cluster.edit(cancel=True))
    await bench.look()

    assert bench.cluster.jobs == {}


async def test_a_refused_status_is_announced_again_in_other_words_only() -> None:
    bench = Bench()
    words = [*["is too large"] * 5, *["is not allowed"] * 5]
    bench.cluster.faults["status"] = [Refused(text) for text in words for _ in range(2)]

    for _ in words:
        await bench.look()
        bench.now += timedelta(minutes=1)

    assert bench.events().count("StatusRefused") == 2


async def test_a_missing_right_is_named_and_not_taken_for_an_old_crd() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [Forbidden('cannot update resource "videojobs/status"')]
    await bench.look()

    assert [event["note"] for event in bench.cluster.events] == [
        'Kubernetes forbids the operator to write the status: cannot update resource "videojobs/status"'
    ]
    assert len([write for write in bench.cluster.writes if write.startswith("status")]) == 1


async def test_events_shorten_no_backoff_of_a_status_that_cannot_be_written() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [ClusterError("failed calling webhook")] * 100
    writes = 0
    for _ in range(240):
        bench.now += timedelta(seconds=1)
        with suppress(ClusterError):
            await bench.look()
        writes += sum(write.startswith("status") for write in bench.cluster.writes)

    assert 5 <= writes <= 12
    assert bench.events().count("StatusNotStored") == 1


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
