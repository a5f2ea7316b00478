"""How many Jobs may be active at once, and which VideoJob is next."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.operator.desk import until
from tests.unit.operator.objects import NOON, a_job, a_pod
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.world import a_video
from videojob.phases import Phase
from videojob.status import VideoJobStatus
from videotutor_operator.core.allowance import Limits
from videotutor_operator.core.model import UNLIMITED, VideoJob
from videotutor_operator.reconciler import reconciler
from videotutor_operator.reconciler.budget import Budget


def videojob(name: str, created_at: str = "2026-03-01T12:00:00Z", namespace: str = "lessons") -> VideoJob:
    job = a_video().job
    return replace(job, name=name, uid=f"uid-of-{name}", namespace=namespace, created_at=created_at)


def rendering(job: VideoJob) -> VideoJob:
    return replace(job, status=VideoJobStatus(phase=Phase.RENDERING))


def test_without_a_limit_there_is_room() -> None:
    assert Budget(Limits(), dict).room(videojob("a")) == UNLIMITED


def test_room_is_what_is_left_of_the_limits_of_installation_and_namespace() -> None:
    active = Counter(lessons=3, other=4)
    budget = Budget(Limits(max_active_jobs=10, max_active_jobs_per_namespace=5), lambda: active)

    assert budget.room(videojob("a")) == 2
    assert budget.room(videojob("b", namespace="other")) == 1
    assert budget.room(videojob("c", namespace="empty")) == 3


def test_jobs_that_have_waited_for_long_take_places_of_their_namespace_only() -> None:
    active, stuck = Counter(poor=10, lessons=2), Counter(poor=9)
    budget = Budget(Limits(max_active_jobs=10), lambda: active, lambda: stuck)

    assert budget.room(videojob("a", namespace="poor")) == 0
    assert budget.room(videojob("b")) == 7
    for name, namespace in (("a", "poor"), ("b", "lessons"), ("c", "new")):
        budget.settle(videojob(name, namespace=namespace), Phase.PLANNING, started=0, denied=4)
    assert budget.next() == ("lessons/b", "new/c")


def test_jobs_that_are_gone_are_no_free_places() -> None:
    active, stuck = Counter(poor=1, lessons=4), Counter(poor=20)
    budget = Budget(Limits(max_active_jobs=10), lambda: active, lambda: stuck)

    assert budget.room(videojob("b", namespace="new")) == 6


async def test_who_waits_for_a_place_is_woken_once_others_are_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciler, "READ_SECONDS", 0.0)
    bench = Bench(sceneCount=1, limits=Limits(max_active_jobs=1))
    bench.cache.put_job(_forever_without_a_pod("poor"))
    bench.cache.put_videojob(_videojob_of("poor"))
    await bench.look()
    await bench.look()
    bench.woken.clear()
    bench.now += timedelta(seconds=61)
    watching = asyncio.create_task(bench.reconciler.watch_waits())
    await until(lambda: "lessons/calculus" in bench.woken)
    watching.cancel()
    assert set(bench.woken) == {"lessons/calculus"}


async def test_a_job_is_stuck_after_a_minute_without_a_pod_or_a_node() -> None:
    bench = Bench(sceneCount=1, limits=Limits(max_active_jobs=1))
    await bench.look()
    (job,) = bench.cluster.jobs.values()
    made = {"resourceVersion": str(next(bench.cluster.versions)), "creationTimestamp": NOON}
    bench.cache.put_job({**job, "metadata": {**job["metadata"], **made}})
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    assert bench.cache.stuck_jobs(noon) == {}
    assert bench.cache.stuck_jobs(noon + timedelta(seconds=1)) == {"lessons": 1}

    unscheduled = {"type": "PodScheduled", "status": "False", "lastTransitionTime": "2026-03-01T12:00:30Z"}
    pod = a_pod(conditions=[unscheduled])
    pod["metadata"]["ownerReferences"] = [{"uid": job["metadata"]["uid"], "controller": True}]
    bench.cache.put_pod(pod)
    assert bench.cache.stuck_jobs(noon + timedelta(seconds=30)) == {}
    assert bench.cache.stuck_jobs(noon + timedelta(seconds=31)) == {"lessons": 1}

    bench.pods_succeed()
    assert bench.cache.stuck_jobs(noon + timedelta(days=1)) == {}


async def test_a_tenant_whose_jobs_get_no_pods_holds_up_no_other() -> None:
    bench = Bench(sceneCount=1, limits=Limits(max_active_jobs=1))
    bench.cache.put_job(_forever_without_a_pod("poor"))
    bench.cache.put_videojob(_videojob_of("poor"))
    bench.now += timedelta(seconds=59)
    await bench.look()
    assert bench.cluster.jobs == {}, "another has the only place"

    bench.now += timedelta(seconds=2)
    await bench.look()
    await bench.look()
    assert len(bench.cluster.jobs) == 1


def _videojob_of(namespace: str) -> dict[str, Any]:
    identity = {"name": "calculus", "namespace": namespace, "uid": "vj-1", "generation": 1, "resourceVersion": "1"}
    return {"metadata": identity, "spec": {"prompt": "Hi"}, "status": {}}


def _forever_without_a_pod(namespace: str) -> dict[str, Any]:
    return a_job(namespace=namespace, creationTimestamp=NOON)


def test_nothing_is_kept_of_namespaces_without_reservations() -> None:
    budget = Budget(Limits(max_active_jobs=2), dict)
    for number in range(20):
        job = videojob("a", namespace=f"n-{number}")
        budget.settle(job, Phase.PLANNING, started=number % 2, denied=0)
        if number % 2:
            budget.release(job)

    assert vars(budget)["_reserved"] == {}


def test_what_is_about_to_be_created_takes_room() -> None:
    budget = Budget(Limits(max_active_jobs=4), dict)
    job = videojob("a")

    budget.settle(job, Phase.RENDERING, started=3, denied=0)
    assert budget.room(videojob("b")) == 1
    budget.release(job)
    assert budget.room(videojob("b")) == 2, "a Job was created, and counts itself"
    budget.release_all(job)
    budget.release(job)

    assert budget.room(videojob("b")) == 4


def test_the_oldest_video_is_first_and_later_stages_are_before_earlier_ones() -> None:
    active: Counter[str] = Counter(lessons=4)
    budget = Budget(Limits(max_active_jobs=4), lambda: active)
    waiting = {
        "old plan": (videojob("old", "2026-03-01T12:00:00Z"), Phase.PLANNING),
        "young plan": (videojob("young", "2026-03-01T12:00:09Z"), Phase.PLANNING),
        "young scene": (videojob("scene", "2026-03-01T12:00:08Z"), Phase.RENDERING),
        "join": (videojob("join", "2026-03-01T12:00:09Z"), Phase.STITCHING),
    }
    for job, phase in waiting.values():
        budget.settle(job, phase, started=0, denied=1)

    assert budget.next() == ()
    active["lessons"] = 0
    assert budget.next() == ("lessons/join", "lessons/scene", "lessons/old", "lessons/young")
    active["lessons"] = 2
    assert budget.next() == ("lessons/join", "lessons/scene")
    assert budget.room(videojob("young", "2026-03-01T12:00:09Z")) == 0, "those before it take the two places"


def test_a_namespace_that_is_full_holds_up_no_other() -> None:
    active: Counter[str] = Counter(lessons=2)
    budget = Budget(Limits(max_active_jobs=10, max_active_jobs_per_namespace=2), lambda: active)
    budget.settle(videojob("a"), Phase.PLANNING, started=0, denied=5)

    assert budget.room(videojob("b", "2026-03-01T12:00:09Z", "other")) == 2
    assert budget.next() == ()


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 4)), max_size=60), st.integers(1, 6))
def test_no_order_of_passes_starts_more_than_the_limit(passes: list[tuple[str, int]], limit: int) -> None:
    active: Counter[str] = Counter()
    budget = Budget(Limits(max_active_jobs=limit), lambda: active)
    for number, (name, wanted) in enumerate(passes):
        job = rendering(videojob(name, f"2026-03-01T12:00:0{ord(name) - 97}Z"))
        granted = min(wanted, budget.room(job))
        budget.settle(job, Phase.RENDERING, started=granted, denied=wanted - granted)
        active["lessons"] += granted
        for _ in range(granted):
            budget.release(job)
        assert sum(active.values()) <= limit
        if number % 3 == 0 and active["lessons"]:
            active["lessons"] -= 1


async def test_the_status_says_that_it_waits_for_the_limit_and_what_comes_free_is_used() -> None:
    bench = Bench(sceneCount=3, limits=Limits(max_active_jobs=1))
    await bench.look()
    bench.pods_succeed(scenes=3)
    await bench.look()
    await bench.look()

    scenes = [job for job in bench.cluster.jobs.values() if "videotutor.dev/scene" in job["metadata"]["labels"]]
    assert len(scenes) == 1
    assert bench.status()["message"] == (
        "Rendering: 0/3 scenes done; scene-2 waits: there are as many active Jobs as operator.maxActiveJobs, or "
        "maxActiveJobsPerNamespace, allows"
    )
    assert [event["reason"] for event in bench.cluster.events if event["type"] == "Warning"] == []
    writes = len(bench.cluster.writes)
    await bench.look()
    assert len(bench.cluster.writes) <= writes

    bench.pods_succeed(scenes=3)
    await bench.look()
    await bench.look()
    assert sum("videotutor.dev/scene" in job["metadata"]["labels"] for job in bench.cluster.jobs.values()) == 2


async def test_a_place_that_comes_free_wakes_the_video_that_waits_for_it() -> None:
    bench = Bench(limits=Limits(max_active_jobs=1))
    await bench.look()
    other = bench.cluster.add_videojob("limits", prompt="Limits", sceneCount=1)
    bench.cache.put_videojob(other)
    await bench.reconciler.reconcile("lessons/limits")
    assert len(bench.cluster.jobs) == 1

    bench.pods_succeed(scenes=1)
    bench.cache.drop_videojob(bench.cluster.videojobs["calculus"])
    await bench.look()

    assert bench.woken == ["lessons/limits"]
    await bench.reconciler.reconcile("lessons/limits")
    assert len(bench.cluster.jobs) == 2


@pytest.mark.parametrize("held", [{"suspend": True}, {"cancel": True}])
def test_what_is_held_wants_no_room(held: dict[str, bool]) -> None:
    video = a_video(**held)
    video.site = replace(video.site, room=0)

    assert video.look().denied == 0


def test_a_video_whose_phase_cannot_be_stored_does_not_hold_up_an_older_one() -> None:
    budget = Budget(Limits(max_active_jobs=1), dict)
    old = replace(a_video().job, name="old", created_at="2026-01-01T00:00:00Z")
    young = replace(a_video().job, name="young", created_at="2026-01-02T00:00:00Z")
    planning = replace(young, status=young.status.model_copy(update={"phase": Phase.PLANNING}))
    budget.settle(old, Phase.PLANNING, 0, 1)
    budget.settle(planning, Phase.RENDERING, 0, 1)

    assert budget.next() == (young.key,)
    assert budget.room(planning) == 1, "it is next by the phase that was decided, so that it can use the place"


def test_what_a_namespace_has_beyond_its_limit_takes_no_place_of_others() -> None:
    budget = Budget(Limits(max_active_jobs=10, max_active_jobs_per_namespace=3), lambda: Counter(evil=1_000))

    assert budget.room(videojob("calculus")) == 3
