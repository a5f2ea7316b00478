"""One pass and its writes: how many, in which order, and what a fault in the middle leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest

from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.test_manifests import RUNTIME
from tests.unit.operator.world import START, World
from videojob.results import encode_result
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.model import Delivery, Site, VideoJob
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Refused
from videotutor_operator.observed.cache import Cache
from videotutor_operator.passes.reconcile import Installation, Reconciler
from videotutor_operator.passes.refusals import FORBIDDEN_SECONDS, NAME_TAKEN_SECONDS
from videotutor_operator.reports.reporter import Reporter


class Outbox:
    """A reporter that notes what it is offered and confirms what it is told to."""

    def __init__(self) -> None:
        self.offered: list[int] = []
        self.confirmed = Delivery()
        self.left: list[VideoJob] = []

    def delivery(self, _uid: str) -> Delivery:
        return self.confirmed

    def offer(self, _job: VideoJob, status: Any, _now: Any) -> None:
        if status.report.sequence > max(self.offered, default=0):
            self.offered.append(status.report.sequence)

    def take_leave(self, job: VideoJob, _now: Any) -> None:
        self.left.append(job)


class Bench:
    """A reconciler on a fake cluster."""

    def __init__(self, **spec: Any) -> None:
        self.cluster = FakeCluster()
        self.cache = Cache()
        self.outbox = Outbox()
        self.spec = spec
        self.now = START
        self.cache.put_videojob(self.cluster.add_videojob(**spec))
        self.restart()

    def restart(self) -> None:
        """A new process with an empty memory that has listed the cluster."""
        self.cache = Cache()
        for raw in self.cluster.videojobs.values():
            self.cache.put_videojob(raw)
        for raw in self.cluster.jobs.values():
            self.cache.put_job(raw)
        for raw in self.cluster.pods.values():
            self.cache.put_pod(raw)
        installation = Installation(Site(reports=True), RUNTIME, "test", clock=lambda: self.now)
        self.reconciler = Reconciler(
            installation, cast("Cluster", self.cluster), self.cache, cast("Reporter", self.outbox)
        )

    async def look(self) -> float | None:
        self.cluster.writes.clear()
        return await self.reconciler.look_at("lessons/calculus")

    def pods_succeed(self, scenes: int = 1, only: str = "") -> None:
        """Every Job without a pod, or that of one scene, gets one that has succeeded."""
        world = World(scenes)
        for job in self.cluster.jobs.values():
            uid = job["metadata"]["uid"]
            if only not in {"", job["metadata"]["labels"].get("videotutor.dev/scene")}:
                continue
            child = next(c for c in self.cache.children("uid-of-calculus") if c.uid == uid)
            terminated = {"exitCode": 0, "message": encode_result(world.result_of(child))}
            pod = {
                "metadata": {
                    "namespace": "lessons",
                    "name": f"pod-of-{uid}",
                    "uid": f"pod-of-{uid}",
                    "resourceVersion": str(next(self.cluster.versions)),
                    "labels": job["metadata"]["labels"],
                    "ownerReferences": [{"uid": uid, "controller": True}],
                },
                "status": {"phase": "Succeeded", "containerStatuses": [{"state": {"terminated": terminated}}]},
            }
            self.cluster.pods[uid] = pod
            self.cache.put_pod(pod)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.videojobs["calculus"].get("status", {})
        return found


async def test_a_pass_writes_the_status_then_acts_then_announces() -> None:
    bench = Bench()

    await bench.look()

    status, create, event = bench.cluster.writes
    assert (status, event) == ("status Planning", "event Planning")
    assert create.startswith("create calculus-plan-")
    assert bench.outbox.offered == [1]


async def test_what_a_status_says_is_announced_also_when_what_follows_fails() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [ClusterError("no answer")]

    with pytest.raises(ClusterError):
        await bench.look()

    assert bench.cluster.writes[-1] == "event Planning"


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
    assert (kinds.count("create"), kinds.count("status"), kinds.count("event")) == (3, 4, 4)


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
    with pytest.raises(ClusterError):
        await bench.look()
    assert bench.status()["phase"] == "Planning"
    bench.restart()

    await bench.look()

    assert len(bench.cluster.jobs) == 1


async def test_a_job_that_exists_but_is_not_seen_yet_is_not_made_twice() -> None:
    bench = Bench()
    await bench.look()
    jobs, bench.cluster.jobs = bench.cluster.jobs, {}
    bench.restart()
    bench.cluster.jobs = jobs

    await bench.look()

    assert len(bench.cluster.jobs) == 1


async def test_a_refused_job_fails_with_the_reason() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Refused("memory limit must be less than the node's")]

    assert await bench.look() == 0
    await bench.look()

    assert bench.status()["phase"] == "Failed"
    assert "memory limit must be less" in bench.status()["message"]


async def test_a_forbidden_job_waits_and_says_why() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: pods")]

    assert await bench.look() == 0
    assert await bench.look() == 0

    assert await bench.look() == FORBIDDEN_SECONDS
    assert bench.status()["phase"] == "Planning"
    assert "exceeded quota: pods" in bench.status()["message"]
    assert [(event["reason"], event["type"]) for event in bench.cluster.events] == [
        ("Planning", "Normal"),
        ("Quota", "Warning"),
    ]


async def test_a_status_that_could_not_be_written_is_no_news() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [Conflict("somebody wrote first")]

    await bench.look()

    assert bench.cluster.events == []


async def test_a_forbidden_job_is_tried_again_in_time_however_often_it_is_looked_at_meanwhile() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: pods")]
    await bench.look()
    await bench.look()
    bench.now += timedelta(seconds=FORBIDDEN_SECONDS - 5)
    assert await bench.look() == 5
    bench.now += timedelta(seconds=5)

    await bench.look()
    await bench.look()

    assert len(bench.cluster.jobs) == 1
    assert bench.status()["message"] == "Planning the scenes."


async def test_a_job_forbidden_again_and_again_leaves_the_status_as_it_is() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: pods")] * 4
    await bench.look()
    await bench.look()
    for _ in range(3):
        bench.now += timedelta(seconds=FORBIDDEN_SECONDS)
        for _ in range(2):
            await bench.look()
            assert not [write for write in bench.cluster.writes if write.startswith("status")]

    assert bench.status()["report"]["sequence"] == 2


async def test_forbidden_scenes_leave_the_status_as_it_is_too() -> None:
    bench = Bench()
    await bench.look()
    bench.pods_succeed(scenes=2)
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: pods")] * 6
    await bench.look()
    await bench.look()
    sequence = bench.status()["report"]["sequence"]
    assert "scene-1 waits: Kubernetes forbids the Job: exceeded quota" in bench.status()["message"]
    for _ in range(2):
        bench.now += timedelta(seconds=FORBIDDEN_SECONDS)
        await bench.look()
        await bench.look()

    assert bench.status()["report"]["sequence"] == sequence


async def test_a_name_still_taken_is_said_and_tried_again() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Conflict("there is a Job of that name")]

    await bench.look()
    await bench.look()
    assert await bench.look() == NAME_TAKEN_SECONDS
    assert "it waits: there is a Job of that name" in bench.status()["message"]
    bench.now += timedelta(seconds=NAME_TAKEN_SECONDS)
    await bench.look()

    assert len(bench.cluster.jobs) == 1


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
    bench.cluster.videojobs.clear()

    assert await bench.look() is None

    assert bench.cluster.jobs == {}


def suspend(bench: Bench, *, asked: bool) -> None:
    raw = bench.cluster.videojobs["calculus"]
    raw["spec"]["suspend"] = asked
    generation = raw["metadata"]["generation"] + 1
    raw["metadata"].update(generation=generation, resourceVersion=str(next(bench.cluster.versions)))
    bench.cache.put_videojob(raw)


async def test_suspending_deletes_the_running_job_and_forgets_it_at_once() -> None:
    bench = Bench()
    await bench.look()
    suspend(bench, asked=True)

    await bench.look()
    assert bench.cluster.jobs == {}
    await bench.look()

    assert bench.cluster.writes == []


async def test_the_name_of_a_removed_job_is_not_used_again() -> None:
    bench = Bench()
    names = []
    for _ in range(3):
        await bench.look()
        names += [job["metadata"]["name"] for job in bench.cluster.jobs.values()]
        suspend(bench, asked=True)
        await bench.look()
        suspend(bench, asked=False)

    assert len(set(names)) == len(names) == 3
    assert bench.status()["attempts"]["plan"]["attempts"] == 1


async def test_the_name_of_a_job_that_somebody_deleted_is_not_used_again() -> None:
    bench = Bench()
    await bench.look()
    ((name, job),) = bench.cluster.jobs.items()
    del bench.cluster.jobs[name]
    bench.cache.drop_job(job)

    await bench.look()

    assert len(bench.cluster.jobs) == 1
    assert name not in bench.cluster.jobs


async def test_scenes_that_end_together_are_told_together() -> None:
    bench = Bench(scene_count=3)
    await bench.look()
    bench.pods_succeed(scenes=3)
    await bench.look()
    assert bench.status()["scenesReady"] == "0/3"

    bench.pods_succeed(scenes=3, only="scene-1")
    assert await bench.look() == 1.0
    bench.pods_succeed(scenes=3, only="scene-2")
    assert await bench.look() == 1.0
    assert bench.cluster.writes == []

    bench.now += timedelta(seconds=1)
    await bench.look()
    assert bench.cluster.writes == ["status Rendering"]
    assert bench.status()["scenesReady"] == "2/3"
