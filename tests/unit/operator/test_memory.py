"""What the cache takes in memory, however large the storyboards and whatever the pods answer."""

from __future__ import annotations

import gc
import json
import tracemalloc
from collections.abc import Callable
from typing import Any, cast

import pytest

from bench.operator.large import storyboard
from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.objects import a_job, a_pod, a_videojob
from tests.unit.operator.test_cache import versioned
from tests.unit.operator.world import World
from videojob.digest import plan_key
from videojob.results import PlannedScene, PlanResult, encode_result
from videojob.storyboard import MAX_SCENES, Storyboard
from videotutor_operator.cluster.requests import Cluster
from videotutor_operator.core.decide import decide
from videotutor_operator.errors import Unanswered
from videotutor_operator.observed import stored
from videotutor_operator.observed.cache import Cache
from videotutor_operator.observed.observe import read_videojob
from videotutor_operator.reconciler.pace import Pace
from videotutor_operator.reconciler.statuses import StatusWriter

MEBIBYTE = 2**20


def kept(fill: Callable[[], object]) -> int:
    """Bytes that stay after `fill`."""
    tracemalloc.start()
    try:
        fill()
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


def count_storyboards() -> int:
    """How many storyboards are in memory."""
    gc.collect()
    return sum(isinstance(found, Storyboard) for found in gc.get_objects())


LARGE = json.dumps(storyboard())
SUSPENDED = {"phase": "Suspended", "observedGeneration": 4}


def numbered(number: int, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    return versioned(a_videojob(spec, status), number + 1, uid=f"vj-{number}", name=f"v{number}")


def test_suspended_storyboards_of_a_megabyte_take_little_memory_and_are_not_read() -> None:
    assert len(LARGE) > MEBIBYTE
    cache = Cache()

    def restart() -> None:
        for number in range(3):
            cache.put_videojob(numbered(number, {"storyboard": json.loads(LARGE), "suspend": True}, SUSPENDED))
        for key in tuple(cache.keys()):
            job = cache.videojob(key)
            assert job is not None
            assert job.spec.storyboard is None, "nothing of it is needed now"
            assert decide(job, (), World().now).actions == ()

    assert kept(restart) < 3 * MEBIBYTE


def test_large_storyboards_under_way_are_read_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    part = storyboard(scenes=10)
    monkeypatch.setattr(stored, "READ_BYTES", 2 * len(json.dumps(part)))
    cache, before = Cache(), count_storyboards()
    for number in range(4):
        cache.put_videojob(numbered(number, {"storyboard": part}, {}))
    for key in tuple(cache.keys()):
        job = cache.videojob(key)
        assert job is not None
        assert job.spec.storyboard is not None
        del job

    assert count_storyboards() - before <= 2, "one of a megabyte takes 21 MiB, and READ_BYTES are two"


def test_a_deleted_video_keeps_no_storyboard() -> None:
    cache = Cache()
    raw = numbered(1, {"storyboard": json.loads(LARGE)}, {"phase": "Planning"})
    cache.put_videojob(raw)
    cache.drop_videojob(raw)

    (gone,) = cache.pop_deleted("lessons/v1")

    assert (gone.spec.storyboard, gone.status.phase, gone.problem) == (None, "Planning", None)


def test_a_planned_video_is_read_without_its_storyboard_until_it_is_edited() -> None:
    small = storyboard(scenes=2, beats=1)
    video = World(2, prompt=None, storyboard=small).rendering()
    status = {**video.status.to_json_object(), "observedGeneration": 4}
    cache = Cache()

    cache.put_videojob(versioned(a_videojob({"storyboard": small}, status), 8))
    planned = cache.videojob("lessons/calculus")
    cache.put_videojob(versioned(a_videojob({"storyboard": small}, status), 9, generation=5))
    edited = cache.videojob("lessons/calculus")

    assert planned is not None
    assert edited is not None
    assert planned.spec.storyboard is None
    assert planned.problem is None
    assert edited.spec.storyboard == video.job.spec.storyboard
    assert plan_key(edited.spec) == video.status.plan.key if video.status.plan else False


def test_the_same_videojob_is_read_once_for_several_passes() -> None:
    cache = Cache()
    cache.put_videojob(a_videojob({"prompt": "Hi"}))

    assert cache.videojob("lessons/calculus") is cache.videojob("lessons/calculus")


@pytest.mark.parametrize("hostile", ["bomb", "largest"])
def test_fifty_termination_messages_take_a_bounded_room(hostile: str) -> None:
    scenes = tuple(PlannedScene(id=f"s{n}", digest=f"{n:016x}") for n in range(MAX_SCENES))
    largest = PlanResult(planner="p", title="T", storyboard="lessons/s.json", scenes=scenes, note="n" * 4096)
    bombs = largest.model_copy(update={"note": "n" * 3_000_000, "scenes": scenes[:1]})
    message = encode_result({"bomb": bombs, "largest": largest}[hostile])
    assert len(message) <= 4096
    cache = Cache()

    def fill() -> None:
        for number in range(50):
            job = versioned(a_job(), number + 1, uid=f"job-{number}")
            pod = versioned(a_pod("Succeeded", message=message), number + 1, uid=f"pod-{number}")
            pod["metadata"]["ownerReferences"] = [{"uid": f"job-{number}", "controller": True}]
            cache.put_job(job)
            cache.put_pod(pod)

    assert kept(fill) < 10 * MEBIBYTE


async def test_a_status_write_without_a_response_keeps_no_storyboard() -> None:
    cluster, start = FakeCluster(), World().now
    cluster.faults["status"] = [Unanswered("PUT videojobs/status: TimeoutError")]
    writer = StatusWriter(cast("Cluster", cluster), Cache(), Pace(), "test", lambda: start)
    before = count_storyboards()

    job = read_videojob(cluster.add_videojob(prompt=None, storyboard=storyboard(scenes=2, beats=1)))
    assert job.spec.storyboard is not None
    with pytest.raises(Unanswered):
        await writer.write(job, job.status.model_copy(update={"message": "new"}), start)
    del job

    assert count_storyboards() == before
