"""The token bucket, by a clock that the test sets."""

from __future__ import annotations

import asyncio

import pytest

from videotutor_operator.rate import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_burst_is_admitted_at_once_and_the_rest_at_the_rate() -> None:
    bucket, waits = TokenBucket(rate=2, burst=4, clock=Clock()), []
    for _ in range(6):
        waits.append(bucket.wait())
        bucket.take()

    assert waits == pytest.approx([0, 0, 0, 0, 0.5, 1.0])


def test_a_quiet_time_refills_the_burst_and_no_more() -> None:
    clock = Clock()
    bucket = TokenBucket(rate=2, burst=4, clock=clock)
    for _ in range(4):
        bucket.take()
    clock.time += 3600
    for _ in range(4):
        assert bucket.wait() == 0
        bucket.take()

    assert bucket.wait() == pytest.approx(0.5)


async def test_callers_are_admitted_in_their_order() -> None:
    bucket = TokenBucket(rate=1000, burst=1)
    admitted: list[int] = []

    async def call(number: int) -> None:
        await bucket.acquire()
        admitted.append(number)

    await asyncio.gather(*(call(number) for number in range(5)))

    assert admitted == [0, 1, 2, 3, 4]
