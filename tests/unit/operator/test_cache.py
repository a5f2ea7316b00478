"""The cache never goes back in time, and forgets what is gone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.test_observe import RESULT, a_job, a_pod, a_videojob, ended, running_pod
from videojob.results import encode_result
from videojob.status import FailureClass
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import State
from videotutor_operator.observed import cache as cache_module
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.compact import Compact
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.queue import WorkQueue
from videotutor_operator.watching.resync import Resync


def versioned(raw: dict[str, Any], version: int, **metadata: Any) -> dict[str, Any]:
    return {**raw, "metadata": {**raw["metadata"], "resourceVersion": str(version), **metadata}}


def test_an_older_observation_changes_nothing() -> None:
    cache = Cache()
    cache.put_videojob(versioned(a_videojob({"prompt": "new"}), 12))
    cache.put_videojob(versioned(a_videojob({"prompt": "old"}), 9))

    found = cache.videojob("lessons/calculus")
    assert found is not None
    assert found.spec.prompt == "new"


def test_an_observation_after_the_end_does_not_bring_it_back() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.drop_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}), 99))

    assert cache.videojob("lessons/calculus") is None


def test_the_end_of_an_old_videojob_leaves_the_new_one_of_its_name() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}), 20, uid="vj-2"))
    cache.drop_videojob(a_videojob({"prompt": "Hi"}))

    found = cache.videojob("lessons/calculus")
    assert found is not None
    assert found.uid == "vj-2"


def test_jobs_and_pods_become_children_of_their_owner() -> None:
    cache = Cache()
    assert cache.put_job(a_job()) == "lessons/calculus"
    assert cache.put_pod(a_pod("Failed")) == "lessons/calculus"

    (child,) = cache.children("vj-1")
    assert child.state is State.FAILED
    assert cache.children("vj-2") == ()


def test_what_a_deleted_pod_said_stays_known_while_its_job_exists() -> None:
    cache = Cache()
    cache.put_job(a_job())
    assert cache.drop_pod(a_pod("Failed")) == "lessons/calculus"

    (child,) = cache.children("vj-1")
    assert child.state is State.FAILED


def test_a_pod_deleted_while_it_ran_does_not_count_as_running() -> None:
    cache = Cache()
    cache.put_job(a_job())
    cache.drop_pod(a_pod("Running"))

    (child,) = cache.children("vj-1")
    assert not child.running


def test_what_a_pod_waited_for_when_the_deadline_ended_it_stays_known() -> None:
    cache = Cache()
    cache.put_job(a_job())
    pulling = {"image": "r:1", "state": {"waiting": {"reason": "ErrImagePull"}}}
    cache.put_pod(versioned(a_pod(containerStatuses=[pulling]), 30))
    forgotten = {"image": "r:1", "state": {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}
    told_to_end = {"deletionTimestamp": "2026-03-01T12:00:00Z"}
    cache.put_pod(versioned(a_pod("Failed", containerStatuses=[forgotten]), 31, **told_to_end))

    cache.put_job(versioned(a_job(ended("Failed", "DeadlineExceeded")), 32))

    (child,) = cache.children("vj-1")
    assert judge(child.ending).failure.class_ is FailureClass.IMAGE_PULL


def test_a_pod_seen_after_its_jobs_end_leaves_no_trace() -> None:
    cache = Cache()
    cache.put_job(a_job())
    cache.drop_job(a_job())
    cache.put_pod(a_pod())

    assert cache.children("vj-1") == ()
    assert cache._pods == {}
    assert cache._jobs == {}


def test_jobs_that_went_before_they_had_ended_are_counted_for_as_long_as_their_videojob_exists() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    for uid in ("job-1", "job-2"):
        cache.put_job(a_job(uid=uid))
        cache.drop_job(a_job(uid=uid))
    attempt = ("scene", "scene-1", "d" * 16, 2)
    assert cache.removed("vj-1", attempt) == 2

    cache.drop_videojob(a_videojob({"prompt": "Hi"}))
    assert cache.removed("vj-1", attempt) == 0
    cache.put_job(a_job(uid="job-3"))
    cache.drop_job(a_job(uid="job-3"))
    assert cache.removed("vj-1", attempt) == 0


def test_a_job_that_goes_with_its_pod_just_as_both_are_ended_is_counted() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "2026-05-04T10:00:00Z"}
    cache.put_job(a_job(failed))
    cache.drop_job(a_job(failed))

    assert cache.removed("vj-1", ("scene", "scene-1", "d" * 16, 2)) == 1


def test_a_job_that_goes_after_its_end_is_not_counted() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cache.put_pod(a_pod("Failed"))
    cache.drop_job(a_job())

    assert cache.removed("vj-1", ("scene", "scene-1", "d" * 16, 2)) == 0


def test_tombstones_are_bounded() -> None:
    cache = Cache()
    for number in range(cache_module.TOMBSTONES + 10):
        cache.forget_job(f"job-{number}")

    assert len(cache._deleted) == cache_module.TOMBSTONES


async def test_a_list_removes_what_a_broken_watch_never_said_was_gone() -> None:
    cluster, cache = FakeCluster(), Cache()
    seen: list[str] = []

    async def work(key: str) -> None:
        seen.append(key)

    queue = WorkQueue(work, expected=ConnectionError)
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cluster.add_videojob("algebra")
    resync = Resync(cluster, cache, queue)  # type: ignore[arg-type]

    await resync.once()

    assert cache.videojob("lessons/calculus") is None
    assert cache.videojob("lessons/algebra") is not None
    assert cache.children("vj-1") == ()
    assert len(queue) == 2
    assert resync.last is not None


def test_pods_of_a_job_that_never_was_seen_are_dropped_with_the_next_list() -> None:
    cache = Cache()
    cache.put_pod(a_pod())

    cache.keep_only([], known_before=cache.uids())

    assert cache._pods == {}


def test_a_pod_whose_end_no_watch_told_is_gone_with_the_next_list_and_wakes_its_videojob() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cache.put_pod(running_pod())
    assert [child.running for child in cache.children("vj-1")] == [True]
    before = cache.uids()

    woken = cache.keep_only(before - {"pod-1"}, known_before=before)

    assert woken == {"lessons/calculus"}
    assert [child.running for child in cache.children("vj-1")] == [False]


def test_what_was_made_during_the_list_is_not_taken_for_gone() -> None:
    cache = Cache()
    known = cache.uids()
    cache.put_job(a_job())

    assert cache.keep_only([], known_before=known) == set()
    assert len(cache.children("vj-1")) == 1
    assert cache.keep_only([], known_before=cache.uids()) == {"lessons/calculus"}
    assert cache.children("vj-1") == ()


FINISHED = {"observedGeneration": 4, "phase": "Succeeded", "report": {"sequence": 4, "acknowledged": 4}}


def finished(version: int = 8, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A VideoJob that Convex knows the end of."""
    raw = a_videojob({"prompt": "Hi", "sessionId": "s1", **spec}, {**FINISHED, **(status or {})})
    return versioned(raw, version, managedFields=[{"manager": "kubectl"}])


