"""VideoJobs in the cache: which need another pass, and how those that were deleted are reported."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.operator.objects import RESULT, a_job, a_pod, a_videojob, ended, running_pod
from tests.unit.operator.test_cache import known_to, versioned
from videojob import names
from videojob.results import encode_result
from videotutor_operator.observed.cache import AWAITED_SECONDS, Cache, Due
from videotutor_operator.observed.deleted import STANDBY_LIMIT, STANDBY_SECONDS, DeletedVideoJobs
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.observed.stored import store

VIDEO = {"path": "lessons/v.mp4", "key": "k", "durationSeconds": 3.0, "bytes": 9, "sha256": "0"}
FINISHED = {
    "observedGeneration": 4,
    "phase": "Succeeded",
    "video": VIDEO,
    "report": {"sequence": 4, "acknowledged": 4},
}


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


def test_what_a_job_waits_for_may_wait_a_second_and_what_it_does_may_not() -> None:
    cache = Cache()
    videojob = "lessons/calculus"
    began = {"startTime": "2026-03-01T12:00:00Z"}
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-01T12:00:00Z"}

    assert cache.put_job(a_job()) == Due(videojob), "an attempt that was not known"
    assert cache.put_job(versioned({**a_job(), "status": began}, 11)) == Due(videojob, AWAITED_SECONDS)
    assert cache.put_pod(a_pod()) == Due(videojob, AWAITED_SECONDS)
    assert cache.put_pod(versioned(a_pod(conditions=[scheduled]), 21)) == Due(videojob, AWAITED_SECONDS)
    assert cache.put_pod(running_pod(resourceVersion="22")) == Due(videojob)
    assert cache.put_pod(versioned(a_pod("Failed"), 23)) == Due(videojob)


def test_a_job_that_is_complete_after_its_pod_ended_wakes_nobody() -> None:
    cache = Cache()
    cache.put_job(a_job())
    assert cache.put_pod(a_pod("Succeeded", message=encode_result(RESULT))) == Due("lessons/calculus")

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


def test_of_the_metadata_only_what_is_read_is_kept() -> None:
    raw = a_videojob({"prompt": "x"})
    raw["metadata"] |= {"annotations": {"a": "x" * 250_000}, "labels": {"team": "y" * 63, names.LABEL_QUEUE: "lessons"}}
    stored = store(raw)

    assert stored.size < 400
    assert stored.read().queueing == ((names.LABEL_QUEUE, "lessons"),)
