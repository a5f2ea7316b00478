"""What the watches of Jobs and pods tell reaches the cache, and nothing is lost where one breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.unit.operator.desk import until
from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.objects import a_job, a_pod, ended, running_pod
from tests.unit.operator.test_cache import versioned
from videotutor_operator.cluster.requests import Change
from videotutor_operator.cluster.resources import JOBS, PODS, Resource
from videotutor_operator.core.model import State
from videotutor_operator.errors import ClusterError, Expired
from videotutor_operator.observed.cache import Cache
from videotutor_operator.watching import workloads
from videotutor_operator.watching.resync import Resync
from videotutor_operator.watching.watch import Watch
from videotutor_operator.watching.workloads import WorkloadWatcher

KEY = "lessons/calculus"
Told = Change | ClusterError


class Watched(FakeCluster):
    """Its watches tell what they are given, one list for each watch; after the last one they stay open.

    `begun`: the version that each watch began at.
    """

    def __init__(self, jobs: list[list[Told]], pods: list[list[Told]] | None = None) -> None:
        super().__init__()
        self._watches = {"jobs": iter(jobs), "pods": iter(pods or [])}
        self.begun: dict[str, list[str]] = {"jobs": [], "pods": []}

    async def changes(
        self, resource: Resource, _namespace: str | None, since: str, _silence: float
    ) -> AsyncIterator[Change]:
        self.begun[resource.plural].append(since)
        told = next(self._watches[resource.plural], None)
        if told is None:
            await asyncio.Event().wait()
        for item in told or []:
            if isinstance(item, ClusterError):
                raise item
            yield item


class Room:
    """A cluster, and what follows it; its clock is the number of watches of Jobs so far."""

    def __init__(self, cluster: Watched) -> None:
        self.cluster = cluster
        self.cache = Cache()
        self.enqueued: list[str] = []
        self.resync = Resync(cluster, self.cache, self._enqueue, None)  # type: ignore[arg-type]
        self.jobs = Watch(JOBS, lambda: float(len(cluster.begun["jobs"])))
        self.watchers = [self._watcher(watch) for watch in (self.jobs, Watch(PODS))]

    def _watcher(self, watch: Watch) -> WorkloadWatcher:
        return WorkloadWatcher(self.cluster, self.cache, self._enqueue, self.resync, watch)  # type: ignore[arg-type]

    def _enqueue(self, key: str, _after: float = 0.0) -> None:
        self.enqueued.append(key)

    async def run(self) -> None:
        await asyncio.gather(*(watcher.run(silence=60) for watcher in self.watchers))

    async def began(self, watches: int, of: str = "jobs") -> list[str]:
        """Return where the first so many watches began; the events of those before the last are in the cache."""
        await until(lambda: len(self.cluster.begun[of]) >= watches)
        return self.cluster.begun[of]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The failures in a row of which each pause between two watches was reckoned; none lasts."""
    reckoned: list[int] = []

    def reckon(failures: int, **_: float) -> float:
        reckoned.append(failures)
        return 0.0

    monkeypatch.setattr(workloads, "backoff", reckon)
    return reckoned


@asynccontextmanager
async def following(cluster: Watched) -> AsyncIterator[Room]:
    """The watches run, after a first list."""
    room = Room(cluster)
    await room.resync.run_once()
    room.resync.listed.set()
    room.enqueued.clear()
    running = asyncio.create_task(room.run())
    try:
        yield room
        assert not running.done(), running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def everybody_had_turns() -> None:
    """Whatever waits for nothing but its turn has had some."""
    for _ in range(20):
        await asyncio.sleep(0)


def bookmark(version: int) -> Change:
    return Change("BOOKMARK", {"kind": "Job", "metadata": {"resourceVersion": str(version)}})


def job(kind: str, version: int, **metadata: Any) -> Change:
    return Change(kind, versioned(a_job(), version, **metadata))


def pod(kind: str, version: int, phase: str) -> Change:
    return Change(kind, versioned(running_pod() if phase == "Running" else a_pod(phase), version))


@pytest.mark.usefixtures("pauses")
async def test_an_object_that_cannot_be_read_does_not_hide_the_next_one(caplog: pytest.LogCaptureFixture) -> None:
    unreadable = job("ADDED", 11, uid="strange", labels="none")
    async with following(Watched([[unreadable, job("ADDED", 12)]])) as room:
        await room.began(2)
        assert room.enqueued == [KEY]
    assert "one of the jobs cannot be read" in caplog.text


