"""The benchmark judges, counts and draws rightly; what it measures needs a cluster."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.common.errors import BenchError
from bench.common.figures import Figure, Pairs, ratios
from bench.common.machine import Machine
from bench.common.page import PAGE, put
from bench.common.plots import Bar, chart
from bench.common.tables import NONE, table
from bench.operator import report
from bench.operator.control_plane import with_limits
from bench.operator.costs import Costs
from bench.operator.outcome import Outcome
from bench.operator.process import writes_in
from bench.operator.queueing import History

MACHINE = Machine(2, 24.0, "a processor", "3.11", 0.1, "abcdef0", "2026-01-01")
FAST = Figure("latency", "latency of one job", "s", 6.0, 0.75, floor=9.0)
LARGE = Figure("memory", "memory", "MiB", 450.0, 300.0)


def test_beside_a_floor_the_bar_bounds_the_ratio_and_else_the_value() -> None:
    assert ratios([FAST, LARGE]) == {
        "latency": {"ratio": 0.667, "bar": 0.75, "holds": True},
        "memory": {"ratio": 1.5, "bar": 1.0, "holds": False},
    }


def test_a_figure_at_its_bar_holds_it() -> None:
    assert Figure("writes", "writes", "", 8, 8).holds


def test_runs_that_took_turns_are_compared_by_their_medians() -> None:
    figure = Pairs(floor=[9.0, 100.0, 8.0], ours=[6.0, 5.0, 60.0]).figure("x", "x", 0.75, "make x")
    assert (figure.value, figure.floor) == (6.0, 9.0)
    assert figure.samples["ours"] == [6.0, 5.0, 60.0]


def test_processor_time_is_judged_by_the_largest_runs_and_writes_by_the_worst_of_all() -> None:
    costs = Costs(
        cpu_ms={"one": 200.0, "many 1": 30.0, "many 2": 35.0},
        ideal_ms={"one": 90.0, "many 1": 12.0, "many 2": 14.0},
        writes={
            "one": Counter(jobs=5, videojobs=9, events=5),
            "many 1": Counter(jobs=500, videojobs=700, events=500),
            "many 2": Counter(jobs=500, videojobs=800, events=600),
        },
        videos={"one": 1, "many 1": 100, "many 2": 100},
    )
    figures = costs.figures("make x")
    assert figures[0].title == "operator CPU per 3-scene VideoJob; the ideal client's: 14 ms"
    found = {figure.name: figure.value for figure in figures}
    assert found == {"cpu": 35.0, "writes-jobs": 5.0, "writes-videojobs": 9.0, "writes-events": 6.0}


def test_a_queue_counts_the_scenes_that_ended_before_its_first_video() -> None:
    history = History(begun=100.0)
    for now, name, phases, phase in (
        (101.0, "a", [], "Planning"),
        (102.0, "a", ["Succeeded", "Running"], "Rendering"),
        (103.0, "b", ["Succeeded", "Failed"], "Rendering"),
        (104.0, "a", ["Succeeded", "Succeeded"], "Succeeded"),
        (105.0, "a", ["Succeeded", "Succeeded"], "Succeeded"),
        (106.0, "b", ["Succeeded", "Succeeded"], "Succeeded"),
    ):
        status = {"phase": phase, "scenes": [{"phase": scene} for scene in phases]}
        history.observe({"metadata": {"name": name}, "status": status}, now)
    assert history.ended_before_first == 3
    assert history.planned == {"a": 2.0, "b": 3.0}
    assert history.finished == {"a": 4.0, "b": 6.0}
    assert history.under_way() == [2.0, 3.0]


def test_without_a_run_there_are_no_costs() -> None:
    assert Costs().figures("make x") == []


def test_reads_are_not_counted_as_writes_and_a_status_counts_for_its_resource() -> None:
    page = """
