"""The cache never goes back in time, and forgets what is gone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.operator.test_observe import RESULT, a_job, a_pod, a_videojob, ended, running_pod
from videojob.results import encode_result
from videojob.status import FailureClass
from videotutor_operator.core.failures import judge
from videotutor_operator.core.model import State
from videotutor_operator.observed import cache as cache_module
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.deleted import STANDBY_LIMIT, STANDBY_SECONDS, DeletedVideoJobs
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.observed.stored import store


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
    assert cache.count_removed("vj-1", attempt) == 2

    cache.drop_videojob(a_videojob({"prompt": "Hi"}))
    assert cache.count_removed("vj-1", attempt) == 0
    cache.put_job(a_job(uid="job-3"))
    cache.drop_job(a_job(uid="job-3"))
    assert cache.count_removed("vj-1", attempt) == 0


def test_a_job_that_goes_with_its_pod_just_as_both_are_ended_is_counted() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    failed = {"type": "Failed", "status": "True", "lastTransitionTime": "2026-05-04T10:00:00Z"}
    cache.put_job(a_job(failed))
    cache.drop_job(a_job(failed))

    assert cache.count_removed("vj-1", ("scene", "scene-1", "d" * 16, 2)) == 1


def test_a_job_that_goes_after_its_end_is_not_counted() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_job(a_job())
    cache.put_pod(a_pod("Failed"))
    cache.drop_job(a_job())

    assert cache.count_removed("vj-1", ("scene", "scene-1", "d" * 16, 2)) == 0


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


FINISHED = {"observedGeneration": 4, "phase": "Succeeded", "report": {"sequence": 4, "acknowledged": 4}}


def finished(version: int = 8, status: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    """A VideoJob that Convex knows the end of."""
    raw = a_videojob({"prompt": "Hi", "sessionId": "s1", **spec}, {**FINISHED, **(status or {})})
    return versioned(raw, version, managedFields=[{"manager": "kubectl"}])


def test_a_videojob_is_kept_compressed_and_reads_as_it_was() -> None:
    cache = Cache()
    cache.put_videojob(finished())

    assert cache.videojob("lessons/calculus") == read_videojob(finished())
    assert cache.phases() == {"Succeeded": 1}


def test_an_edited_videojob_has_not_ended_any_more() -> None:
    cache = Cache()
    cache.put_videojob(finished())

    assert cache.put_videojob(finished(9) | {"metadata": {**finished(9)["metadata"], "generation": 5}}) is not None

    found = cache.videojob("lessons/calculus")
    assert found is not None
    assert found.generation == 5
    assert not cache.is_ended("lessons/calculus")


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

    assert cache.is_settled("lessons/calculus") is settled


def test_a_finished_videojob_whose_job_still_runs_is_not_settled() -> None:
    cache = Cache()
    cache.put_videojob(finished())
    cache.put_job(a_job())
    assert not cache.is_settled("lessons/calculus")

    cache.put_pod(a_pod("Failed"))

    assert cache.is_settled("lessons/calculus")


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

    assert [(job.uid, job.status.phase) for job in cache.pop_deleted("lessons/calculus")] == [("vj-1", "Succeeded")]
    assert cache.pop_deleted("lessons/calculus") == ()


def test_one_of_the_same_name_replaces_a_videojob_whose_end_was_missed() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(a_videojob({"prompt": "Again"}), 20, uid="vj-2"))

    assert [job.uid for job in cache.pop_deleted("lessons/calculus")] == ["vj-1"]
    assert cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}), 30)) is None


def test_of_thousands_deleted_at_once_each_is_named_under_its_key() -> None:
    cache = Cache()
    for number in range(5000):
        raw = versioned(a_videojob({"prompt": "Hi"}), 20 + number, uid=f"vj-{number}", name=f"video-{number}")
        cache.put_videojob(raw)

    keys = cache.keep_only([], known_before=known_to(cache))

    assert len(keys) == 5000
    assert {job.uid for key in keys for job in cache.pop_deleted(key)} == {f"vj-{number}" for number in range(5000)}
    assert len(cache._awaiting_report) == 0


def test_a_settled_videojob_is_looked_at_while_one_of_its_name_was_deleted_before_it() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))
    cache.put_videojob(versioned(finished(), 20, uid="vj-2"))
    assert not cache.is_settled("lessons/calculus")

    cache.pop_deleted("lessons/calculus")

    assert cache.is_settled("lessons/calculus")


def an_end(number: int, acknowledged: int = 3) -> dict[str, Any]:
    """A VideoJob of a name of its own that has ended."""
    name, report = f"video-{number}", {"sequence": 4, "acknowledged": acknowledged}
    return versioned(finished(status={"report": report}), 20 + number, name=name, uid=f"vj-{number}")


def test_a_standby_keeps_the_newest_few_whose_end_is_not_acknowledged_and_hands_them_over_once() -> None:
    cache = Cache()
    cache.stand_by()
    for number in range(STANDBY_LIMIT + 10):
        cache.put_videojob(an_end(number))
        cache.drop_videojob(an_end(number))
        cache.put_videojob(an_end(1000 + number, acknowledged=4))
        cache.drop_videojob(an_end(1000 + number, acknowledged=4))
    assert len(cache._awaiting_report) == STANDBY_LIMIT
    assert cache.pop_deleted("lessons/video-50") == ()

    assert cache.take_over() == tuple(f"lessons/video-{number}" for number in range(10, STANDBY_LIMIT + 10))
    assert [job.uid for job in cache.pop_deleted("lessons/video-50")] == ["vj-50"]


def test_what_was_deleted_long_before_the_takeover_is_not_handed_over() -> None:
    now = [0.0]
    deleted = DeletedVideoJobs(clock=lambda: now[0])
    deleted.stand_by()
    deleted.add("lessons/old", store(an_end(1)))
    now[0] = STANDBY_SECONDS + 1
    deleted.add("lessons/new", store(an_end(2)))

    assert deleted.take_over() == ("lessons/new",)
    assert len(deleted) == 1


def test_after_the_takeover_every_deleted_videojob_is_kept() -> None:
    cache = Cache()
    cache.stand_by()
    cache.take_over()
    cache.put_videojob(an_end(1, acknowledged=4))
    cache.drop_videojob(an_end(1, acknowledged=4))

    assert [job.uid for job in cache.pop_deleted("lessons/video-1")] == ["vj-1"]


def test_a_deleted_video_is_reported_with_the_status_that_was_written_last() -> None:
    cache = Cache()
    cache.put_videojob(versioned(a_videojob({"prompt": "Hi"}, {"report": {"sequence": 1}}), 8))
    cache.drop_videojob(versioned(a_videojob({"prompt": "Hi"}, {"report": {"sequence": 2}}), 9))

    assert [job.status.report.sequence for job in cache.pop_deleted("lessons/calculus")] == [2]


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
