"""How the cache follows the API server through all that a watch can do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from kubernetes.aio import client

from tests.unit.api.fake_kubernetes import NAMESPACE, FakeKubernetes
from videotutor_api.storage import collection, watcher
from videotutor_api.storage.collection import Collection
from videotutor_api.storage.videojobs import VideoJobs


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "FIRST_BACKOFF", 0.01)
    monkeypatch.setattr(watcher, "LONGEST_BACKOFF", 0.05)


@pytest.fixture
async def videojobs(kubernetes: FakeKubernetes) -> AsyncIterator[VideoJobs]:
    async with client.ApiClient(kubernetes.access) as connection:
        found = VideoJobs(Collection(connection, NAMESPACE))
        async with found.watcher.running():
            yield found


def listed(videojobs: VideoJobs) -> dict[str, Any]:
    """The phase of each VideoJob in the cache."""
    return {job.name: job.status.phase.value for job in videojobs.page(100, "", lambda _: True)[0]}


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 -- polled with a deadline
            await asyncio.sleep(0.002)


async def connected(videojobs: VideoJobs, kubernetes: FakeKubernetes, watches: int = 1) -> None:
    await until(lambda: videojobs.watcher.is_connected and kubernetes.requests["watch"] >= watches)


async def test_changes_arrive_one_by_one(videojobs: VideoJobs, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("a", {"prompt": "x"}, {"phase": "Pending"})
    kubernetes.publish()
    await until(lambda: videojobs.watcher.synced.is_set() and listed(videojobs) == {"a": "Pending"})
    kubernetes.objects["a"]["status"]["phase"] = "Failed"
    kubernetes.publish()
    await until(lambda: listed(videojobs) == {"a": "Failed"})
    del kubernetes.objects["a"]
    kubernetes.publish()
    await until(lambda: listed(videojobs) == {})


async def test_after_a_version_that_is_too_old_everything_is_listed_again(
    videojobs: VideoJobs, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add("a", {"prompt": "x"})
    kubernetes.add("b", {"prompt": "x"})
    kubernetes.publish()
    await connected(videojobs, kubernetes)
    await until(lambda: set(listed(videojobs)) == {"a", "b"})
    kubernetes.forget(lambda: kubernetes.objects.pop("a"))
    await until(lambda: set(listed(videojobs)) == {"b"} and videojobs.watcher.is_connected)

    assert kubernetes.requests["list"] == 2


async def test_a_watch_that_ends_continues_from_its_newest_version(
    videojobs: VideoJobs, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher, "SHORTEST_WATCH", 0)
    await connected(videojobs, kubernetes)
    kubernetes.close_watches()
    await connected(videojobs, kubernetes, watches=2)
    kubernetes.add("a", {"prompt": "x"})
    kubernetes.publish()
    await until(lambda: set(listed(videojobs)) == {"a"})

    assert kubernetes.requests["list"] == 1


async def test_a_watch_that_is_silent_is_opened_again(
    videojobs: VideoJobs, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "SILENCE_SECONDS", 0.1)
    await connected(videojobs, kubernetes, watches=3)


async def test_watches_that_are_refused_leave_the_api_unready_until_they_are_not(
    videojobs: VideoJobs, kubernetes: FakeKubernetes
) -> None:
    await connected(videojobs, kubernetes)
    kubernetes.refuse_lists(403, {"kind": "Status", "message": "no"})
    kubernetes.close_watches()
    await until(lambda: kubernetes.requests["watch"] >= 3 and not videojobs.watcher.is_connected)
    assert videojobs.watcher.stale_seconds > 0
    kubernetes.list_refusal = None
    await connected(videojobs, kubernetes, watches=4)


@pytest.mark.parametrize(
    "sent", [b"garbage", b"[]", b'{"type": "ADDED"}', b'{"type": "ADDED", "object": {"metadata": 1}}']
)
async def test_garbage_in_a_watch_ends_nothing(videojobs: VideoJobs, kubernetes: FakeKubernetes, sent: bytes) -> None:
    await connected(videojobs, kubernetes)
    kubernetes.raw.append(sent)
    kubernetes.add("a", {"prompt": "x"})
    kubernetes.publish()
    await until(lambda: set(listed(videojobs)) == {"a"})


async def test_a_line_without_an_end_is_not_read_for_ever(
    videojobs: VideoJobs, kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collection, "LONGEST_LINE", 1000)
    await connected(videojobs, kubernetes)
    kubernetes.raw.append(b"x" * 5000)
    kubernetes.bookmark()
    await connected(videojobs, kubernetes, watches=2)