def test_a_finished_videojob_is_kept_compressed_and_reads_as_it_was() -> None:
    cache = Cache()
    cache.put_videojob(finished())

    assert isinstance(cache._videojobs["lessons/calculus"], Compact)
    assert cache.videojob("lessons/calculus") == read_videojob(finished())
    assert cache.phases() == {"Succeeded": 1}


def test_an_edited_videojob_is_not_compressed_any_more() -> None:
    cache = Cache()
    cache.put_videojob(finished())

    assert cache.put_videojob(finished(9) | {"metadata": {**finished(9)["metadata"], "generation": 5}}) is not None

    found = cache.videojob("lessons/calculus")
    assert found is not None
    assert found.generation == 5
    assert not cache.ended("lessons/calculus")


def test_an_older_observation_of_a_finished_videojob_changes_nothing() -> None:
    cache = Cache()
    cache.put_videojob(finished(9))

    assert cache.put_videojob(finished(8, {"phase": "Rendering"})) is None

    found = cache.videojob("lessons/calculus")
    assert found is not None
    assert found.status.phase == "Succeeded"


@pytest.mark.parametrize(
    ("raw", "settled"),
    [
        (finished(), True),
        (finished(sessionId=None, status={"report": {"sequence": 4}}), True),
        (finished(status={"report": {"sequence": 5, "acknowledged": 4}}), False),
        (finished(ttlSecondsAfterFinished=60), False),
        (finished(status={"phase": "Rendering"}), False),
        (finished(status={"observedGeneration": 3}), False),
    ],
    ids=["told", "nobody-to-tell", "not-told", "deletes-itself", "running", "edited"],
)
def test_what_has_nothing_left_to_do_is_settled(raw: dict[str, Any], *, settled: bool) -> None:
    cache = Cache()
    raw["spec"] = {name: value for name, value in raw["spec"].items() if value is not None}
    cache.put_videojob(raw)

    assert cache.settled("lessons/calculus") is settled


