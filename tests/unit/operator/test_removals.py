"""Jobs that others remove, orphan or number as they like."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.objects import ended
from tests.unit.operator.reconciling import Bench, written
from videojob import names
from videotutor_operator.core.allowance import Limits
from videotutor_operator.errors import Unanswered

GOLDEN_JOB: dict[str, Any] = {
    "metadata": {
        "namespace": "lessons",
        "resourceVersion": "1",
        "labels": {names.LABEL_VIDEOJOB: "calculus", names.LABEL_TASK: "plan", names.LABEL_ATTEMPT: "1"},
        "ownerReferences": [{"uid": "uid-of-calculus", "name": "calculus", "controller": True}],
    }
}
FAILED = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}


async def remove_all(bench: Bench, *, delete: bool) -> None:
    """Others delete each Job, or change the label by which the watch selects it."""
    for raw in list(bench.cluster.jobs.values()):
        labels = raw["metadata"]["labels"]
        if labels[names.MANAGED_BY] == names.MANAGER:
            seen = copy.deepcopy(raw)
            labels[names.MANAGED_BY] = "platform-team"
            if delete:
                del bench.cluster.jobs[raw["metadata"]["name"]]
            bench.cache.drop_job(seen)


async def count_creations(bench: Bench, *, delete: bool, passes: int, seconds: float) -> int:
    made = 0
    for _ in range(passes):
        await bench.look()
        made += sum(write.startswith("create") for write in bench.cluster.writes)
        await remove_all(bench, delete=delete)
        bench.now += timedelta(seconds=seconds)
    return made


async def test_jobs_that_something_deletes_are_made_again_after_longer_waits_and_the_status_says_so() -> None:
    bench = Bench(sceneCount=1)

    assert await count_creations(bench, delete=True, passes=200, seconds=0) == 2, "the first time at once"
    assert bench.status()["message"] == (
        "Planning the scenes; it waits: its Job was removed 2 times before it ended: find out what deletes Jobs or "
        "their label app.kubernetes.io/managed-by"
    )
    assert "Removed" in bench.events()

    assert await count_creations(bench, delete=True, passes=600, seconds=1) == 13, "after 2, 4, 8, 16, 32, 60, 60 … s"
    assert bench.events().count("Removed") == 1


async def test_a_failed_attempt_whose_job_was_removed_before_is_not_made_again_when_it_is_removed() -> None:
    bench = Bench(sceneCount=1, retries=3)
    await bench.look()
    await remove_all(bench, delete=True)
    await bench.look()
    (first,) = bench.cluster.jobs.values()
    end(bench, first, ended("Failed", "DeadlineExceeded"))
    bench.now += timedelta(seconds=10)
    for _ in range(3):
        await bench.look()
    bench.cache.drop_job(bench.cluster.jobs.pop(first["metadata"]["name"]))

    assert len(bench.cluster.jobs) == 1, "the second attempt runs"
    assert await written(bench, "create", passes=20, seconds=1) == []
    assert "removed" not in bench.status()["message"]


@pytest.mark.parametrize(
    ("edit", "undo"),
    [
        ({"rerun": 1}, {"rerun": 0}),
        ({"sceneOverrides": [{"scene": "scene-1", "instruction": "shorter"}]}, {"sceneOverrides": []}),
    ],
)
async def test_no_name_is_used_twice_after_an_edit_and_its_undoing(edit: dict[str, Any], undo: dict[str, Any]) -> None:
    bench = Bench(sceneCount=1)
    created: list[str] = []
    for change in ({}, edit, undo):
        if change:
            bench.cache.put_videojob(bench.cluster.edit(**change))
        for _ in range(3):
            await bench.look()
            created += [write for write in bench.cluster.writes if write.startswith("create")]
            bench.pods_succeed()

    assert len(created) >= 4
    assert len(created) == len(set(created))


@pytest.mark.parametrize("hold", ["cancel", "suspend"])
async def test_no_name_is_used_twice_after_a_video_was_held_and_goes_on(hold: str) -> None:
    bench = Bench(sceneCount=1)
    created: list[str] = []
    for held in (False, True, False, True, False):
        bench.cache.put_videojob(bench.cluster.edit("calculus", **{hold: held}))
        for _ in range(3):
            await bench.look()
            created += [write for write in bench.cluster.writes if write.startswith("create")]

    assert len(created) == len(set(created)) == 3


async def test_jobs_whose_label_others_change_do_not_pile_up() -> None:
    bench = Bench(sceneCount=1, limits=Limits(max_active_jobs=2))

    assert await count_creations(bench, delete=False, passes=120, seconds=1) <= 8


async def test_a_job_that_stays_in_the_end_is_no_trouble_any_more() -> None:
    bench = Bench(sceneCount=1)
    await count_creations(bench, delete=True, passes=20, seconds=1)
    for _ in range(60):
        bench.now += timedelta(seconds=1)
        await bench.look()
        bench.pods_succeed(scenes=1)

    assert bench.status()["phase"] == "Succeeded"
    assert "removed" not in bench.status()["message"]


async def test_a_job_whose_deletion_got_no_response_is_not_removed_by_others() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    for _ in range(3):
        (job,) = bench.cluster.jobs.values()
        bench.cluster.faults["delete"] = [Unanswered("DELETE: TimeoutError")]
        bench.cache.put_videojob(bench.cluster.edit(suspend=True))
        with pytest.raises(Unanswered):
            await bench.look()
        bench.cluster.jobs.clear()
        bench.cache.drop_job(job)
        bench.cache.put_videojob(bench.cluster.edit(suspend=False))
        for _ in range(3):
            await bench.look()

    assert len(bench.cluster.jobs) == 1
    assert "Removed" not in bench.events()


def test_who_takes_over_counts_no_removal_by_the_former_leader() -> None:
    bench = Bench(sceneCount=1)
    cache = bench.cache
    job = copy.deepcopy(GOLDEN_JOB)
    for number in range(3):
        job["metadata"] |= {"uid": f"job-{number}", "name": f"plan-{number}"}
        cache.put_job(copy.deepcopy(job))
        cache.drop_job(copy.deepcopy(job))
    (found,) = cache.removed("uid-of-calculus").values()
    assert (found.total, found.by_others) == (3, 3)

    cache.take_over()

    (found,) = cache.removed("uid-of-calculus").values()
    assert (found.total, found.by_others, found.name) == (3, 0, "plan-2")


async def test_after_a_restart_the_name_of_a_removed_job_that_is_still_there_is_not_used_again() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    await bench.look()
    used: list[str] = sorted(bench.cluster.jobs)
    for _ in range(2):
        for suspend in (True, False):
            bench.cache.put_videojob(bench.cluster.edit(suspend=suspend))
            for _ in range(3):
                await bench.look()
        used += sorted(bench.cluster.jobs)
        bench.restart()

    assert len(used) == len(set(used)) == 3


async def test_jobs_of_others_take_no_place_of_the_installation() -> None:
    bench = Bench(sceneCount=1, limits=Limits(max_active_jobs=2))
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "uid-of-c", "controller": True}
    for number in range(2):
        metadata = {
            "name": f"x{number}",
            "namespace": "evil",
            "uid": f"x{number}",
            "resourceVersion": "1",
            "labels": {names.MANAGED_BY: names.MANAGER},
            "ownerReferences": [owner],
        }
        bench.cache.put_job({"metadata": metadata, "spec": {}, "status": {}})

    await bench.look()
    await bench.look()

    assert len(bench.cluster.jobs) == 1
    assert dict(bench.cache.active_jobs()) == {"lessons": 1}


async def test_jobs_that_are_listed_before_their_videojob_take_their_places() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    bench.restart()
    cache = type(bench.cache)()

    cache.put_job(job)
    assert dict(cache.active_jobs()) == {}
    cache.put_videojob(bench.cluster.read("calculus"))

    assert dict(cache.active_jobs()) == {"lessons": 1}
    cache.drop_videojob(bench.cluster.read("calculus"))
    assert dict(cache.active_jobs()) == {"lessons": 1}, "until it is deleted too"


async def test_a_forged_number_of_an_attempt_is_not_believed() -> None:
    bench = Bench(sceneCount=1, retries=1)
    await bench.look()
    await bench.look()
    (name,) = bench.cluster.jobs
    forged = copy.deepcopy(bench.cluster.jobs[name])
    forged["metadata"] |= {"name": "forged", "uid": "uid-of-forged"}
    forged["metadata"]["labels"][names.LABEL_ATTEMPT] = str(names.MAX_ATTEMPT)
    bench.cluster.jobs["forged"] = forged
    for raw in bench.cluster.jobs.values():
        end(bench, raw)
    for _ in range(5):
        await bench.look()

    (second,) = set(bench.cluster.jobs) - {name, "forged"}
    assert bench.cluster.jobs[second]["metadata"]["labels"][names.LABEL_ATTEMPT] == "2"


async def test_a_number_of_an_attempt_that_no_label_can_have_ends_the_video() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    raw["status"]["attempts"]["plan"] |= {"attempts": 2**31 - 1, "failed": 2**31 - 1}
    bench.cluster.jobs.clear()
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    bench.restart()
    for _ in range(50):
        await bench.look()

    assert bench.cluster.jobs == {}
    assert bench.status()["phase"] == "Failed"
    assert bench.status()["message"] == (
        "The plan failed: The number of its last attempt is too large: the status or a label of a Job was changed. "
        "Delete the VideoJob and create it again."
    )


def end(bench: Bench, raw: dict[str, Any], condition: dict[str, Any] = FAILED) -> None:
    job = {**copy.deepcopy(raw), "status": {"failed": 1, "conditions": [condition]}}
    job["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.jobs[raw["metadata"]["name"]] = job
    bench.cache.put_job(job)
