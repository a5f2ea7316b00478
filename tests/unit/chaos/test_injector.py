"""The injector selects the request that a fault hits, and no other."""

from __future__ import annotations

from tests.chaos.experiments import Experiment
from tests.chaos.faults import Mode
from tests.chaos.injector import Injector


def injector(faults: str) -> Injector:
    made = Injector(Experiment.parse(faults).faults)
    made.counted = {"operator"}
    return made


def strikes(it: Injector, *kinds: str, who: str = "operator") -> list[Mode | None]:
    """The modes that hit a series of requests."""
    return [it.strike(it.count(who, kind)) for kind in kinds]


def test_reports_and_requests_are_numbered_by_themselves() -> None:
    it = injector("delay:9")

    strikes(it, "create jobs", "report Planning", "create jobs", "report Rendering")

    assert [str(request) for request in it.requests] == ["create jobs (1)", "create jobs (2)"]
    assert [str(request) for request in it.reports] == ["report Planning (1)", "report Rendering (2)"]


def test_a_fault_towards_convex_hits_a_report_and_one_towards_the_api_server_does_not() -> None:
    assert strikes(injector("convex-500:1"), "create jobs", "report Planning") == [None, Mode.CONVEX_SERVER_ERROR]
    assert strikes(injector("answer-500:1"), "report Planning", "create jobs") == [None, Mode.SERVER_ERROR]


def test_a_fault_of_the_other_kind_counts_from_the_request_that_the_first_hit() -> None:
    it = injector("convex-500:2+answer-409:2")

    hit = strikes(it, "list jobs", "report Planning", "list jobs", "report Planning", "list jobs", "status videojobs")

    assert hit == [None, None, None, Mode.CONVEX_SERVER_ERROR, None, Mode.CONFLICT]


def test_three_faults_hit_in_their_order_and_then_none() -> None:
    it = injector("drop-after:1+kill-before:1+delay:1")

    assert strikes(it, *["list jobs"] * 4) == [Mode.DROP_AFTER, Mode.KILL_BEFORE, Mode.DELAY, None]
    assert it.hit_at > 0


def test_after_the_leader_is_killed_the_next_fault_hits_the_standby() -> None:
    it = injector("leader-kill-after:2+answer-500:1")
    strikes(it, "get leases", who="standby")

    assert strikes(it, "create jobs", "create jobs") == [None, Mode.LEADER_AFTER]
    assert strikes(it, "create jobs") == [None]
    assert strikes(it, "replace leases", who="standby") == [Mode.SERVER_ERROR]


def test_a_watch_fault_waits_until_a_watch_is_open() -> None:
    it = injector("watch-expire:1")
    request = it.count("operator", "create jobs")

    assert it.strike(request, watching=False) is None
    assert it.strike(request, watching=True) is Mode.EXPIRE
