"""The measurements: each answers with figures."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av

from bench.common.figures import Figure
from bench.render import peers_environment
from bench.render.command import OUT, PYTHON, last_line, peak_mb, run
from bench.render.scenes import LANGUAGE, LESSON, described
from bench.render.speed import FRAMES
from dev.cluster.progress import say
from videojob.spec import Narration, Output, Resolution
from videojob.storyboard import Scene, Storyboard
from videojob.tasks import SceneTask, encode_env
from videotutor_renderer.store import Store

BARS = {"held": 0.90, "motion": 0.80}
"""Share of the encoding limit's frames per second."""
PEERS = {"manim": 2.5, "moviepy": 8.0, "matplotlib": 15.0}
"""How many times their frames per second."""
PROMPT = "Explain the derivative of x^3"
_SECONDS = 300.0
"""What no single process takes longer than."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done; less for a try."""

    rounds: int = 5
    joined: int = 100


QUICK = Sizes(rounds=1, joined=10)


def speed(sizes: Sizes) -> list[Figure]:
    """Beside the encoder alone."""
    say("== beside the encoding limit")
    taken = last_line("bench.render.speed", str(3 * sizes.rounds), within=_SECONDS)
    return [
        Figure(
            name,
            f"10 s in which {'nothing' if name == 'held' else 'always something'} moves, beside encoding alone",
            "s",
            median(taken[name]["ours"]),
            round(1 / share, 3),
            median(taken[name]["floor"]),
            taken[name],
            command("speed"),
        )
        for name, share in BARS.items()
    ]


def peers(sizes: Sizes) -> list[Figure]:
    """Beside other libraries, which take turns with ours; the first round, in which all is compiled, does not count."""
    python = peers_environment.python()
    scene = OUT / "scene.json"
    scene.write_text(json.dumps(described()))
    taken = defaultdict[str, list[float]](list)
    for number in range(sizes.rounds + 1):
        say(f"== beside other libraries, {f'round {number} of {sizes.rounds}' if number else 'to warm up'}")
        for name in ("ours", *PEERS):
            seconds = _lesson(name, python, scene)
            say(f"  {name}: {seconds:.2f} s")
            taken[name] += [seconds] if number else []
    ours = median(taken["ours"])
    return [
        Figure(
            name,
            f"10 s of a lesson, beside {name}",
            "s",
            ours,
            round(1 / times, 3),
            median(taken[name]),
            {"floor": taken[name], "ours": taken["ours"]},
            command("peers"),
        )
        for name, times in PEERS.items()
    ]


def _lesson(name: str, python: Path, scene: Path) -> float:
    """Processor seconds for 300 frames: some libraries make a few more than they were asked for."""
    video = OUT / name / "scene.mp4"
    video.parent.mkdir(exist_ok=True)
    if name == "ours":
        said = last_line("bench.render.ours", scene, video, within=_SECONDS)
    else:
        said = last_line(f"bench.render.peers.by_{name}", scene, video, within=_SECONDS, python=python)
    with av.open(str(video)) as made:
        return float(said["seconds"]) * FRAMES / made.streams.video[0].frames


def start(sizes: Sizes) -> list[Figure]:
    """From nothing to the first frame."""
    say("== from the start of the process to the first frame")
    taken = []
    for _ in range(sizes.rounds + 1):
        begun = time.monotonic()
        taken.append(last_line("bench.render.first_frame", OUT / "first.mp4", within=_SECONDS)["at"] - begun)
    samples = {"ours": taken[1:]}
    title = "start of the process to the first encoded frame"
    return [Figure("start", title, "s", median(taken[1:]), 1.2, samples=samples, command=command("start"))]


def memory(sizes: Sizes) -> list[Figure]:
    """A scene in 1080p with the neural voice, as its Job renders it."""
    say("== memory of a scene in 1080p")
    taken = [_peak(OUT / "memory") for _ in range(sizes.rounds)]
    title = "peak memory of a scene in 1080p, voice included"
    return [Figure("memory", title, "MB", max(taken), 450, samples={"ours": taken}, command=command("memory"))]


def _peak(folder: Path) -> float:
    folder.mkdir(exist_ok=True)
    scene = Scene(id="scene-1", title=LESSON.title, beats=LESSON.beats)
    storyboard = Storyboard(title=LESSON.title, language=LANGUAGE, scenes=(scene,))
    Store(folder).write("bench/storyboard.json", json.dumps(storyboard.to_json_object()).encode())
    task = SceneTask(
        namespace="bench",
        digest=f"{time.monotonic_ns()}",  # rendered anew each time
        storyboard="bench/storyboard.json",
        scene_id=scene.id,
        output=Output(resolution=Resolution.P1080),
        narration=Narration(),
    )
    extra = {"VIDEOTUTOR_STORE": folder.as_uri(), "VIDEOTUTOR_TERMINATION_LOG": str(folder / "answer")}
    log = OUT / "memory.log"
    return peak_mb([PYTHON, "-m", "videotutor_renderer"], log, within=_SECONDS, extra={**encode_env(task), **extra})


def joining(sizes: Sizes) -> list[Figure]:
    """Scenes become a video."""
    say(f"== 10 scenes joined, then {sizes.joined}")
    said = last_line("bench.render.joining", OUT / "joining", str(sizes.joined), within=_SECONDS)
    samples = {name: [1000 * said[name]] for name in ("join", "copy")}
    longer = 1000 * (said["join"] - said["copy"])
    title = f"sound and picture of {sizes.joined} joined scenes differ in length by"
    return [
        Figure("join", "join of 10 scenes, beyond copying the file", "ms", longer, 150, None, samples, command("join")),
        Figure("drift", title, "samples", said["apart"], 0.5, command=command("join")),
    ]


def video(sizes: Sizes) -> list[Figure]:
    """A narrated video from a prompt, beside its own length."""
    say("== a narrated video of three scenes, from a prompt")
    target = OUT / "video.mp4"
    options = ["--prompt", PROMPT, "--scenes", "3", "--jobs", "1", "-o", str(target)]
    taken = []
    for _ in range(sizes.rounds + 1):
        begun = time.monotonic()
        run([PYTHON.with_name("videotutor-render"), *options], within=_SECONDS)
        taken.append(time.monotonic() - begun)
    with av.open(str(target)) as container:
        lasts = (container.duration or 0) / av.time_base
    title = "3 scenes in 720p from a prompt, narrated, beside how long they play"
    samples = {"ours": taken[1:]}
    return [Figure("video", title, "s", median(taken[1:]), 0.2, lasts, samples, command("video"))]


PARTS = {"speed": speed, "peers": peers, "start": start, "memory": memory, "join": joining, "video": video}


def command(part: str) -> str:
    """What measures one part alone."""
    return f"make bench-render ONLY={part}"
