"""The main job: a prompt through Convex becomes a video, every step is seen, one scene is edited."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import urllib.request
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from pathlib import Path
from typing import Any

import av
import pytest

from dev.demo.webapp import Snapshot, WebApp
from tests.e2e.subscribers import phases, subscribed
from tests.e2e.system import RUN, System

OUTLINE = f"""
# The slope of a curve, run {RUN}
- A slope tells how fast something changes
- A curve has a slope in each point
# The derivative of the square, run {RUN}
The parabola is steeper the further out you are.
plot: x^2
$\\frac{{d}}{{dx}} x^2 = 2x$
# Try it, run {RUN}
- What is the slope at three?
"""
SCENES = 3
ONE_FRAME = 1 / 30


@dataclass(frozen=True)
class Made:
    """A video that was made through Convex, and what its subscribers saw."""

    app: WebApp
    name: str
    path: Path
    javascript: list[dict[str, Any]]
    python: list[Snapshot]


@pytest.fixture(scope="module")
def made(system: System, tmp_path_factory: pytest.TempPathFactory) -> Made:
    prompt = OUTLINE
    app = WebApp(system.cluster.convex_url, prompt)
    with subscribed(system.cluster.convex_url, app.session) as browser:
        app.generate(prompt, SCENES)
        python = asyncio.run(snapshots(app, generation=1))
        javascript = browser.until_the_end()
    name = app.job()["name"]
    path = system.download(name, tmp_path_factory.mktemp("video") / "video.mp4")
    return Made(app, name, path, javascript, python)


async def snapshots(app: WebApp, generation: int) -> list[Snapshot]:
    seen = []
    async for snapshot in app.follow():
        seen.append(snapshot)
        if snapshot.is_over and snapshot.job and snapshot.job["generation"] >= generation:
            break
    return seen


def test_a_javascript_subscriber_sees_every_phase_in_order(made: Made) -> None:
    assert phases(made.javascript)[-4:] == ["Planning", "Rendering", "Stitching", "Succeeded"]


def test_a_python_subscriber_sees_every_phase_in_order(made: Made) -> None:
    seen = [phase for phase, _ in groupby(snapshot.session["status"] for snapshot in made.python)]
    assert seen[-4:] == ["Planning", "Rendering", "Stitching", "Succeeded"]


def test_a_subscriber_sees_each_scene_change(made: Made) -> None:
    rows = [scene for change in made.javascript if change["kind"] == "scenes" for scene in change["value"]]
    for scene in ("scene-1", "scene-2", "scene-3"):
        seen = [row["phase"] for row in rows if row["sceneId"] == scene]
        assert seen[0] in {"Pending", "Running"}
        assert seen[-1] == "Succeeded"


def test_the_session_ends_with_an_address_that_serves_the_video(made: Made) -> None:
    address = made.python[-1].session["videoUrl"]
    request = urllib.request.Request(address, headers={"Range": "bytes=4-7"})  # noqa: S310 - our own API
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        assert answer.status == 206
        assert answer.read() == b"ftyp"


def seconds(stream: av.VideoStream | av.AudioStream) -> float:
    assert stream.duration is not None
    assert stream.time_base is not None
    return float(stream.duration * stream.time_base)


def test_the_video_is_what_players_and_learners_expect(made: Made) -> None:
    with av.open(str(made.path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.average_rate) == (1280, 720, Fraction(30))
        assert len(container.streams.subtitles) == 1
        assert len(container.chapters()) == SCENES
        lengths = [seconds(stream) for stream in (video, audio)]
        frames = sum(1 for _ in container.decode(video))
    assert abs(lengths[0] - lengths[1]) <= ONE_FRAME
    assert frames == round(lengths[0] * 30)


def test_kubectl_shows_the_columns_people_look_for(system: System, made: Made) -> None:
    header, row = system.kubectl("get", "videojob", made.name).splitlines()
    assert header.split() == ["NAME", "PHASE", "PROGRESS", "SCENES", "PLANNER", "AGE"]
    assert row.split()[:5] == [made.name, "Succeeded", "100", "3/3", "outline"]


def test_kubectl_explain_reads_like_documentation(system: System) -> None:
    text = system.kubectl("explain", "videojob.spec")
    assert "What the video should explain" in text
    assert "Requested number of scenes" in text


def test_the_conditions_speak_about_the_current_generation(system: System, made: Made) -> None:
    video = system.wait_ready(made.name)
    conditions = {condition["type"]: condition for condition in video["status"]["conditions"]}
    assert {"Planned", "ScenesRendered", "Ready", "Reported"} <= set(conditions)
    assert {condition["observedGeneration"] for condition in conditions.values()} == {video["metadata"]["generation"]}


def test_an_edit_runs_one_scene_and_the_join_and_leaves_the_rest_as_it_was(system: System, made: Made) -> None:
    scenes = {scene["id"]: scene["digest"] for scene in system.video(made.name)["status"]["scenes"]}
    files = system.artifact_digests("*/scenes/*/scene.mp4")
    jobs = {job["metadata"]["uid"] for job in system.jobs(made.name).values()}

    made.app.edit("scene-2", f"# A shorter example, run {RUN}\n- Only one line\n$x^2$")
    last = asyncio.run(snapshots(made.app, generation=2))[-1]

    after = {scene["id"]: scene["digest"] for scene in system.video(made.name)["status"]["scenes"]}
    new = [job for job in system.jobs(made.name).values() if job["metadata"]["uid"] not in jobs]
    tasks = sorted(job["metadata"]["labels"]["videotutor.dev/task"] for job in new)
    assert last.session["status"] == "Succeeded"
    assert tasks == ["scene", "stitch"]
    assert {scene for scene in scenes if scenes[scene] != after[scene]} == {"scene-2"}
    assert {path: system.artifact_digests("*/scenes/*/scene.mp4").get(path) for path in files} == files


def test_a_lesson_of_the_library_is_found_and_named_as_such(system: System) -> None:
    system.apply(f"lesson-{RUN}", {"prompt": "Explain the chain rule", "sceneCount": 1})
    assert system.wait_ready(f"lesson-{RUN}")["status"]["planner"] == "template"


def test_hello_goes_through_the_whole_pipeline(system: System) -> None:
    request = urllib.request.Request(f"{system.cluster.api_url}/test/hello?name=World", method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        task = json.loads(answer.read())["taskId"]
    system.wait_ready(task)
    with urllib.request.urlopen(f"{system.cluster.api_url}/test/task/{task}", timeout=30) as answer:  # noqa: S310
        assert json.loads(answer.read())["status"] == "SUCCESS"


def test_a_message_never_shows_a_secret(system: System) -> None:
    secrets = json.loads(system.kubectl("get", "secret", "videotutor-secrets", "-o", "json"))["data"]
    parts = "app.kubernetes.io/component in (operator, api)"
    logs = system.kubectl("logs", "--selector", parts, "--tail=-1")
    assert logs
    for value in secrets.values():
        assert not re.search(re.escape(base64.b64decode(value).decode()), logs)
