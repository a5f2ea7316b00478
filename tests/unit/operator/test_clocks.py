"""Clocks that are set back, or differ, and times that no clock shows: passes go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.operator.objects import NOON, a_job, a_pod, child, ended
from tests.unit.operator.reconciling import Bench
from tests.unit.operator.world import LOST, START, a_video
from videotutor_operator.core.model import NO_POD, CreateJob, EndJob, NudgeJob, Wait
from videotutor_operator.core.task import LONGEST_BACKOFF
from videotutor_operator.times import parse, seconds_until

IMPOSSIBLE = [
    "0000-06-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z",
    "noon",
]


@given(st.text() | st.datetimes().map(datetime.isoformat))
@example("9999-12-31T23:59:59-23:59")
def test_whatever_a_time_says_it_can_be_reckoned_with(text: str) -> None:
    moment = parse(text)

    assert moment is None or moment - timedelta(days=366) < moment + timedelta(days=366)
    assert moment is None or moment.astimezone(UTC) == moment


@given(st.integers(-(10**6), 10**6), st.integers(1, 600))
def test_a_wait_is_never_longer_than_it_may_be(ahead: int, longest: int) -> None:
    seconds = seconds_until(START + timedelta(seconds=ahead), START, timedelta(seconds=longest))

    assert seconds == (ahead if 0 < ahead <= longest else 0)


@pytest.mark.parametrize("moment", IMPOSSIBLE)
def test_an_impossible_time_of_kubernetes_ends_no_watch(moment: str) -> None:
    conditions = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "lastTransitionTime": moment}]
    state = {"terminated": {"exitCode": 1, "startedAt": moment, "finishedAt": moment}}
    pod = a_pod(
        "Failed", startTime=moment, conditions=conditions, containerStatuses=[{"name": "renderer", "state": state}]
    )
    pod["metadata"] |= {"creationTimestamp": moment, "deletionTimestamp": moment}
    job = a_job({**ended("Failed"), "lastTransitionTime": moment}, creationTimestamp=moment, deletionTimestamp=moment)
    job["status"]["startTime"] = moment

    assert child(job, pod).digest == "d" * 16


async def test_a_clock_that_is_set_back_holds_up_no_stage() -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    bench.now -= timedelta(hours=1)
    bench.pods_succeed(scenes=1)
    await bench.look()
    assert bench.status()["phase"] == "Rendering"

    bench.cache.put_videojob(bench.cluster.edit(cancel=True))
    await bench.look()
    assert bench.status()["phase"] == "Cancelled"


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_pod_without_a_node_is_said_whatever_the_schedulers_clock_is(hours: int) -> None:
    since = START + timedelta(hours=hours)
    video = a_video(scenes=1).planning().waiting("plan", "no node is available", "Unschedulable", since=since)

    assert "no node is available" in video.look().status.message


def test_no_container_runs_before_its_pod_has_a_node_whatever_the_nodes_clock_is() -> None:
    """A queue of hours is no time of work."""
    pod = a_pod("Running", containerStatuses=[{"name": "renderer", "state": {"running": {"startedAt": NOON}}}])
    pod["metadata"]["creationTimestamp"] = "2026-03-01T13:00:00Z"
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": "2026-03-01T15:00:00Z"}
    pod["status"]["conditions"] = [scheduled]

    assert child(a_job(), pod).started_at == parse("2026-03-01T15:00:00Z")


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_job_without_a_pod_is_nudged_whatever_the_api_servers_clock_is(hours: int) -> None:
    video = a_video(scenes=1).planning()
    name, known = next(iter(video.children.items()))
    since = START + timedelta(hours=hours)
    video.children[name] = replace(known, podless_since=since, wait=Wait(NO_POD, "exceeded quota"))
    assert [type(action) for action in video.look().actions] == [NudgeJob]

    video.children[name] = replace(video.children[name], nudged_at=video.now)
    assert video.look().actions == ()


def test_a_clock_that_is_set_back_a_little_shortens_no_wait() -> None:
    video = a_video(scenes=1).planning()
    name, known = next(iter(video.children.items()))
    waits = Wait("Removed", "its Job was removed 9 times before it ended")
    video.children[name] = replace(known, wait=waits, retry_at=video.now + timedelta(seconds=LONGEST_BACKOFF))
    video.now -= timedelta(seconds=1)
    decision = video.look()

    assert (decision.actions, decision.requeue_after) == ((), 61)


@pytest.mark.parametrize(("ahead", "after", "started"), [(2, 4.0, []), (3, None, [2])])
def test_a_node_whose_clock_is_ahead_lengthens_a_pause_to_its_double_at_most(
    ahead: int, after: float | None, started: list[int]
) -> None:
    video = a_video(scenes=1).rendering().fail("scene-1")
    child = video.attempt("scene-1")
    video.children[child.name] = replace(child, ended_at=video.now + timedelta(seconds=ahead))
    decision = video.look()

    assert decision.requeue_after == after
    assert [action.attempt for action in decision.actions if isinstance(action, CreateJob)] == started


@pytest.mark.parametrize(("ahead", "after", "started"), [(90, 90.0, []), (91, None, [2])])
def test_an_end_that_settles_later_than_any_clock_may_show_has_settled(
    ahead: int, after: float | None, started: list[int]
) -> None:
    video = a_video(scenes=1).rendering().fail("scene-1", LOST)
    child = video.attempt("scene-1")
    video.children[child.name] = replace(child, settles_at=video.now + timedelta(seconds=ahead))
    decision = video.look()

    assert decision.requeue_after == after
    assert [action.attempt for action in decision.actions if isinstance(action, CreateJob)] == started


def test_a_time_is_read_as_kubernetes_writes_it() -> None:
    assert parse(NOON) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert parse("2026-03-01T12:00:00.123456Z") == datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    assert (parse(""), parse(None), parse("2026-03-01T12:00:00")) == (None, None, None)


def test_a_wait_that_outlasts_the_deadline_is_said_until_its_job_has_ended() -> None:
    video = a_video(scenes=1).planning()
    name, known = next(iter(video.children.items()))
    wait = Wait("ImagePull", "the image r:1 cannot be pulled")
    video.children[name] = replace(known, podless_since=None, started_at=START, wait=wait)
    video.now = START + timedelta(seconds=video.job.spec.active_deadline_seconds)
    decision = video.look()

    assert [type(action) for action in decision.actions] == [EndJob]
    assert decision.status.message == "Planning the scenes; it waits: the image r:1 cannot be pulled"