def test_a_finished_videojob_whose_job_still_runs_is_not_settled() -> None:
    cache = Cache()
    cache.put_videojob(finished())
    cache.put_job(a_job())
    assert not cache.settled("lessons/calculus")

    cache.put_pod(a_pod("Failed"))

    assert cache.settled("lessons/calculus")


def test_an_event_that_moves_nothing_but_its_version_wakes_nobody() -> None:
    cache = Cache()
    cache.put_job(a_job())
    cache.put_pod(a_pod("Running"))

    assert cache.put_job(versioned(a_job(), 11)) is None
    assert cache.put_pod(versioned(a_pod("Running"), 21)) is None


def test_a_job_that_is_complete_after_its_pod_ended_wakes_nobody() -> None:
    cache = Cache()
    cache.put_job(a_job())
    assert cache.put_pod(a_pod("Succeeded", message=encode_result(RESULT))) == "lessons/calculus"

    assert cache.put_job(versioned(a_job(ended("Complete")), 11)) is None


def test_what_was_written_here_wakes_nobody_when_the_watch_repeats_it() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))

    assert cache.put_videojob(a_videojob({"prompt": "Hi"})) is None


def test_a_videojob_that_is_gone_is_named_once_as_it_was_last_seen() -> None:
    cache = Cache()
    cache.put_videojob(finished())
    cache.drop_videojob(finished(10))

    assert [(job.uid, job.status.phase) for job in cache.departed("lessons/calculus")] == [("vj-1", "Succeeded")]
    assert cache.departed("lessons/calculus") == ()


def test_one_of_the_same_name_replaces_a_videojob_whose_end_was_missed() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(a_videojob({"prompt": "Again"}), 20, uid="vj-2"))

    assert [job.uid for job in cache.departed("lessons/calculus")] == ["vj-1"]
    assert cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}), 30)) is None


def test_the_departed_are_bounded() -> None:
    cache = Cache()
    for number in range(cache_module.DEPARTED + 10):
        raw = versioned(a_videojob({"prompt": "Hi"}), 20 + number, uid=f"vj-{number}")
        cache.put_videojob(raw)
        cache.drop_videojob(raw)

    assert len(cache._departed) == cache_module.DEPARTED


async def test_a_list_wakes_only_those_with_something_to_do() -> None:
    cluster, cache = FakeCluster(), Cache()
    cluster.add_videojob("algebra")
    cluster.videojobs["calculus"] = finished(ttlSecondsAfterFinished=3600)
    cluster.videojobs["geometry"] = versioned(finished(), 9, name="geometry", uid="vj-9")
    looked_at: asyncio.Queue[str] = asyncio.Queue()
    queue = WorkQueue(looked_at.put, expected=ConnectionError)
    resync = Resync(cluster, cache, queue)  # type: ignore[arg-type]
    working = asyncio.create_task(queue.run(1))

    await resync.once()
    assert {await looked_at.get() for _ in range(2)} == {"lessons/algebra", "lessons/calculus"}

    await resync.once()
    assert await looked_at.get() == "lessons/algebra"
    assert len(queue) == 0
    assert looked_at.empty()
    working.cancel()
