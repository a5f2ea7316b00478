"""The cache never goes back in time, and forgets what is gone."""

from __future__ import annotations

from typing import Any

from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.test_observe import a_job, a_pod, a_videojob, ended
from videojob.status import FailureClass
from videotutor_operator import cache as cache_module
from videotutor_operator.cache import Cache
from videotutor_operator.failures import judge
from videotutor_operator.model import State
from videotutor_operator.queue import WorkQueue
from videotutor_operator.resync import Resync


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


async def test_what_was_made_during_the_list_is_not_taken_for_gone() -> None:
    cluster, cache = FakeCluster(), Cache()
    known = cache.uids()
    cache.put_job(a_job())

    assert cache.keep_only([], known_before=known) == set()
    assert len(cache.children("vj-1")) == 1
    assert cluster.writes == []
