"""What a scrape shows, read as Prometheus reads it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from videotutor_operator import health, metrics
from videotutor_operator.errors import ClusterError
from videotutor_operator.queue import WorkQueue

UNITS = ("_seconds", "_bytes", "_total", "_ratio")
COUNTS = {
    "videotutor_workqueue_depth",
    "videotutor_videojobs",
    "videotutor_reports_pending",
    "videotutor_leader",
}
"""Gauges that count things, which have no unit."""
LABELS = {"verb", "resource", "code", "phase", "outcome", "le"}
LABELS |= {"namespace", "reason", "stage", "task", "class", "kind"}


@pytest.fixture
async def url() -> AsyncIterator[str]:
    runner = await health.serve(0, alive=dict, ready=dict)
    port = next(address[1] for address in runner.addresses if address[0] == "0.0.0.0")  # noqa: S104 -- compared only
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()


def ours() -> list[Metric]:
    text = generate_latest(metrics.REGISTRY).decode()
    return [family for family in text_string_to_metric_families(text) if family.name.startswith("videotutor_")]


async def test_a_scrape_is_text_that_prometheus_reads(url: str) -> None:
    async with httpx.AsyncClient() as http:
        answer = await http.get(f"{url}/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert "process_resident_memory_bytes" in names
    assert "videotutor_leader" in names


def test_every_metric_has_help_a_type_and_a_unit_in_its_name() -> None:
    for family in ours():
        assert family.documentation.endswith("."), family.name
        assert family.type in {"gauge", "counter", "histogram"}, family.name
        assert re.fullmatch(r"videotutor_[a-z_]+", family.name)
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert name.endswith(UNITS) or name in COUNTS


def test_no_label_is_without_bounds_such_as_the_name_of_a_videojob() -> None:
    metrics.API_REQUESTS.labels("GET", "jobs", "200")
    metrics.STATUS_UNSTORED.labels("pruned")
    metrics.VIDEOJOBS.read = lambda: {"Rendering": 2}
    metrics.WATCH_AGE.read = lambda: {"jobs": 1.5}
    try:
        samples = [sample for family in ours() for sample in family.samples]
    finally:
        metrics.VIDEOJOBS.read = dict
        metrics.WATCH_AGE.read = dict

    assert {label for sample in samples for label in sample.labels} <= LABELS
    shown = {sample.name: sample.value for sample in samples}
    assert shown["videotutor_videojobs"] == 2
    assert shown["videotutor_watch_age_seconds"] == 1.5


def test_only_so_many_namespaces_have_label_values_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "_namespaces", set())
    names = [f"team-{number}" for number in range(metrics.MOST_NAMESPACES + 2)]

    assert [metrics.namespace_label(name) for name in names] == [*names[:200], "other", "other"]
    assert metrics.namespace_label("team-0") == "team-0"


async def test_a_pass_that_fails_is_counted_with_its_time_and_its_retry() -> None:
    async def fails(_: str) -> None:
        raise ClusterError("no route")

    before = shown()
    await WorkQueue(fails)._attempt("lessons/calculus")
    after = shown()

    for name in (
        "videotutor_reconcile_duration_seconds_count",
        "videotutor_reconcile_errors_total",
        "videotutor_workqueue_retries_total",
    ):
        assert after[name] == before[name] + 1


def shown() -> dict[str, float]:
    return {sample.name: sample.value for family in ours() for sample in family.samples if not sample.labels}
