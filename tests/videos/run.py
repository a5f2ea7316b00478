"""The prompts and hostile storyboards of this folder, made into videos by the stand-alone command, and checked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.videos.check import Made, problems
from videojob.results import EXIT_BAD_INPUT
from videojob.spec import Aspect, Output, Resolution, Theme
from videotutor_renderer.scene.record import SceneRecord

HERE = Path(__file__).parent
COMMAND = (sys.executable, "-c", "from videotutor_renderer.cli.command import main; raise SystemExit(main())")
LONGEST = 300
"""Seconds after which a run is given up."""


@dataclass(frozen=True)
class Case:
    """A prompt or storyboard as a file's text, what is asked for with it, and with which words it is refused."""

    name: str
    text: str
    output: Output
    scenes: int | None = None
    refused: str | None = None

    def refused_with(self, message: str) -> bool:
        """Whether these are the words; an ellipsis in them stands for any."""
        words = (self.refused or "").split("…")
        return bool(self.refused and re.search(".*".join(map(re.escape, words)), message))


@dataclass(frozen=True)
class Outcome:
    """What became of a case: a video of so many seconds, or the words of a refusal; and what is wrong with it."""

    case: Case
    took: float
    video: float = 0.0
    refusal: str = ""
    faults: list[str] = field(default_factory=list)


def prompts() -> list[Case]:
    """Those of prompts.toml; themes and shapes take turns."""
    return [_case(entry, entry["prompt"], number) for number, entry in enumerate(_entries("prompts"))]


def storyboards() -> list[Case]:
    """Those of hostile.toml."""
    return [_case(entry, _storyboard(entry), number) for number, entry in enumerate(_entries("hostile", "storyboards"))]


def make(case: Case, folder: Path) -> Outcome:
    """Make a video of the case in a folder of its own, and look at it."""
    folder.mkdir(parents=True)
    (folder / "source").write_bytes(case.text.encode())
    started = time.monotonic()
    try:
        done = subprocess.run(
            (*COMMAND, *_arguments(case)), cwd=folder, capture_output=True, text=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        return Outcome(case, LONGEST, faults=[f"it is not done after {LONGEST} s"])
    took = time.monotonic() - started
    if done.returncode:
        return Outcome(case, took, refusal=done.stderr.strip(), faults=_refusal_faults(case, done))
    wrong = [f"it is not refused with {case.refused!r}"] if case.refused else []
    video = made(case, folder)
    described = json.loads((video.folder / "video.json").read_text("utf-8"))
    return Outcome(case, took, described["durationSeconds"], faults=[*wrong, *problems(video)])


def made(case: Case, folder: Path) -> Made:
    """The video that was made of a case in this folder."""
    (video,) = (folder / "work" / "local" / "videos" / "video").iterdir()
    records = [
        SceneRecord.model_validate_json(path.read_text("utf-8"))
        for path in (folder / "work" / "local" / "scenes").glob("*/scene.json")
    ]
    return Made(video, case.output, any(record.narrated for record in records))


def _refusal_faults(case: Case, done: subprocess.CompletedProcess[str]) -> list[str]:
    if done.returncode != EXIT_BAD_INPUT:
        return [f"it failed with {done.returncode}"]
    return [] if case.refused_with(done.stderr) else [f"it is refused, not with {case.refused!r}"]


def _arguments(case: Case) -> list[str]:
    asked = case.output
    options = ["source", "-o", "video.mp4", "--work", "work", "--draft", "--jobs", "1", "--theme", asked.theme]
    options += ["--aspect-ratio", asked.aspect_ratio, "--language", asked.language]
    return options + (["--scenes", str(case.scenes)] if case.scenes else [])


def _entries(file: str, name: str = "prompts") -> list[dict[str, Any]]:
    return list(tomllib.loads((HERE / f"{file}.toml").read_text("utf-8"))[name])


def _case(entry: dict[str, Any], text: str, number: int) -> Case:
    themes, shapes = list(Theme), list(Aspect)
    output = Output(
        resolution=Resolution.P480,
        theme=themes[number % len(themes)],
        aspect_ratio=shapes[number // len(themes) % len(shapes)],
        language=entry.get("language", "en"),
    )
    filled = text.replace("@", entry["fill"] * entry["times"]) if "fill" in entry else text
    return Case(entry["name"], filled, output, entry.get("scenes"), entry.get("refused"))


def _storyboard(entry: dict[str, Any]) -> str:
    title = json.dumps(entry.get("title", "One"))
    return f'{{"title": "Hostile", "scenes": [{{"id": "one", "title": {title}, "beats": [{entry["scene"]}]}}]}}'
