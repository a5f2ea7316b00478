"""Lists bring the cache up to date, and fetch only what differs from it."""

from __future__ import annotations

import asyncio
import random

import pytest

from tests.unit.operator.desk import until
from tests.unit.operator.fake_cluster import FakeCluster
from tests.unit.operator.objects import a_job, a_pod, a_videojob, ended
from tests.unit.operator.test_cache import versioned
from tests.unit.operator.test_cached_videojobs import finished
from videotutor_operator.cluster.resources import JOBS
from videotutor_operator.core.model import State
from videotutor_operator.errors import ClusterError
from videotutor_operator.observed.cache import Cache
from videotutor_operator.watching import resync as resync_module
from videotutor_operator.watching.resync import Resync


class Room:
    """A cluster, a cache, and what lists enqueue."""

    def __init__(self, namespace: str | None = None) -> None:
        self.cluster, self.cache = FakeCluster(), Cache()
        self.enqueued: list[str] = []
        self.resync = Resync(self.cluster, self.cache, self._enqueue, namespace)  # type: ignore[arg-type]

    def _enqueue(self, key: str, _after: float = 0.0) -> None:
        self.enqueued.append(key)

    async def run_once(self) -> tuple[list[str], list[str]]:
        """Make a list. Returns the requests and the keys that it enqueued."""
        self.cluster.writes.clear()
        self.enqueued.clear()
        await self.resync.run_once()
        self.resync.listed.set()
        return self.cluster.writes, sorted(set(self.enqueued))


METADATA = ["metadata pods", "metadata jobs", "metadata videojobs"]


async def test_a_list_removes_what_a_broken_watch_never_said_was_gone() -> None:
    room = Room()
    room.cache.put_videojob(a_videojob({"prompt": "Hi"}))
    room.cache.put_job(a_job())
    room.cluster.add_videojob("algebra")

    _, enqueued = await room.run_once()

    assert room.cache.videojob("lessons/calculus") is None
    assert room.cache.videojob("lessons/algebra") is not None
    assert room.cache.children("vj-1") == ()
    assert enqueued == ["lessons/algebra", "lessons/calculus"]


async def test_a_list_enqueues_only_those_with_something_to_do() -> None:
    room = Room()
    room.cluster.add_videojob("algebra")
    room.cluster.videojobs["calculus"] = finished(ttlSecondsAfterFinished=3600)
    room.cluster.videojobs["geometry"] = versioned(finished(), 9, name="geometry", uid="vj-9")

    _, enqueued = await room.run_once()
    assert enqueued == ["lessons/algebra", "lessons/calculus"]

    _, enqueued = await room.run_once()
    assert enqueued == ["lessons/algebra"]


async def test_the_first_list_is_in_full_and_later_ones_fetch_nothing_that_is_known() -> None:
    room = Room()
    room.cluster.add_videojob()
    room.cluster.jobs["job"], room.cluster.pods["pod"] = a_job(), a_pod()

    requests, _ = await room.run_once()
    assert requests == ["list pods", "list jobs", "list videojobs"]

    requests, _ = await room.run_once()
    assert requests == METADATA


async def test_what_differs_in_uid_or_version_is_fetched() -> None:
    room = Room()
    raw = room.cluster.add_videojob()
    room.cluster.jobs["job"], room.cluster.pods["pod"] = a_job(), a_pod("Running")
    await room.run_once()

    room.cluster.videojobs["calculus"] = versioned({**raw, "spec": {"prompt": "Edited"}}, 900)
    room.cluster.jobs["job"] = versioned(a_job(ended("Failed")), 901)
    room.cluster.pods["pod"] = versioned(a_pod("Failed"), 902, uid="pod-2", name="pod-2")
    requests, enqueued = await room.run_once()

    assert requests == [r for kind in ("pods", "jobs", "videojobs") for r in (f"metadata {kind}", f"fetch {kind}")]
    found = room.cache.videojob("lessons/calculus")
    assert found is not None
    assert found.spec.prompt == "Edited"
    assert [child.state for child in room.cache.children("vj-1")] == [State.FAILED]
    assert "lessons/calculus" in enqueued


async def test_what_is_deleted_between_the_list_and_its_fetch_is_left_to_the_watch() -> None:
    room = Room()
    await room.run_once()
    room.cluster.add_videojob()

    async def gone(*_: object) -> None:
        return None

    room.cluster.fetch = gone  # type: ignore[assignment, method-assign]
    await room.resync.run_once()

    assert room.cache.keys() == ()


async def test_where_too_much_differs_everything_is_listed_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resync_module, "MOST_FETCHED", 2)
    room = Room()
    await room.run_once()
    for name in ("algebra", "calculus", "geometry"):
        room.cluster.add_videojob(name)

    requests, _ = await room.run_once()

    assert requests == [*METADATA, "list videojobs"]
    assert len(room.cache.keys()) == 3


async def test_the_event_loop_runs_between_two_objects_of_a_page() -> None:
    room = Room()
    for number in range(50):
        room.cluster.add_videojob(f"video-{number}")
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await room.run_once()
    task.cancel()

    assert turns >= 50


async def test_a_list_of_one_namespace_leaves_what_is_known_of_others() -> None:
    room = Room("lessons")
    elsewhere = versioned(a_videojob({"prompt": "Hi"}), 30, uid="vj-2", namespace="elsewhere")
    room.cluster.videojobs["elsewhere"] = elsewhere
    room.cache.put_videojob(elsewhere)
    room.cluster.add_videojob()

    await room.run_once()
    room.cluster.videojobs.clear()
    _, enqueued = await room.run_once()

    assert enqueued == ["lessons/calculus"]
    assert room.cache.keys() == ("elsewhere/calculus",)


async def test_catching_up_lists_the_one_kind_and_only_where_no_newer_list_is_there() -> None:
    room = Room()
    await room.run_once()
    room.cluster.writes.clear()
    version = room.resync.versions["jobs"]

    assert await room.resync.catch_up(JOBS, str(int(version) - 1)) == version
    assert room.cluster.writes == []
    assert int(await room.resync.catch_up(JOBS, version)) > int(version)
    assert room.cluster.writes == ["metadata jobs"]


async def test_a_request_starts_a_list_before_the_interval_ends_and_a_failure_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(resync_module, "AGAIN", 0.001)
    room = Room()
    running = asyncio.create_task(room.resync.run())
    await room.resync.listed.wait()

    room.cluster.faults["metadata"] = [ClusterError("away")] * 3
    room.resync.request()
    await until(lambda: room.cluster.writes.count("metadata videojobs") == 1)
    running.cancel()

    assert room.cluster.writes.count("metadata pods") == 4
    assert caplog.text.count("could not be listed: away") == 1


async def test_lists_are_half_an_hour_apart_give_or_take_a_fifth(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    spread = iter((min, max))

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        raise TimeoutError if len(pauses) < 2 else EOFError

    monkeypatch.setattr(random, "uniform", lambda *between: next(spread)(between))
    monkeypatch.setattr(asyncio, "timeout", pause)

    with pytest.raises(EOFError):
        await Room().resync.run()
    assert pauses == [1440.0, 2160.0]
