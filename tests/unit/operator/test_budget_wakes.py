"""A place that comes free wakes those that can use it, and shortens no backoff."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.reconciling import Bench
from tests.unit.operator.test_budget import videojob
from tests.unit.operator.world import START
from videojob.phases import Phase
from videotutor_operator.core.allowance import Limits
from videotutor_operator.errors import ClusterError, Conflict, Missing, Refused, Terminating
from videotutor_operator.reconciler.budget import Budget
from videotutor_operator.reconciler.reconciler import DENIED_SECONDS, FOLLOW_UP_SECONDS


async def bench_with_scenes_denied() -> Bench:
    """A planned video of three scenes, of which the limit lets one start in the next pass."""
    bench = Bench(sceneCount=3, limits=Limits(max_active_jobs=1))
    await bench.look()
    bench.pods_succeed(scenes=3)
    return bench


@pytest.mark.parametrize(
    "fault",
    [Refused("422"), Conflict("409"), Missing("404"), ClusterError("500")],
    ids=["refused", "conflict", "missing", "unavailable"],
)
async def test_a_pass_that_could_not_write_its_status_is_not_repeated_at_once(fault: ClusterError) -> None:
    bench = await bench_with_scenes_denied()
    bench.cluster.faults["status"] = [fault, fault]
    try:
        after = await bench.look()
    except ClusterError:
        after = None
    else:
        assert after is not None
        assert after > 0

    assert bench.woken == [], "it comes back after its backoff"


async def test_a_pass_in_a_namespace_that_is_being_deleted_is_not_repeated_at_once() -> None:
    bench = await bench_with_scenes_denied()
    bench.cluster.faults["create"] = [Terminating("403")] * 2

    after = [await bench.look(), await bench.look()]
    assert after == [FOLLOW_UP_SECONDS, DENIED_SECONDS], "the first pass writes that it renders"
    assert bench.woken == []


async def test_a_refused_status_holds_up_no_other_video() -> None:
    bench = await bench_with_scenes_denied()
    bench.cache.put_videojob(bench.cluster.add_videojob("limits", prompt="Limits", sceneCount=1))
    bench.cluster.faults["status"] = [Refused("422"), Refused("422")]
    await bench.look()

    for seconds in (1, 59):
        bench.now = START + timedelta(seconds=seconds)
        assert await bench.look() == pytest.approx(60 - seconds, abs=1e-4)
        assert bench.woken == []
    await bench.reconciler.reconcile("lessons/limits")
    assert len(bench.cluster.jobs) == 2, "it has the place"


async def test_a_video_whose_status_became_unreadable_wants_no_place() -> None:
    bench = Bench(sceneCount=3, limits=Limits(max_active_jobs=1))
    await bench.look()
    bench.cache.put_videojob(bench.cluster.add_videojob("limits", prompt="Limits", sceneCount=1))
    await bench.reconciler.reconcile("lessons/limits")
    raw = bench.cluster.videojobs["limits"]
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    raw["status"] = {**raw["status"], "scenes": {"of": "a newer version"}}
    bench.cache.put_videojob(raw)
    bench.pods_succeed(scenes=3)

    await bench.reconciler.reconcile("lessons/limits")

    assert bench.woken == []


def test_a_namespace_with_one_free_place_wakes_one_video() -> None:
    budget = Budget(Limits(max_active_jobs=50, max_active_jobs_per_namespace=10), lambda: Counter(lessons=9))
    for number in range(20):
        budget.settle(videojob(f"v{number:02}"), Phase.PLANNING, started=0, denied=1)

    assert budget.next() == ("lessons/v00",)


def test_what_a_namespace_may_not_use_is_left_to_the_others() -> None:
    budget = Budget(Limits(max_active_jobs=5, max_active_jobs_per_namespace=3), Counter)
    for name in ("a", "b"):
        budget.settle(videojob(name), Phase.PLANNING, started=0, denied=3)
    other = videojob("c", "2026-03-01T12:00:09Z", "other")
    budget.settle(other, Phase.PLANNING, started=0, denied=2)

    assert budget.next() == ("lessons/a", "other/c")
    assert budget.room(other) == 2


async def test_no_place_is_taken_twice_while_a_pass_creates_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(sceneCount=3, limits=Limits(max_active_jobs=4))
    create, free = bench.cluster.create_job, []

    async def note(manifest: dict[str, Any]) -> dict[str, Any]:
        free.append(bench.reconciler._budget._free())
        return await create(manifest)

    await bench.look()
    bench.pods_succeed(scenes=3)
    monkeypatch.setattr(bench.cluster, "create_job", note)
    await bench.look()

    assert free == [1, 1, 1]
