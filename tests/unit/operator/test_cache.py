"""The cache never goes back in time, and forgets what is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.operator.objects import NOON, RESULT, a_job, a_pod, a_videojob, ended, running_pod
from videojob.results import encode_result
from videojob.status import FailureClass
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import State
from videotutor_operator.observed import cache as cache_module
from videotutor_operator.observed.cache import Cache, Due
from videotutor_operator.observed.removed import Removed


def versioned(raw: dict[str, Any], version: int, **metadata: Any) -> dict[str, Any]:
    return {**raw, "metadata": {**raw["metadata"], "resourceVersion": str(version), **metadata}}


def known_to(cache: Cache, namespace: str | None = None) -> frozenset[str]:
    """The uids of all that is in the cache."""
    return frozenset(uid for kind in ("videojobs", "jobs", "pods") for uid in cache.versions(kind, namespace))


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


def owned(name: str | None, version: int) -> dict[str, Any]:
    """The Job under another label, with the owner of this name, or none."""
    job = versioned(a_job(), version)
    job["metadata"]["labels"] = {**job["metadata"]["labels"], "videotutor.dev/videojob": "other"}
    owner = {"uid": "vj-1", "name": name, "controller": True}
    return {**job, "metadata": {**job["metadata"], "ownerReferences": [owner] if name else []}}


def test_a_job_wakes_its_owner_whatever_its_label_says() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(owned("calculus", 11))

    assert cache.put_pod(a_pod("Failed")) == Due("lessons/calculus")
    assert cache.active_jobs() == {}
    assert cache.drop_job(owned("calculus", 12)) == Due("lessons/calculus")


def test_a_relabelled_job_keeps_its_place() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(owned("calculus", 11))

    assert cache.active_jobs() == {"lessons": 1}


def test_a_job_that_loses_its_owner_wakes_it() -> None:
    cache = Cache()
    cache.put_job(owned("calculus", 11))

    assert cache.put_job(owned(None, 12)) == Due("lessons/calculus")
    assert cache.put_job(owned("calculus", 13)) == Due("lessons/calculus")


def test_jobs_and_pods_become_children_of_their_owner() -> None:
    cache = Cache()
    assert cache.put_job(a_job()) == Due("lessons/calculus")
    assert cache.put_pod(a_pod("Failed")) == Due("lessons/calculus")

    (child,) = cache.children("vj-1")
    assert child.state is State.FAILED
    assert cache.children("vj-2") == ()


def test_what_a_deleted_pod_said_stays_known_while_its_job_exists() -> None:
    cache = Cache()
    cache.put_job(a_job())
    assert cache.drop_pod(a_pod("Failed")) == Due("lessons/calculus")

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
    assert cache.removed("vj-1").get(attempt, Removed()).total == 2

    cache.drop_videojob(a_videojob({"prompt": "Hi"}))
    assert cache.removed("vj-1").get(attempt, Removed()).total == 0
    cache.put_job(a_job(uid="job-3"))
    cache.drop_job(a_job(uid="job-3"))
    assert cache.removed("vj-1").get(attempt, Removed()).total == 0


def test_a_job_that_goes_with_its_pod_just_as_both_are_ended_is_counted() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "2026-05-04T10:00:00Z"}
    cache.put_job(a_job(failed))
    cache.drop_job(a_job(failed))

    assert cache.removed("vj-1").get(("scene", "scene-1", "d" * 16, 2), Removed()).total == 1


def test_a_job_that_goes_after_its_end_was_removed_by_nobody_and_its_name_is_not_used_again() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cache.put_pod(a_pod("Failed"))
    cache.drop_job(a_job())

    assert cache.removed("vj-1") == {("scene", "scene-1", "d" * 16, 2): Removed(1, 0, "calculus-scene-1-dddddddd-2")}


def test_tombstones_are_bounded() -> None:
    cache = Cache()
    for number in range(cache_module.TOMBSTONES + 10):
        cache.forget_job(f"job-{number}")

    assert len(cache._tombstones) == cache_module.TOMBSTONES


@pytest.mark.parametrize("deleted", [False, True])
def test_pods_of_a_job_that_never_was_seen_are_dropped_with_the_next_list(*, deleted: bool) -> None:
    cache = Cache()
    cache.put_pod(a_pod())
    if deleted:
        cache.drop_pod(a_pod())

    cache.keep_only([], known_before=known_to(cache))

    assert cache._pods == {}
    cache.put_job(a_job())
    assert len(cache.children("vj-1")) == 1, "its watch was behind that of pods"


def test_a_pod_whose_end_no_watch_told_is_gone_with_the_next_list_and_wakes_its_videojob() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cache.put_pod(running_pod())
    assert [child.running for child in cache.children("vj-1")] == [True]
    before = known_to(cache)

    woken = cache.keep_only(before - {"pod-1"}, known_before=before)

    assert woken == {"lessons/calculus"}
    assert [child.running for child in cache.children("vj-1")] == [False]


def test_a_list_without_one_pod_of_a_job_that_is_not_seen_yet_keeps_the_others() -> None:
    cache = Cache()
    cache.put_pod({**a_pod(), "metadata": {**a_pod()["metadata"], "uid": "pod-0", "name": "former"}})
    cache.put_pod(running_pod())
    before = known_to(cache)

    cache.keep_only(before - {"pod-0"}, known_before=before)
    cache.put_job(a_job())

    assert [child.running for child in cache.children("vj-1")] == [True]


def test_what_was_created_during_the_list_is_not_taken_for_deleted() -> None:
    cache = Cache()
    known = known_to(cache)
    cache.put_job(a_job())

    assert cache.keep_only([], known_before=known) == set()
    assert len(cache.children("vj-1")) == 1
    assert cache.keep_only([], known_before=known_to(cache)) == {"lessons/calculus"}
    assert cache.children("vj-1") == ()


def test_versions_are_by_uid_and_of_one_namespace_or_of_all() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}), 30, uid="vj-2", namespace="lesson"))
    cache.put_job(a_job())
    cache.put_pod(a_pod())

    assert cache.versions("videojobs", None) == {"vj-1": "7", "vj-2": "30"}
    assert cache.versions("videojobs", "lessons") == {"vj-1": "7"}
    assert cache.versions("jobs", "lessons") == {"job-1": "10"}
    assert cache.versions("pods", "lessons") == {"pod-1": "20"}
    assert cache.versions("pods", "lesson") == {}
    assert cache.keys("lesson") == ("lesson/calculus",)


def test_a_job_without_an_owner_holds_no_place() -> None:
    cache = Cache()
    cache.put_job(a_job(ownerReferences=[]))

    assert dict(cache.active_jobs()) == {}


def test_of_a_job_whose_pods_are_deleted_again_and_again_few_are_kept() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    for number in range(100):
        pod = versioned(running_pod(), number + 1, uid=f"pod-{number}")
        cache.put_pod(pod)
        cache.drop_pod(pod)
    cache.put_pod(versioned(running_pod(), 200, uid="pod-200"))

    assert [len(pods) for pods in cache._pods.values()] == [cache_module.PODS_KEPT]
    assert [child.running for child in cache.children("vj-1")] == [True]


@pytest.mark.parametrize("stranger", ["job", "pod"])
def test_an_object_of_another_namespace_is_nobodys_child(stranger: str) -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "x"}))
    elsewhere = {"namespace": "evil", "name": "forged", "uid": "forged"}
    cache.put_job(versioned(a_job(), 1))
    if stranger == "job":
        cache.put_job(versioned(a_job(ended("Failed")), 2, **elsewhere))
    else:
        cache.put_pod(versioned(a_pod("Failed", message="owned"), 2, **elsewhere))

    (child,) = cache.children("vj-1")
    assert (child.uid, child.state) == ("job-1", State.ACTIVE)


def test_a_deleted_job_that_a_finalizer_keeps_takes_no_place_without_a_pod() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "x"}))
    cache.put_job(versioned(a_job(), 1))
    assert cache.active_jobs() == {"lessons": 1}
    cache.put_pod(running_pod())
    cache.put_job(versioned(a_job(), 2, deletionTimestamp="2026-03-01T12:00:00Z"))
    assert cache.active_jobs() == {"lessons": 1}, "its pod still runs"

    cache.drop_pod(versioned(running_pod(), 30))
    assert cache.active_jobs() == {}


def test_a_finished_videojob_is_settled_once_no_injected_container_runs() -> None:
    cache = Cache()
    done = {"phase": "Succeeded", "observedGeneration": 4, "video": {"path": "v.mp4"}}
    cache.put_videojob(a_videojob({"prompt": "x"}, done))
    key = "lessons/calculus"
    assert cache.is_settled(key)
    cache.put_job(versioned(a_job(), 1))
    terminated = {"exitCode": 0, "finishedAt": NOON, "message": encode_result(RESULT)}
    renderer = {"name": "renderer", "state": {"terminated": terminated}}
    sidecar = {"name": "proxy", "state": {"running": {}}}
    cache.put_pod(a_pod("Running", containerStatuses=[renderer, sidecar]))

    (child,) = cache.children("vj-1")
    assert (child.state, child.lingers_until is None) == (State.SUCCEEDED, False)
    assert not cache.is_settled(key)