@pytest.mark.usefixtures("pauses")
async def test_no_watch_begins_before_the_first_list() -> None:
    room = Room(Watched([]))
    running = asyncio.create_task(room.run())
    await room.resync.run_once()
    await everybody_had_turns()
    assert room.cluster.begun == {"jobs": [], "pods": []}

    room.resync.listed.set()
    assert await room.began(1) == [room.resync.versions["jobs"]]
    assert await room.began(1, of="pods") == [room.resync.versions["pods"]]
    assert room.resync.versions["jobs"] != room.resync.versions["pods"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.mark.parametrize(
    ("told", "states"),
    [
        ([job("ADDED", 201)], [State.ACTIVE]),
        ([job("ADDED", 201), Change("MODIFIED", versioned(a_job(ended("Failed")), 202))], [State.FAILED]),
        ([job("ADDED", 201), job("DELETED", 202)], []),
    ],
)
@pytest.mark.usefixtures("pauses")
async def test_a_job_that_comes_changes_or_goes_reaches_the_cache_and_wakes_its_videojob(
    told: list[Told], states: list[State]
) -> None:
    async with following(Watched([told])) as room:
        await room.began(2)
        assert [child.state for child in room.cache.children("vj-1")] == states
        assert room.enqueued == [KEY] * len(told)


@pytest.mark.parametrize(
    ("told", "running", "state"),
    [
        ([pod("ADDED", 201, "Running")], True, State.ACTIVE),
        ([pod("ADDED", 201, "Running"), pod("MODIFIED", 202, "Failed")], False, State.FAILED),
        ([pod("ADDED", 201, "Running"), pod("DELETED", 202, "Running")], False, State.ACTIVE),
    ],
)
@pytest.mark.usefixtures("pauses")
async def test_a_pod_that_comes_changes_or_goes_reaches_the_cache_and_wakes_its_videojob(
    told: list[Told], *, running: bool, state: State
) -> None:
    cluster = Watched([], [told])
    cluster.jobs["of the pod"] = a_job()
    async with following(cluster) as room:
        await room.began(2, of="pods")
        (child,) = room.cache.children("vj-1")
        assert (child.running, child.state) == (running, state)
        assert room.enqueued == [KEY] * len(told)


@pytest.mark.usefixtures("pauses")
async def test_a_bookmark_moves_the_start_of_the_next_watch_and_wakes_nobody_but_is_a_sign_of_life() -> None:
    async with following(Watched([[bookmark(240)], [bookmark(260)]])) as room:
        first = room.resync.versions["jobs"]
        assert await room.began(3) == [first, "240", "260"]
        assert room.enqueued == []


@pytest.mark.parametrize(
    ("watches", "age"), [([[bookmark(240)], []], 2), ([[], [job("ADDED", 201)]], 1), ([[], []], 3)]
)
@pytest.mark.usefixtures("pauses")
async def test_a_watch_shows_that_it_lives_with_bookmarks_and_events_and_not_by_being_open(
    watches: list[list[Told]], age: int
) -> None:
    async with following(Watched(watches)) as room:
        await room.began(3)
        assert room.jobs.age() == age


async def test_a_version_too_old_lists_anew_and_goes_on_from_the_list(pauses: list[int]) -> None:
    cluster = Watched([[job("ADDED", 150, uid="missed its end"), Expired("too old")]])
    async with following(cluster) as room:
        first = room.resync.versions["jobs"]
        cluster.jobs["missed its start"] = a_job()
        assert await room.began(2) == [first, room.resync.versions["jobs"]]
        assert int(room.resync.versions["jobs"]) > int(first)
        assert len(room.cache.children("vj-1")) == 1
        assert KEY in room.enqueued
    assert pauses == [1]


async def test_a_list_that_fails_after_a_version_too_old_is_tried_again_with_the_next_watch(pauses: list[int]) -> None:
    cluster = Watched([[Expired("too old")], [Expired("too old")]])
    async with following(cluster) as room:
        first = room.resync.versions["jobs"]
        cluster.faults["metadata"] = [ClusterError("away")]
        assert await room.began(3) == [first, first, room.resync.versions["jobs"]]
        assert room.resync.versions["jobs"] != first
    assert pauses == [1, 2]


async def test_a_watch_that_breaks_goes_on_where_it_was_and_loses_and_repeats_nothing(pauses: list[int]) -> None:
    broken = ClusterError("the connection broke")
    done = Change("MODIFIED", versioned(a_job(ended("Failed")), 202))
    async with following(Watched([[job("ADDED", 201), broken], [broken], [broken], [done, broken]])) as room:
        first, writes = room.resync.versions["jobs"], list(room.cluster.writes)
        assert await room.began(5) == [first, "201", "201", "201", "202"]
        assert [child.state for child in room.cache.children("vj-1")] == [State.FAILED]
        assert room.enqueued == [KEY, KEY]
        assert room.cluster.writes == writes, "nothing is listed for it"
    assert pauses == [1, 2, 3, 1]


async def test_an_event_that_is_told_again_wakes_nobody_twice(pauses: list[int]) -> None:
    async with following(Watched([[job("ADDED", 201)], [job("ADDED", 201)]])) as room:
        await room.began(3)
        assert room.enqueued == [KEY]
    assert pauses == [1, 1]


async def test_a_server_that_ends_each_watch_at_once_is_asked_again_after_a_pause_each_time(pauses: list[int]) -> None:
    async with following(Watched([[], [], [bookmark(240)], []])) as room:
        first = room.resync.versions["jobs"]
        assert await room.began(5) == [first, first, first, "240", "240"]
    assert pauses == [1, 1, 1, 1]


async def test_a_pause_holds_the_next_watch_back(monkeypatch: pytest.MonkeyPatch) -> None:
    reckoned = asyncio.Event()

    def for_ever(_failures: int, **_: float) -> float:
        reckoned.set()
        return 3600.0

    monkeypatch.setattr(workloads, "backoff", for_ever)
    async with following(Watched([[], []], [[pod("ADDED", 201, "Running")]])) as room:
        await reckoned.wait()
        await everybody_had_turns()
        assert room.cluster.begun == {"jobs": [room.resync.versions["jobs"]], "pods": [room.resync.versions["pods"]]}


async def test_a_watch_waits_for_as_long_as_the_api_server_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(seconds: float) -> None:
        waits.put_nowait(seconds)
        await asyncio.Event().wait()

    async with following(Watched([[ClusterError("too many requests", retry_after=45)]])):
        monkeypatch.setattr(asyncio, "sleep", sleep)
        assert await waits.get() == 45
        monkeypatch.undo()
