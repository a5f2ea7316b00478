"""Who leads, by what a Lease says and a clock that the test sets."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.operator.fake_leases import Leases
from videotutor_operator.errors import ClusterError, Forbidden
from videotutor_operator.leadership.leader import Election, Terms

PLACE = {"namespace": "lessons", "name": "operators"}
DURATION = 15.0
DEADLINE = 10.0


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def leases() -> Leases:
    return Leases()


def candidate(leases: Leases, clock: Clock, identity: str, duration: float = DURATION) -> Election:
    return Election(leases, Terms(**PLACE, identity=identity, duration=duration), clock)


async def test_the_first_creates_the_lease_and_leads(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    assert not first.leads()

    await first.attempt()

    assert first.leads()
    assert leases.spec["holderIdentity"] == "first"
    assert leases.spec["leaseDurationSeconds"] == 15
    assert leases.spec["leaseTransitions"] == 0


async def test_of_two_that_find_no_lease_one_leads(leases: Leases, clock: Clock) -> None:
    first, second = candidate(leases, clock, "first"), candidate(leases, clock, "second")

    await asyncio.gather(first.attempt(), second.attempt())

    assert [first.leads(), second.leads()].count(True) == 1


async def test_a_lease_that_is_renewed_is_respected(leases: Leases, clock: Clock) -> None:
    first, second = candidate(leases, clock, "first"), candidate(leases, clock, "second")
    for _ in range(20):
        await first.attempt()
        await second.attempt()
        clock.time += 2

    assert first.leads()
    assert not second.leads()
    assert second.leader == "first"


async def test_a_renewal_keeps_the_time_of_acquisition_and_reads_nothing(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    acquired, reads = leases.spec["acquireTime"], leases.reads

    await first.attempt()

    assert leases.spec["acquireTime"] == acquired
    assert leases.spec["renewTime"] > acquired
    assert leases.reads == reads


async def test_a_silent_leader_stops_before_the_next_one_starts(leases: Leases, clock: Clock) -> None:
    first, second = candidate(leases, clock, "first"), candidate(leases, clock, "second")
    await first.attempt()
    await second.attempt()
    leading: dict[float, tuple[bool, bool]] = {}
    for second_of_silence in range(20):
        await second.attempt()
        leading[second_of_silence] = (first.leads(), second.leads())
        clock.time += 1

    assert leading[DEADLINE - 1] == (True, False)
    assert leading[DEADLINE] == (False, False)
    assert leading[DURATION - 1] == (False, False)
    assert leading[DURATION] == (False, True)
    assert leases.spec["leaseTransitions"] == 1


async def test_only_the_time_since_a_change_was_seen_counts(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    assert leases.stored
    leases.stored["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"

    late = candidate(leases, clock, "second")
    await late.attempt()
    clock.time += DURATION - 1
    await late.attempt()

    assert not late.leads()


async def test_the_duration_that_counts_is_the_holders(leases: Leases, clock: Clock) -> None:
    patient = candidate(leases, clock, "first", duration=60)
    await patient.attempt()
    second = candidate(leases, clock, "second")
    await second.attempt()
    clock.time += 59
    await second.attempt()

    assert not second.leads()


async def test_the_deadline_counts_from_the_question_not_from_its_answer(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    leases.silent.clear()
    renewing = asyncio.create_task(first.attempt())
    await asyncio.sleep(0)
    clock.time += DEADLINE - 1
    leases.silent.set()
    assert await renewing

    clock.time += 1

    assert not first.leads()


async def test_a_renewal_whose_answer_was_lost_is_made_up_for(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    clock.time += 2
    leases.lost = [ClusterError("connection reset")]
    await first.attempt()
    clock.time += 2
    await first.attempt()  # a conflict, with what was written before
    assert first.leads()
    clock.time += 2
    await first.attempt()
    clock.time += DEADLINE - 1

    assert first.leads()


async def test_a_lease_that_somebody_else_holds_is_lost_at_once(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    assert leases.stored
    leases.stored["spec"]["holderIdentity"] = "an administrator"
    leases.stored["metadata"]["resourceVersion"] = "elsewhere"

    await first.attempt()

    assert not first.leads()


async def test_a_lease_that_was_deleted_is_lost_at_once(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    leases.stored = None

    await first.attempt()

    assert not first.leads()


async def test_a_restarted_holder_of_the_same_name_goes_on_at_once(leases: Leases, clock: Clock) -> None:
    await candidate(leases, clock, "first").attempt()
    restarted = candidate(leases, clock, "first")

    await restarted.attempt()

    assert restarted.leads()
    assert leases.spec["leaseTransitions"] == 0


async def test_what_is_released_is_taken_at_once(leases: Leases, clock: Clock) -> None:
    first, second = candidate(leases, clock, "first"), candidate(leases, clock, "second")
    await first.attempt()
    await second.attempt()

    await first.release()
    assert not first.leads()
    assert "holderIdentity" not in leases.spec
    await second.attempt()

    assert second.leads()


async def test_a_release_that_meets_a_late_renewal_is_tried_again(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    assert leases.stored
    leases.stored["metadata"]["resourceVersion"] = "a late renewal"

    await first.release()

    assert "holderIdentity" not in leases.spec


async def test_what_another_one_holds_is_not_released(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    await first.attempt()
    assert leases.stored
    leases.stored["spec"]["holderIdentity"] = "second"
    leases.stored["metadata"]["resourceVersion"] = "elsewhere"

    await first.release()

    assert leases.spec["holderIdentity"] == "second"


async def test_what_stands_in_the_way_is_a_problem_after_a_while(leases: Leases, clock: Clock) -> None:
    first = candidate(leases, clock, "first")
    assert first.problem() == "the Lease has not been read yet"
    await first.attempt()
    assert first.problem() == ""

    leases.lease_faults = [Forbidden("leases are forbidden")] * 3
    await first.attempt()
    assert first.problem() == ""
    clock.time += DURATION

    assert "leases are forbidden" in first.problem()


async def test_a_write_that_hangs_ends_leadership_in_time() -> None:
    leases = Leases()
    first = Election(leases, Terms(**PLACE, identity="first", duration=1))
    await first.attempt()
    leases.silent.clear()

    async with asyncio.timeout(1):
        with pytest.raises(ClusterError, match=r"leadership lost: .*no response"):
            await first.hold()

    assert not first.leads()


async def test_one_that_stands_by_wins_when_the_leader_is_gone() -> None:
    leases = Leases()
    first, second = (Election(leases, Terms(**PLACE, identity=name, duration=1)) for name in ("first", "second"))
    await first.attempt()
    winning = asyncio.create_task(second.win())
    await asyncio.sleep(0)
    assert not winning.done()

    await first.release()
    async with asyncio.timeout(5):
        await winning

    assert second.leads()
