"""One pass and its writes: how many, in which order, and what a fault in the middle leaves behind."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.unit.operator.reconciling import Bench, Outbox
from videotutor_operator.core.model import Delivery
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Refused


async def test_a_pass_writes_the_status_then_acts_then_announces() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    bench.pods_succeed(scenes=1)

    await bench.look()

    status, create, event = bench.cluster.writes
    assert (status, event) == ("status Rendering", "event Rendering")
    assert create.startswith("create calculus-scene-")
    assert bench.outbox.offered == [1, 2]


async def test_what_a_status_says_is_announced_also_when_what_follows_fails() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    bench.pods_succeed(scenes=1)
    bench.cluster.faults["create"] = [ClusterError("no answer")]

    await bench.look()

    assert bench.cluster.writes[-1] == "event Rendering"


async def test_a_pass_with_nothing_new_writes_nothing() -> None:
    bench = Bench()
    await bench.look()

    await bench.look()

    assert bench.cluster.writes == []


async def test_a_whole_run_needs_few_writes() -> None:
    bench = Bench()
    writes: list[str] = []
    for _ in range(4):
        await bench.look()
        writes += bench.cluster.writes
        bench.pods_succeed()

    kinds = [write.split()[0] for write in writes]
    assert bench.status()["phase"] == "Succeeded"
    assert (kinds.count("create"), kinds.count("status"), kinds.count("event")) == (3, 4, 2)


async def test_after_a_conflict_nothing_is_done_and_it_looks_again() -> None:
    bench = Bench()
    bench.cluster.videojobs["calculus"]["metadata"]["resourceVersion"] = "999"

    again = await bench.look()

    assert again is not None
    assert bench.cluster.jobs == {}
    assert bench.outbox.offered == []


async def test_a_fault_between_status_and_job_is_made_good_by_the_next_pass() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [ClusterError("connection lost")]
    await bench.look()
    assert bench.status()["phase"] == "Planning"
    bench.restart()

    await bench.look()

    assert len(bench.cluster.jobs) == 1


async def test_a_status_that_could_not_be_written_is_no_news() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [Conflict("somebody wrote first")]

    await bench.look()

    assert bench.cluster.events == []


async def test_an_event_that_cannot_be_posted_holds_nothing_up() -> None:
    bench = Bench()
    bench.cluster.faults["event"] = [Forbidden("no rights")]

    await bench.look()

    assert len(bench.cluster.jobs) == 1


async def test_a_confirmation_alone_is_written_at_the_end_only() -> None:
    bench = Bench()
    await bench.look()
    bench.outbox.confirmed = Delivery(acknowledged=1)
    await bench.look()
    assert bench.cluster.writes == []

    for _ in range(3):
        bench.pods_succeed()
        await bench.look()
    bench.outbox.confirmed = Delivery(acknowledged=bench.status()["report"]["sequence"])
    await bench.look()

    assert bench.cluster.writes == ["status Succeeded"]
    assert bench.status()["report"]["acknowledged"] == bench.status()["report"]["sequence"]


async def test_a_failing_report_is_written_at_once() -> None:
    bench = Bench()
    await bench.look()
    bench.outbox.confirmed = Delivery(reason="Rejected", error="Convex answered 400")

    await bench.look()

    assert bench.cluster.writes == ["status Planning"]
    assert bench.status()["report"]["lastError"] == "Convex answered 400"


async def test_what_was_stored_before_a_crash_is_still_reported() -> None:
    bench = Bench()
    await bench.look()
    bench.outbox = Outbox()
    bench.restart()
    bench.pods_succeed()

    await bench.look()

    assert bench.status()["phase"] == "Rendering"
    assert bench.outbox.offered == [1, 2]


async def test_without_a_session_nobody_is_told() -> None:
    bench = Bench(sessionId=None)
    await bench.look()
    bench.cache.drop_videojob(bench.cluster.videojobs["calculus"])
    await bench.look()

    assert bench.outbox.offered == []
    assert bench.outbox.left == []


async def test_leave_is_taken_once_of_a_videojob_that_is_gone() -> None:
    bench = Bench()
    await bench.look()
    bench.cache.drop_videojob(bench.cluster.videojobs["calculus"])

    assert await bench.look() is None

    assert await bench.look() is None
    assert [(job.uid, job.status.phase) for job in bench.outbox.left] == [("uid-of-calculus", "Planning")]


async def test_a_status_write_for_a_videojob_deleted_meanwhile_ends_the_pass() -> None:
    bench = Bench()
    raw = bench.cluster.videojobs.pop("calculus")

    after = await bench.look()
    bench.cache.drop_videojob(raw)

    assert after is not None
    assert after > 0, "its kind may be gone, and come back without an event"
    assert await bench.look() is None
    assert bench.cluster.jobs == {}


async def test_scenes_that_end_together_are_told_together() -> None:
    bench = Bench(scene_count=3)
    await bench.look()
    bench.pods_succeed(scenes=3)
    await bench.look()
    assert bench.status()["scenesReady"] == "0/3"

    bench.pods_succeed(scenes=3, only="scene-1")
    assert await bench.look() == pytest.approx(1, abs=1e-4)
    bench.pods_succeed(scenes=3, only="scene-2")
    assert await bench.look() == pytest.approx(1, abs=1e-4)
    assert bench.cluster.writes == []

    bench.now += timedelta(seconds=1)
    await bench.look()
    assert bench.cluster.writes == ["status Rendering"]
    assert bench.status()["scenesReady"] == "2/3"


async def test_a_finished_video_has_one_more_pass_and_then_none() -> None:
    bench = Bench(sceneCount=1)
    bench.outbox.confirmed = Delivery(acknowledged=9)
    for _ in range(3):
        await bench.look()
        bench.pods_succeed(scenes=1)

    assert [await bench.look(), await bench.look()] == [0.0, None]
    assert bench.status()["phase"] == "Succeeded"


async def test_what_still_runs_when_a_video_has_failed_is_ended_at_once() -> None:
    bench = Bench(sceneCount=2, failFast=True)
    await bench.look()
    bench.pods_succeed(scenes=2)
    await bench.look()
    bench.cluster.faults["create"] = [Refused("no")]
    bench.restart()
    bench.cluster.jobs = {name: job for name, job in bench.cluster.jobs.items() if "scene-1" not in name}
    bench.restart()
    assert await bench.look() == 0.0, "scene-1 is refused"

    assert await bench.look() == 0.0, "scene-2 still runs"
    assert bench.status()["phase"] == "Failed"
    await bench.look()
    assert [write.split("-")[1] for write in bench.cluster.writes if write.startswith("delete")] == ["scene"]
