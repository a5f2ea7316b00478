"""A status that cannot be read or is refused: said where possible, written seldom, and nothing else is held up."""

from __future__ import annotations

import copy
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.operator.reconciling import Bench, condition, rewrite, written
from videotutor_operator.errors import ClusterError, Forbidden, Refused


async def test_an_unreadable_status_is_tried_once_a_minute_and_holds_up_no_cancellation() -> None:
    bench = Bench(sceneCount=3)
    await bench.look()
    assert len(bench.cluster.jobs) == 1
    rewrite(bench, lambda status: status.update(scenes={"of": "a newer version"}))
    bench.cluster.edit(cancel=True)
    bench.restart()
    bench.cluster.faults["status"] = [Refused("422")] * 10

    assert len(await written(bench, "status", passes=10, seconds=1)) == 1
    assert bench.cluster.jobs == {}, "spec.cancel ends what runs"


async def test_a_refused_status_says_nothing_of_a_video_that_is_finished_once_it_is_not_refused() -> None:
    bench = Bench(sceneCount=3)
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    made, url = set(bench.cluster.jobs), bench.status()["video"]["url"]
    bench.cache.put_videojob(bench.cluster.edit(output={"theme": "paper"}))
    bench.cluster.faults["status"] = [Refused("422")]
    await bench.look()
    assert condition(bench.cluster.videojobs["calculus"], "Ready")["reason"] == "Succeeded"
    assert "refuses the status" in bench.status()["message"]
    bench.cache.put_videojob(bench.cluster.edit(output=None))

    for _ in range(5):
        bench.now += timedelta(minutes=1)
        await bench.look()

    ready = condition(bench.cluster.videojobs["calculus"], "Ready")
    assert (ready["status"], ready["reason"], bench.status()["video"]["url"]) == ("True", "Succeeded", url)
    assert bench.status()["message"] == ready["message"]
    assert set(bench.cluster.jobs) == made, "nothing is made again"


async def test_an_unreadable_status_keeps_its_ready_condition_and_is_written_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    for _ in range(40):
        await bench.look()
        bench.pods_succeed(3)
    raw = copy.deepcopy(bench.cluster.videojobs["calculus"])
    raw["status"]["video"]["durationSeconds"] = 1e10
    raw["metadata"]["resourceVersion"] = str(next(bench.cluster.versions))
    bench.cluster.videojobs["calculus"] = raw
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    ready = condition(raw, "Ready")
    bench.restart()

    assert len(await written(bench, "status", passes=5, seconds=1)) == 1

    status = bench.cluster.videojobs["calculus"]
    assert condition(status, "Ready") == ready
    assert condition(status, "Readable")["reason"] == "NewerVersion"


@pytest.mark.parametrize(
    "part",
    [
        {"report": {"acknowledged": "4"}},
        {"report": "none"},
        {"conditions": 5},
        {"conditions": {"type": "Ready"}},
        {"conditions": [{"type": ["Ready"]}]},
        {"phase": {}},
        {"phase": []},
        {"observedGeneration": float("inf")},
    ],
    ids=str,
)
async def test_a_status_of_another_type_ends_no_operator_and_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, part: dict[str, Any]
) -> None:
    bench = Bench(sceneCount=3)
    monkeypatch.setattr(bench.cluster, "_accepted", lambda _part, value, _name: value)
    await bench.look()
    rewrite(bench, lambda status: status.update(part))

    assert len(await written(bench, "status", passes=5, seconds=1)) <= 2, "conditions are put right, and it continues"
    assert len(bench.cluster.jobs) == 1


@pytest.mark.parametrize("error", [Forbidden("admission webhook denied the request"), Refused("is too large")])
async def test_a_status_that_is_denied_is_written_twice_a_minute_at_most_and_announced(error: ClusterError) -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [error] * 100

    assert len(await written(bench, "status", passes=60, seconds=1)) <= 2
    assert bench.events().count("StatusRefused") == 1


@pytest.mark.parametrize("error", [Forbidden("forbidden"), Refused("Unsupported value")])
async def test_what_runs_is_ended_also_where_its_status_is_refused(error: ClusterError) -> None:
    bench = Bench(sceneCount=1)
    await bench.look()
    assert len(bench.cluster.jobs) == 1
    bench.cluster.faults["status"] = [error] * 100

    bench.cache.put_videojob(bench.cluster.edit(cancel=True))
    await bench.look()

    assert bench.cluster.jobs == {}


async def test_a_refused_status_is_announced_again_in_other_words_only() -> None:
    bench = Bench()
    words = [*["is too large"] * 5, *["is not allowed"] * 5]
    bench.cluster.faults["status"] = [Refused(text) for text in words for _ in range(2)]

    for _ in words:
        await bench.look()
        bench.now += timedelta(minutes=1)

    assert bench.events().count("StatusRefused") == 2


async def test_a_missing_right_is_named_and_not_taken_for_an_old_crd() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [Forbidden('cannot update resource "videojobs/status"')]
    await bench.look()

    assert [event["note"] for event in bench.cluster.events] == [
        'Kubernetes forbids the operator to write the status: cannot update resource "videojobs/status"'
    ]
    assert len([write for write in bench.cluster.writes if write.startswith("status")]) == 1


async def test_events_shorten_no_backoff_of_a_status_that_cannot_be_written() -> None:
    bench = Bench()
    bench.cluster.faults["status"] = [ClusterError("failed calling webhook")] * 100
    writes = 0
    for _ in range(240):
        bench.now += timedelta(seconds=1)
        with suppress(ClusterError):
            await bench.look()
        writes += sum(write.startswith("status") for write in bench.cluster.writes)

    assert 5 <= writes <= 12
    assert bench.events().count("StatusNotStored") == 1
