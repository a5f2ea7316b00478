"""Creations of Jobs whose response is lost: the Job may exist, and no watch has shown it yet."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.reconciling import Bench
from videojob.results import FailureResult, encode_result
from videojob.status import Failure, FailureClass, VideoJobStatus
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.model import VideoJob
from videotutor_operator.errors import Forbidden, Unanswered


def lose_responses(bench: Bench, lost: int) -> None:
    """The next creations take effect, and the operator gets no response."""
    create, left = bench.cluster.create_job, iter(range(lost))

    async def create_unanswered(manifest: dict[str, Any]) -> dict[str, Any]:
        made = await create(manifest)
        if next(left, None) is not None:
            raise Unanswered("POST jobs: TimeoutError")
        return made

    bench.cluster.create_job = create_unanswered  # type: ignore[method-assign]


async def begin_unanswered(most: int | None = None, **spec: Any) -> Bench:
    """A video whose plan has a Job that no response names, under a limit of active Jobs."""
    bench = Bench(limits=Limits(max_active_jobs=most) if most else None, **spec)
    lose_responses(bench, 1)
    await bench.look()
    await bench.look()
    return bench


async def add_video(bench: Bench, name: str) -> None:
    bench.cache.put_videojob(bench.cluster.add_videojob(name, prompt=name, sceneCount=1))
    for _ in range(3):
        await bench.reconciler.reconcile(f"lessons/{name}")


async def test_a_job_that_may_exist_keeps_its_place_until_an_answer_says_that_it_does() -> None:
    bench = await begin_unanswered(most=1)
    await add_video(bench, "limits")
    assert len(bench.cluster.jobs) == 1, "the only place is taken by a Job that no response named"

    bench.now += timedelta(seconds=30)
    for _ in range(3):
        await bench.look()
    (job,) = bench.cache.children("uid-of-calculus")
    assert job.name in bench.cluster.jobs, "the second creation finds it"
    await add_video(bench, "limits")
    assert len(bench.cluster.jobs) == 1

    bench.pods_succeed(scenes=1)
    bench.cache.drop_videojob(bench.cluster.videojobs["calculus"])
    await bench.look()
    await add_video(bench, "limits")
    assert len(bench.cluster.jobs) == 2


async def test_a_quota_that_the_job_itself_has_used_up_does_not_free_its_place() -> None:
    bench = await begin_unanswered(most=1)
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: count/jobs.batch=1")]
    bench.now += timedelta(seconds=30)
    await bench.look()

    await add_video(bench, "limits")

    assert len(bench.cluster.jobs) == 1


async def test_an_edit_does_not_free_the_place_of_a_job_that_may_exist() -> None:
    bench = await begin_unanswered(most=1)
    bench.cache.put_videojob(bench.cluster.edit(prompt="Something else"))

    for _ in range(5):
        await bench.look()

    assert len(bench.cluster.jobs) == 1


async def test_a_job_that_no_watch_shows_for_long_does_not_exist() -> None:
    bench = Bench(limits=Limits(max_active_jobs=1))
    bench.cluster.faults["create"] = [Unanswered("POST jobs: ClientOSError")]
    await bench.look()
    await bench.look()
    bench.cache.put_videojob(bench.cluster.edit(suspend=True))
    await bench.look()
    await add_video(bench, "limits")
    assert bench.cluster.jobs == {}

    bench.now += timedelta(seconds=91)
    await add_video(bench, "limits")

    assert len(bench.cluster.jobs) == 1


async def test_of_an_api_server_that_does_not_answer_a_pass_waits_for_one_creation() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    await bench.look()
    bench.pods_succeed(scenes=3)
    bench.cluster.faults["create"] = [Unanswered("POST jobs: TimeoutError")] * 3
    made = []
    for _ in range(8):
        await bench.look()
        made.append(sum(write.startswith("create") for write in bench.cluster.writes))

    assert made == [1, 1, 1, 0, 0, 0, 0, 0]
    for _ in range(6):
        bench.now += timedelta(seconds=10)
        await bench.look()
    assert bench.cluster.made.count("scene") == 3


def show_jobs(bench: Bench) -> None:
    """The watch shows every Job."""
    for raw in bench.cluster.jobs.values():
        bench.cache.put_job(copy.deepcopy(raw))


async def test_a_job_that_never_gets_a_response_does_not_keep_its_place() -> None:
    bench = Bench(limits=Limits(max_active_jobs=1))
    bench.cluster.faults["create"] = [Unanswered("POST jobs: TimeoutError")] * 1000
    await bench.look()
    await bench.look()
    for _ in range(12):
        bench.now += timedelta(seconds=10)
        await bench.look()
    bench.cluster.faults.clear()

    await add_video(bench, "limits")

    assert len(bench.cluster.jobs) == 1


async def test_a_job_that_the_watch_shows_takes_one_place() -> None:
    bench = await begin_unanswered(most=2)
    show_jobs(bench)
    await bench.look()

    await add_video(bench, "limits")

    assert len(bench.cluster.jobs) == 2


async def test_a_place_that_a_job_may_take_wakes_those_that_wait_once_it_is_free() -> None:
    bench = Bench(limits=Limits(max_active_jobs=1))
    bench.cluster.faults["create"] = [Unanswered("POST jobs: TimeoutError")]
    await bench.look()
    await bench.look()
    await add_video(bench, "limits")

    again = await bench.reconciler.reconcile("lessons/limits")

    assert again is not None
    assert 80 < again <= 90


async def test_a_failure_of_a_job_that_got_no_response_is_not_hidden_by_a_quota() -> None:
    bench = await begin_unanswered(sceneCount=1)
    show_jobs(bench)
    (job,) = bench.cluster.jobs.values()
    uid = job["metadata"]["uid"]
    refusal = FailureResult(error=Failure(class_=FailureClass.PLANNER_REFUSAL, message="no lesson"))
    terminated = {"exitCode": 65, "message": encode_result(refusal)}
    metadata = {
        "namespace": "lessons",
        "name": "p",
        "uid": "p",
        "resourceVersion": "9999",
        "labels": job["metadata"]["labels"],
        "ownerReferences": [{"uid": uid, "controller": True}],
    }
    container = {"name": "renderer", "state": {"terminated": terminated}}
    bench.cache.put_pod({"metadata": metadata, "status": {"phase": "Failed", "containerStatuses": [container]}})
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: count/jobs.batch=1")] * 100
    for _ in range(5):
        bench.now += timedelta(seconds=10)
        await bench.look()

    assert bench.status()["phase"] == "Failed"
    assert bench.cluster.jobs.keys() == {job["metadata"]["name"]}
    assert len(bench.cluster.faults["create"]) == 100, "no creation"


async def test_a_clock_that_is_set_back_holds_up_no_job() -> None:
    bench = Bench(sceneCount=1)
    bench.cluster.faults["create"] = [Forbidden("exceeded quota")]
    await bench.look()
    await bench.look()
    bench.now -= timedelta(hours=1)

    await bench.look()

    assert len(bench.cluster.jobs) == 1


def lose_status_response(bench: Bench) -> None:
    """The next status write takes effect, and the operator gets no response."""
    put, left = bench.cluster.put_status, iter(range(1))

    async def put_unanswered(job: VideoJob, status: VideoJobStatus) -> dict[str, Any]:
        stored = await put(job, status)
        if next(left, None) is not None:
            raise Unanswered("PUT videojobs/status: TimeoutError")
        return stored

    bench.cluster.put_status = put_unanswered  # type: ignore[method-assign]


async def planned_bench() -> Bench:
    """A video whose next status is Rendering, the first with an event."""
    bench = Bench(sceneCount=1)
    await bench.look()
    bench.pods_succeed(scenes=1)
    assert bench.events() == []
    return bench


async def test_a_status_whose_response_was_lost_has_its_event_once_it_is_observed() -> None:
    bench = await planned_bench()
    lose_status_response(bench)
    with pytest.raises(Unanswered):
        await bench.look()
    bench.now += timedelta(seconds=2)
    await bench.look()
    assert bench.events() == [], "the watch is behind: the second write conflicts"

    bench.cache.put_videojob(bench.cluster.read("calculus"))
    for _ in range(3):
        await bench.look()

    assert bench.events() == ["Rendering"]


async def test_statuses_that_were_stored_delay_none_although_their_responses_were_lost() -> None:
    bench = Bench(sceneCount=1)
    for phase in ("Planning", "Rendering", "Stitching"):
        lose_status_response(bench)
        with pytest.raises(Unanswered):
            await bench.look()
        bench.cache.put_videojob(bench.cluster.read("calculus"))
        for _ in range(3):
            await bench.look()
        assert bench.status()["phase"] == phase
        bench.pods_succeed(scenes=1)

    await bench.look()
    assert bench.status()["phase"] == "Succeeded"
    assert bench.events() == ["Rendering", "Succeeded"]


async def test_a_status_that_was_not_stored_has_its_event_when_it_is() -> None:
    bench = await planned_bench()
    bench.cluster.faults["status"] = [Unanswered("PUT videojobs/status: TimeoutError")]
    with pytest.raises(Unanswered):
        await bench.look()

    bench.now += timedelta(seconds=2)
    for _ in range(3):
        await bench.look()

    assert bench.events() == ["Rendering"]
