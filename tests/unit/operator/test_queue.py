from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from videotutor_operator.errors import ClusterError
from videotutor_operator.queue import Deferred, WorkQueue, backoff


class Recorder:
    """Work that notes what it is asked for, and may fail or ask to come back."""

    def __init__(self, *answers: float | Exception | None) -> None:
        self.answers: Iterator[float | Exception | None] = iter(answers)
        self.seen: list[str] = []
        self.busy: set[str] = set()
        self.started: asyncio.Queue[str] = asyncio.Queue()
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, key: str) -> float | None:
        assert key not in self.busy, "two workers on one key"
        self.busy.add(key)
        self.seen.append(key)
        self.started.put_nowait(key)
        await self.gate.wait()
        self.busy.discard(key)
        self.ended.put_nowait(key)
        answer = next(self.answers, None)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def first_pass(queue: WorkQueue, work: Recorder) -> AsyncIterator[None]:
    """The queue runs, and its first pass has started."""
    running = asyncio.create_task(queue.run(workers=3))
    try:
        async with asyncio.timeout(5):
            await work.started.get()
            yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def run_until(queue: WorkQueue, work: Recorder, count: int) -> None:
    running = asyncio.create_task(queue.run(workers=3))
    async with asyncio.timeout(5):
        for _ in range(count):
            await work.ended.get()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_deferred_pass_is_neither_a_success_nor_a_failure() -> None:
    work = Recorder(ClusterError("500"), Deferred())
    queue = WorkQueue(work)
    queue.add("a")
    await run_until(queue, work, 1)
    queue.add("a")
    await run_until(queue, work, 1)

    assert queue._failures == {"a": 1}
    assert len(queue) == 0


async def test_a_key_added_many_times_is_looked_at_once() -> None:
    work = Recorder()
    queue = WorkQueue(work)
    for _ in range(10):
        queue.add("a")
    queue.add("b")

    await run_until(queue, work, 2)

    assert sorted(work.seen) == ["a", "b"]


async def test_a_key_added_while_it_is_worked_on_is_looked_at_again_afterwards() -> None:
    work = Recorder()
    work.gate.clear()
    queue = WorkQueue(work)
    queue.add("a")
    async with first_pass(queue, work):
        queue.add("a")
        queue.add("a")
        work.gate.set()
        await work.started.get()

    assert work.seen == ["a", "a"]


async def test_a_failure_is_logged_with_its_traceback_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    work = Recorder(RuntimeError("boom"), None)
    queue = WorkQueue(work)
    queue.add("a")

    with caplog.at_level(logging.ERROR):
        await run_until(queue, work, 2)

    assert work.seen == ["a", "a"]
    assert "a failed unexpectedly" in caplog.text
    assert "RuntimeError: boom" in caplog.text


async def test_an_expected_failure_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    work = Recorder(ClusterError("no route"), None)
    queue = WorkQueue(work)
    queue.add("a")

    await run_until(queue, work, 2)

    assert "no route" in caplog.text
    assert "Traceback" not in caplog.text


async def test_work_that_wants_to_look_again_does() -> None:
    work = Recorder(0.01, None)
    queue = WorkQueue(work)
    queue.add("a")

    await run_until(queue, work, 2)

    assert work.seen == ["a", "a"]


async def test_the_earlier_of_two_timers_counts() -> None:
    work = Recorder()
    queue = WorkQueue(work)
    queue.add_after("a", 0.01)
    queue.add_after("a", 60)

    await run_until(queue, work, 1)

    assert work.seen == ["a"]


async def test_a_key_that_is_queued_needs_no_timer() -> None:
    queue = WorkQueue(Recorder())
    queue.add_after("a", 60)
    queue.add("a")
    queue.add_after("a", 60)

    assert queue._timers == {}


async def test_what_is_due_during_a_pass_is_done_after_it() -> None:
    work = Recorder()
    work.gate.clear()
    queue = WorkQueue(work)
    queue.add("a")
    async with first_pass(queue, work):
        queue.add_after("a", 0.01)
        work.gate.set()
        for _ in range(2):
            await work.ended.get()

    assert work.seen == ["a", "a"]


async def test_the_oldest_pass_is_known() -> None:
    work = Recorder()
    work.gate.clear()
    queue = WorkQueue(work)
    assert queue.longest_silence() == 0
    queue.add("a")
    running = asyncio.create_task(queue.run(workers=1))
    async with asyncio.timeout(5):
        await work.started.get()

    assert queue.longest_silence() > 0
    assert len(queue) == 0
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def due_in(queue: WorkQueue, key: str) -> float:
    """Seconds until a key's timer fires."""
    return queue._timers[key].when() - asyncio.get_running_loop().time()


async def test_no_retry_starts_before_the_time_that_the_api_server_named_even_when_an_event_arrives() -> None:
    work = Recorder(ClusterError("too many requests", retry_after=60))
    queue = WorkQueue(work)
    queue.add("a")
    await run_for_one_failure(queue, work)

    assert 59 < due_in(queue, "a") <= 60
    queue.add("a")
    assert len(queue) == 0
    assert 59 < due_in(queue, "a") <= 60


async def run_for_one_failure(queue: WorkQueue, work: Recorder) -> None:
    """Let the first attempt fail, outside of `run`, which cancels timers at its end."""
    queue._queued.clear()
    await queue._attempt(queue._ready.get_nowait())
    assert work.seen == ["a"]


async def test_after_a_success_an_event_starts_a_pass_at_once() -> None:
    work = Recorder(ClusterError("too many requests", retry_after=0.01), None, None)
    queue = WorkQueue(work)
    queue.add("a")

    await run_until(queue, work, 2)
    queue.add("a")

    assert len(queue) == 1


def test_backoff_doubles_from_a_fifth_of_a_second_to_thirty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, _most: 1.0)

    assert [backoff(failures) for failures in range(1, 11)] == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0, 30.0]
    assert backoff(10_000) == 30.0


@pytest.mark.parametrize("spread", [0.5, 1.5])
def test_backoff_is_spread_by_a_half_either_way(monkeypatch: pytest.MonkeyPatch, spread: float) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: {0.5: least, 1.5: most}[spread])

    assert backoff(1) == 0.2 * spread
