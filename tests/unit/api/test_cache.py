"""The cache of VideoJobs against a model, and its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.api.conftest import FINISHED
from videotutor_api.storage import cache as module
from videotutor_api.storage.cache import TOMBSTONE_SECONDS, VideoJobCache

NAMES = st.sampled_from(["a", "b", "c", "video-1"])


def raw(name: str, version: int, phase: str = "Rendering", **spec: Any) -> dict[str, Any]:
    """A VideoJob as Kubernetes stores it."""
    metadata = {
        "name": name,
        "uid": f"uid-{name}",
        "generation": 1,
        "resourceVersion": str(version),
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return {"metadata": metadata, "spec": {"prompt": "x", **spec}, "status": {**FINISHED, "phase": phase}}


@given(st.lists(st.tuples(st.sampled_from(["put", "delete"]), NAMES, st.integers(1, 30)), max_size=40))
def test_the_newest_change_of_each_name_wins(changes: list[tuple[str, str, int]]) -> None:
    cache, model, gone = VideoJobCache(), dict[str, int](), dict[str, int]()
    for kind, name, version in changes:
        if kind == "put":
            cache.put(raw(name, version))
            if version > max(gone.get(name, 0), model.get(name, 0)):
                model[name] = version
                gone.pop(name, None)
        else:
            cache.delete(name, str(version))
            if model.get(name, 0) <= version:
                model.pop(name, None)
                gone[name] = version

    assert [(job.name, int(job.version)) for job in cache.summaries()] == sorted(model.items())
    assert {name: int(job.version) for name in model if (job := cache.get(name))} == model


def test_a_summary_has_no_large_part_and_the_whole_has_all() -> None:
    cache = VideoJobCache()
    cache.put(raw("video-1", 1, sessionId="s", storyboard={"title": "x" * 10_000}, output={"language": "de"}))
    [summary] = cache.summaries()
    whole = cache.get("video-1")

    assert summary.spec == {"sessionId": "s"}
    assert (summary.status.scenes, summary.status.plan and summary.status.plan.title) == ((), "The chain rule")
    assert whole
    assert whole.spec == {"prompt": "x", "sessionId": "s", "output": {"language": "de"}}
    assert whole.status.to_json_object() == raw("video-1", 1)["status"] | whole.status.to_json_object()
    assert [scene.id for scene in whole.status.scenes] == ["scene-1"]


def test_details_beyond_the_bound_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_DETAIL_BYTES", 1000)
    cache = VideoJobCache()
    for number in range(10):
        cache.put(raw(f"video-{number}", number + 1))
    kept = [job.name for job in cache.summaries() if cache.get(job.name)]

    assert len(cache) == 10
    assert 0 < len(kept) < 10
    for name in kept:
        cache.delete(name, "99")
    cache.put(raw("video-9", 100))
    assert cache.get("video-9")


def test_what_a_complete_list_lacks_is_removed_but_not_what_is_newer() -> None:
    cache = VideoJobCache()
    for name, version in [("a", 1), ("b", 2), ("c", 9)]:
        cache.put(raw(name, version))
    cache.keep_only({"a"}, "5")

    assert [job.name for job in cache.summaries()] == ["a", "c"]
    assert [cache.was_deleted(name) for name in "abc"] == [False, True, False]


def test_a_deleted_name_is_remembered_for_a_while_and_not_when_it_is_made_again() -> None:
    now = 0.0
    cache = VideoJobCache(clock=lambda: now)
    for name in "ab":
        cache.put(raw(name, 1))
        cache.delete(name, "2")
    cache.put(raw("b", 3))
    now = TOMBSTONE_SECONDS - 1

    assert [cache.was_deleted(name) for name in "abc"] == [True, False, False]
    now = TOMBSTONE_SECONDS
    assert not cache.was_deleted("a")


def test_the_memory_of_deleted_names_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TOMBSTONES", 3)
    cache = VideoJobCache()
    for name in "abcde":
        cache.delete(name, "1")

    assert [name for name in "abcde" if cache.was_deleted(name)] == ["c", "d", "e"]


@pytest.mark.parametrize("found", [None, [], "x", {}, {"metadata": {"name": "a"}}, {"metadata": 1, "spec": {}}])
def test_what_is_no_videojob_is_left_out(found: Any) -> None:
    cache = VideoJobCache()

    assert cache.put(found) is None
    assert len(cache) == 0


def test_a_read_from_before_a_deletion_brings_nothing_back() -> None:
    cache = VideoJobCache()
    old, new = raw("a", 3), raw("a", 5)
    new["metadata"]["uid"] = "another"
    cache.put(old)
    cache.delete("a", "4")
    cache.put(old)
    assert (cache.get("a"), cache.was_deleted("a")) == (None, True)

    cache.put(new)
    cache.put(old)
    found = cache.get("a")
    assert found
    assert (found.uid, found.version) == ("another", "5")


def test_a_deletion_is_the_owners() -> None:
    cache = VideoJobCache()
    cache.put(raw("a", 1, projectId="p", sessionId="s"))
    cache.delete("a", "1")
    cache.delete("a", "2")

    assert cache.was_deleted("a", ("p", "s"))
    assert not cache.was_deleted("a", ("p", "other"))


def test_a_list_that_is_older_than_the_cache_replaces_it() -> None:
    cache = VideoJobCache()
    cache.put(raw("a", 100))
    cache.forget_newer("100")
    assert len(cache) == 1

    cache.forget_newer("7")
    assert len(cache) == 0
    assert cache.put(raw("a", 5))
    assert cache.get("a")


@pytest.mark.parametrize("version", ["", "x", "1.5", "-1"])
def test_a_version_that_is_no_number_is_always_replaced(version: str) -> None:
    cache = VideoJobCache()
    for phase in ("Rendering", "Failed"):
        job = raw("a", 1, phase)
        job["metadata"]["resourceVersion"] = version
        cache.put(job)

    [summary] = cache.summaries()
    assert summary.status.phase == "Failed"
