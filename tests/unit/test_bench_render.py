"""The renderer's benchmark asks everyone for the same, bounds what it starts, and writes what it found."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.common.errors import BenchError
from bench.common.figures import Figure, ratios
from bench.common.machine import Machine
from bench.common.page import PAGE
from bench.render import report
from bench.render.command import PYTHON, ROOT, peak_mb, run
from bench.render.measure import BARS, PARTS, PEERS
from bench.render.peers.task import ffmpeg_arguments
from bench.render.scenes import LESSON, described
from bench.render.speed import FRAMES, contents
from videotutor_renderer.scene.encode import X264

MACHINE = Machine(2, 24.0, "a processor", "3.11", 0.1, "abcdef0", "2026-01-01")
BESIDE = Figure("manim", "10 s of a lesson, beside manim", "s", 1.0, 0.4, floor=3.0)
ALONE = Figure("start", "start", "s", 1.5, 1.2)


def test_other_libraries_are_told_when_each_thing_appears_in_ours() -> None:
    scene = described()
    starts = [start for *_, (start, _) in scene["texts"]]
    assert len(starts) == 4
    assert starts == sorted(starts)
    assert starts[2] < scene["curve"][0] < starts[3] < scene["frames"] / scene["rate"]
    assert scene["texts"][0][0] == LESSON.title
    assert json.loads(json.dumps(scene))["x264"] == X264


def test_ffmpeg_is_given_the_same_settings_of_the_encoder() -> None:
    words = ffmpeg_arguments(described())
    assert {name: words[words.index(f"-{name}") + 1] for name in X264} == X264


def test_held_and_moving_contents_are_as_long_as_one_another() -> None:
    found = contents()
    assert {name: len(moments) for name, moments in found.items()} == dict.fromkeys(BARS, FRAMES)
    assert len(set(found["held"])) == 1
    assert len(set(found["motion"])) > FRAMES / 3


def test_a_process_that_fails_is_named_with_the_end_of_what_it_said() -> None:
    with pytest.raises(BenchError, match=r"(?s)exit code 3.*no such thing"):
        run([PYTHON, "-c", "import sys; print('no such thing'); sys.exit(3)"], within=10)


def test_a_process_that_does_not_end_is_ended(tmp_path: Path) -> None:
    endless: list[str | Path] = [PYTHON, "-c", "while True: pass"]
    with pytest.raises(BenchError, match=r"not ready after 0\.2 s"):
        run(endless, within=0.2)
    with pytest.raises(BenchError, match=r"not ready after 0\.2 s"):
        peak_mb(endless, tmp_path / "log", within=0.2, extra={})


def test_memory_of_a_process_counts_that_of_those_it_starts(tmp_path: Path) -> None:
    child = "kept = b'x' * 40_000_000; sum(range(10_000_000))"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert peak_mb([PYTHON, "-c", parent], tmp_path / "log", within=10, extra={}) > 40


def test_results_page_and_plots_are_written_together(tmp_path: Path) -> None:
    report.write(tmp_path, [BESIDE, ALONE], MACHINE)
    assert json.loads((tmp_path / report.RESULTS).read_text())["ratios"] == ratios([BESIDE, ALONE])
    page = (tmp_path / PAGE).read_text()
    assert "1 of 2 bars are held" in page
    for plot in (report.BARS, report.SECONDS):
        assert f"images/{plot.name}" in page
        ET.fromstring((tmp_path / plot).read_text())  # noqa: S314 -- written a moment ago


def test_every_library_has_a_file_of_its_own() -> None:
    files = {path.stem.removeprefix("by_") for path in (ROOT / "bench/render/peers").glob("by_*.py")}
    assert files == set(PEERS)
    assert "peers" in PARTS
