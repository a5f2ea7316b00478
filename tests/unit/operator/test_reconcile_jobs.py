"""The Jobs that a pass makes: once each, under names of their own, again where they were forbidden."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.objects import running_pod
from tests.unit.operator.reconciling import Bench
from videojob.names import ANNOTATION_FAILURE
from videotutor_operator.errors import ClusterError, Conflict, Forbidden, Refused, Terminating
from videotutor_operator.reconciler.refusals import FIRST_SECONDS, LONGEST_SECONDS


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

    assert await bench.look() == 0, "the refusal is not in the status yet"
    assert await bench.look() == pytest.approx(FIRST_SECONDS, abs=1e-4)
    assert bench.status()["phase"] == "Planning"
    assert "exceeded quota: pods" in bench.status()["message"]
    assert [(event["reason"], event["type"]) for event in bench.cluster.events] == [("Quota", "Warning")]


async def test_a_forbidden_job_is_created_again_with_backoff_and_leaves_the_status_as_it_is() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Forbidden("exceeded quota: pods")] * 7
    await bench.look()
    await bench.look()
    waits = []
    for _ in range(6):
        waits.append(await bench.look())
        bench.now += timedelta(seconds=waits[-1] or 0)
        await bench.look()
        assert not [write for write in bench.cluster.writes if write.startswith("status")]

    assert waits == pytest.approx([1, 2, 4, 8, LONGEST_SECONDS, LONGEST_SECONDS], abs=1e-4)
    assert bench.status()["report"]["sequence"] == 2
    bench.now += timedelta(seconds=LONGEST_SECONDS)
    await bench.look()
    await bench.look()
    assert (len(bench.cluster.jobs), bench.status()["message"]) == (1, "Planning the scenes.")


async def test_a_create_that_fails_holds_up_no_other_and_is_said() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    bench.pods_succeed(scenes=3)
    bench.cluster.faults["create"] = [ClusterError('failed calling webhook "x": deadline exceeded')]
    await bench.look()
    await bench.look()

    scenes = {job["metadata"]["labels"].get("videotutor.dev/scene") for job in bench.cluster.jobs.values()}
    assert scenes == {None, "scene-2", "scene-3"}
    assert bench.status()["message"] == (
        "Rendering: 0/3 scenes done; scene-1 waits: Kubernetes did not create the Job: "
        'failed calling webhook "x": deadline exceeded'
    )
    assert [event["reason"] for event in bench.cluster.events].count("CreateFailed") == 1


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
        bench.now += timedelta(seconds=LONGEST_SECONDS)
        await bench.look()
        await bench.look()

    assert bench.status()["report"]["sequence"] == sequence


async def test_a_name_still_taken_is_said_and_tried_again() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Conflict("there is a Job of that name")]

    await bench.look()
    await bench.look()
    assert await bench.look() == pytest.approx(FIRST_SECONDS, abs=1e-4)
    assert "it waits: there is a Job of that name" in bench.status()["message"]
    bench.now += timedelta(seconds=FIRST_SECONDS)
    await bench.look()

    assert len(bench.cluster.jobs) == 1


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


@pytest.mark.parametrize(
    "seen",
    [
        None,
        {"phase": "Pending"},
        {"phase": "Running", "containerStatuses": [{"name": "renderer", "state": {"running": {}}}]},
    ],
    ids=["not seen", "pending", "running"],
)
async def test_a_job_that_is_complete_before_the_end_of_its_pod_was_seen_is_not_run_again(
    seen: dict[str, Any] | None,
) -> None:
    bench = Bench()
    await bench.look()
    ((name, job),) = bench.cluster.jobs.items()
    bench.pods_succeed()
    complete = {"type": "Complete", "status": "True", "lastTransitionTime": "2026-03-01T11:00:00Z"}
    job["status"] = {"conditions": [complete]}
    bench.restart(pods=False)
    if seen:
        (pod,) = bench.cluster.pods.values()
        before = {**pod, "metadata": {**pod["metadata"], "resourceVersion": "1"}, "status": seen}
        bench.cache.put_pod(before)

    await bench.look()
    await bench.look()

    assert next(iter(bench.cluster.jobs)) == name
    assert (bench.status()["phase"], bench.status()["attempts"]["plan"]["attempts"]) == ("Rendering", 1)


async def test_a_job_in_a_namespace_that_is_being_deleted_is_no_news_and_not_tried_again_for_minutes() -> None:
    bench = Bench()
    bench.cluster.faults["create"] = [Terminating("namespace lessons is being terminated")] * 3
    await bench.look()
    before = bench.status()
    assert before["message"] == "Planning the scenes."

    assert [await bench.look(), await bench.look()] == [300, 300]

    assert (bench.status(), bench.events(), bench.cluster.jobs) == (before, [], {})


async def test_a_job_that_cannot_be_deleted_keeps_no_other_from_it() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    bench.pods_succeed(scenes=3)
    await bench.look()
    first, *_ = (name for name in bench.cluster.jobs if "scene" in name)
    suspend(bench, asked=True)
    bench.cluster.faults["delete"] = [ClusterError("away")]

    with pytest.raises(ClusterError, match="away"):
        await bench.look()

    assert [name for name in bench.cluster.jobs if "scene" in name] == [first]


async def test_a_job_that_cannot_be_ended_keeps_no_other_from_it() -> None:
    bench = Bench(sceneCount=3, activeDeadlineSeconds=10)
    await bench.look()
    bench.pods_succeed(scenes=3)
    await bench.look()
    first, *others = (name for name in bench.cluster.jobs if "scene" in name)
    for name in (first, *others):
        owner = {"uid": bench.cluster.jobs[name]["metadata"]["uid"], "controller": True}
        bench.cache.put_pod(running_pod(name=name, uid=name, ownerReferences=[owner]))
    bench.now += timedelta(seconds=10)
    bench.cluster.faults["end"] = [ClusterError("away")]

    with pytest.raises(ClusterError, match="away"):
        await bench.look()

    ended = [name for name, job in bench.cluster.jobs.items() if ANNOTATION_FAILURE in job["metadata"]["annotations"]]
    assert ended == others


async def test_a_corrected_pod_template_starts_the_plan_again_at_once() -> None:
    bench = Bench(sceneCount=1, podTemplate={"priorityClassName": "missing"})
    await bench.look()
    await bench.look()
    before = set(bench.cluster.jobs)
    bench.now += timedelta(seconds=5)
    bench.cache.put_videojob(bench.cluster.edit(podTemplate=None))

    for _ in range(6):
        await bench.look()

    (after,) = bench.cluster.jobs
    assert {after}.isdisjoint(before)


async def test_a_job_that_a_webhook_suspends_is_queued_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    create = bench.cluster.create_job

    async def suspend(manifest: dict[str, Any]) -> dict[str, Any]:
        return await create({**manifest, "spec": {**manifest["spec"], "suspend": True}})

    monkeypatch.setattr(bench.cluster, "create_job", suspend)
    assert await bench.look() == 0.0
    await bench.look()
    assert bench.status()["message"] == "Planning the scenes; it waits: its Job is suspended"


async def test_a_pod_that_is_observed_before_its_job_is_reconciled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(sceneCount=1)
    create = bench.cluster.create_job

    async def succeed_first(manifest: dict[str, Any]) -> dict[str, Any]:
        made = await create(manifest)
        bench.cache.put_pod(
            {
                "metadata": {
                    "namespace": "lessons",
                    "name": "p",
                    "uid": "p",
                    "resourceVersion": str(next(bench.cluster.versions)),
                    "ownerReferences": [{"uid": made["metadata"]["uid"], "controller": True}],
                },
                "status": {"phase": "Running"},
            }
        )
        return made

    monkeypatch.setattr(bench.cluster, "create_job", succeed_first)
    assert await bench.look() == 0.0