# TYPE videotutor_api_requests counter
videotutor_api_requests_total{verb="GET",resource="jobs",code="200"} 7.0
videotutor_api_requests_total{verb="POST",resource="jobs",code="201"} 5.0
videotutor_api_requests_total{verb="POST",resource="jobs",code="409"} 1.0
videotutor_api_requests_total{verb="PUT",resource="videojobs/status",code="200"} 8.0
# TYPE videotutor_leader gauge
videotutor_leader 1.0
"""
    assert writes_in(page) == {"jobs": 6, "videojobs": 8}


def test_rate_limits_are_arguments_of_the_controller_manager() -> None:
    manifest = "spec:\n  containers:\n  - command:\n    - kube-controller-manager\n    - --bind-address=127.0.0.1\n"
    assert with_limits(manifest, 500) == (
        "spec:\n  containers:\n  - command:\n    - kube-controller-manager\n    - --kube-api-qps=500\n"
        "    - --kube-api-burst=500\n    - --bind-address=127.0.0.1\n"
    )


@pytest.mark.parametrize("manifest", ["- kube-scheduler\n", "- kube-controller-manager\n- --kube-api-qps=50\n"])
def test_a_manifest_that_is_not_the_default_one_is_left_alone(manifest: str) -> None:
    with pytest.raises(BenchError):
        with_limits(manifest, 500)


def test_the_table_says_which_bars_are_held_and_how_to_measure_one_alone() -> None:
    figure = Figure("burst", "20 at once", "s", 38.4, 1.0, floor=36.0, command="make bench-operator ONLY=burst")
    rows = [row.strip("| ").split(" | ") for row in table([FAST, figure, LARGE], "floor", "ours").splitlines()[2:]]
    assert [(row[1], row[2], row[3], row[5]) for row in rows] == [
        ("9 s", "6 s", "0.67", "held"),
        ("36 s", "38.4 s", "1.07", "**missed**"),
        (NONE, "450 MiB", "1.50", "**missed**"),
    ]
    assert rows[1][6] == "`make bench-operator ONLY=burst`"


def test_results_page_and_plots_are_written_together(tmp_path: Path) -> None:
    report.write(tmp_path, [FAST, LARGE], MACHINE)
    results = json.loads((tmp_path / report.RESULTS).read_text())
    assert results["ratios"] == ratios([FAST, LARGE])
    page = (tmp_path / PAGE).read_text()
    assert "1 of 2 bars are held" in page
    for plot in (report.BARS, report.SECONDS):
        assert f"images/{plot.name}" in page
        ET.fromstring((tmp_path / plot).read_text())  # noqa: S314 -- written a moment ago


def test_each_benchmark_writes_its_part_of_the_page_and_leaves_the_others(tmp_path: Path) -> None:
    for command, text in (("bench-one", "# One"), ("bench-two", "# Two"), ("bench-one", "# One again")):
        put(tmp_path, command, text)
    lines = (tmp_path / PAGE).read_text().splitlines()
    assert [line for line in lines if line.startswith("#")] == ["# One again", "# Two"]
    assert lines[0] == "<!-- Written by `make bench-one`; edit bench/one/report.py instead. -->"


def test_what_was_recorded_elsewhere_is_drawn_beside_and_says_so(tmp_path: Path) -> None:
    report.write(tmp_path, [FAST], MACHINE)
    assert "latency: Argo Workflows 4.1 (elsewhere)" in (tmp_path / report.SECONDS).read_text()


def test_bars_are_as_long_as_their_values_and_texts_are_escaped() -> None:
    drawn = ET.fromstring(chart("a < b", [Bar("one", 5, "5", "#000"), Bar("two", 10, "10", "#000")]))  # noqa: S314
    widths = [float(found.get("width", "0")) for found in drawn.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert widths[1] == pytest.approx(2 * widths[0])
    assert drawn.get("aria-label") == "a < b"


async def test_a_part_that_cannot_be_measured_is_named_and_does_not_cost_the_others() -> None:
    async def measured() -> list[Figure]:
        return [FAST]

    async def fails() -> list[Figure]:
        raise ExceptionGroup("side by side", [BenchError("the operator ended by itself"), TimeoutError()])

    outcome = Outcome()
    await outcome.take("burst", fails())
    await outcome.take("latency", measured())
    assert outcome.figures == [FAST]
    assert outcome.problems == ["burst: the operator ended by itself", "burst: it took too long"]
