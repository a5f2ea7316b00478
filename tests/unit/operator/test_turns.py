"""Passes over large VideoJobs, one at a time and in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.operator.reconciling import Bench
from videotutor_operator.queue import Deferred
from videotutor_operator.reconciler.turns import LARGE_BYTES, Turns

BEATS = [{"say": "word " * 190}] * 24
LARGE: dict[str, Any] = {
    "prompt": None,
    "suspend": True,
    "storyboard": {"title": "T", "scenes": [{"id": f"s{n}", "title": "S", "beats": BEATS} for n in range(8)]},
}


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60))
def test_one_has_its_turn_at_a_time_and_each_gets_one(steps: list[tuple[str, bool]]) -> None:
    woken: list[str] = []
    turns = Turns(lambda _: LARGE_BYTES, woken.append)
    holder, denied = "", set[str]()
    for key, ends in steps:
        if ends and holder:
            turns.release(holder)
            holder = ""
        elif key != holder:
            granted = turns.take(key)
            assert granted is not bool(holder)
            holder, denied = (key, denied - {key}) if granted else (holder, denied | {key})

    while holder or denied:
        woken.clear()
        turns.release(holder)
        if not woken:
            assert not denied
            break
        holder = woken[0]
        assert turns.take(holder)
        denied.discard(holder)


def test_a_small_one_waits_for_nothing() -> None:
    turns = Turns({"large": LARGE_BYTES, "small": LARGE_BYTES - 1}.__getitem__, list[str]().append)

    assert [turns.take("large"), turns.take("small"), turns.take("small")] == [True, True, True]


def test_the_turn_of_one_that_was_deleted_meanwhile_passes_on() -> None:
    sizes, woken = {"a": LARGE_BYTES, "b": LARGE_BYTES, "c": LARGE_BYTES}, list[str]()
    turns = Turns(lambda key: sizes.get(key, 0), woken.append)
    assert [turns.take(key) for key in "abc"] == [True, False, False]
    del sizes["b"]
    turns.release("a")

    assert turns.take("b")
    turns.release("b")

    assert woken == ["b", "c"]


async def test_the_status_of_one_large_video_is_written_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(**LARGE)
    bench.cache.put_videojob(bench.cluster.add_videojob("second", **LARGE))
    written, proceed = asyncio.Event(), asyncio.Event()
    put_status = bench.cluster.put_status

    async def slow(*args: Any) -> dict[str, Any]:
        written.set()
        await proceed.wait()
        return await put_status(*args)

    monkeypatch.setattr(bench.cluster, "put_status", slow)
    first = asyncio.create_task(bench.reconciler.reconcile("lessons/calculus"))
    await written.wait()
    with pytest.raises(Deferred):
        await bench.reconciler.reconcile("lessons/second")
    assert bench.woken == []
    proceed.set()
    await first

    assert bench.woken == ["lessons/second"]
    assert await bench.reconciler.reconcile("lessons/second") == 0.0
    assert [v["status"]["phase"] for v in bench.cluster.videojobs.values()] == ["Suspended", "Suspended"]
