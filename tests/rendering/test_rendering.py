"""The whole way, small: scenes rendered, joined, probed. Silent or by espeak-ng, at 480p, to be quick."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from videojob.results import SceneResult
from videojob.spec import Narration, Output, Resolution, SceneOverride, Theme
from videojob.status import FailureClass
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videojob.visuals import EquationVisual, PlotVisual
from videotutor_renderer.errors import TaskError
from videotutor_renderer.plan.task import run_plan
from videotutor_renderer.probe import probe
from videotutor_renderer.scene.captions import read_web_vtt
from videotutor_renderer.scene.encode import write_mp4
from videotutor_renderer.scene.task import run_scene
from videotutor_renderer.stitch import run_stitch
from videotutor_renderer.store import Store

SMALL = Output(resolution=Resolution.P480, theme=Theme.PAPER, language="de")
SILENT = Narration(enabled=False)


def a_scene(digest: str, scene_id: str = "one", narration: Narration = SILENT, **fields: object) -> SceneTask:
    values = {"namespace": "ns", "digest": digest, "storyboard": "ns/storyboards/k.json", "scene_id": scene_id}
    return SceneTask.model_validate({**values, "output": SMALL, "narration": narration, **fields})


def a_join(*digests: str) -> StitchTask:
    return StitchTask(namespace="ns", name="video", key="j", title="Short", scenes=digests, output=SMALL)


@pytest.fixture
def store(tmp_path: Path, a_storyboard: Storyboard) -> Store:
    planned = Store(tmp_path)
    run_plan(PlanTask(namespace="ns", key="k", storyboard=a_storyboard), planned)
    return planned


def test_scenes_are_joined_into_a_video_that_plays(store: Store) -> None:
    spoken = run_scene(a_scene("d1", narration=Narration(voice="espeak")), store)
    silent = run_scene(a_scene("d2", "two"), store)
    result = run_stitch(a_join("d1", "d2"), store)

    assert result.path == "ns/videos/video/j/video.mp4"
    assert result.duration_seconds == pytest.approx((spoken.frames + silent.frames) / 30, abs=1e-3)
    assert (result.width, result.height, result.frames_per_second, result.chapters) == (854, 480, 30, 2)
    with av.open(str(store.path(result.path))) as video:
        assert {stream.codec_context.name for stream in (video.streams.video[0], video.streams.audio[0])} == {
            "h264",
            "aac",
        }
        assert [chapter["metadata"]["title"] for chapter in video.chapters()] == ["One", "Two"]
        assert len(video.streams.subtitles) == 1
        assert video.metadata["title"] == "Short"
    cues = read_web_vtt(store.read("ns/videos/video/j/captions.vtt").decode())
    assert [cue.text for cue in cues] == ["Hi.", "A plot."]
    assert cues[1].start == pytest.approx(spoken.duration_seconds + 0.7, abs=0.01)
    assert store.read("ns/videos/video/j/poster.jpg").startswith(b"\xff\xd8")


def test_the_same_scene_has_the_same_bytes(store: Store) -> None:
    voice = Narration(voice="espeak")
    first, second = (run_scene(a_scene(digest, narration=voice), store) for digest in ("d1", "d2"))
    assert first.sha256 == second.sha256
    for name in ("scene.mp4", "captions.vtt", "poster.jpg"):
        assert store.read(f"ns/scenes/d1/{name}") == store.read(f"ns/scenes/d2/{name}")


@pytest.mark.parametrize(("draft", "profile"), [(True, "Main"), (False, "High")])
def test_a_draft_is_encoded_with_less_effort(tmp_path: Path, profile: str, *, draft: bool) -> None:
    pictures = (VideoFrame(64, 64, "yuv420p") for _ in range(16))
    silence = np.zeros(25 * 1024, dtype=np.float32)

    assert write_mp4(tmp_path / "scene.mp4", (64, 64), pictures, silence, draft=draft) == 16
    with av.open(str(tmp_path / "scene.mp4")) as scene:
        assert scene.streams.video[0].profile == profile


def test_a_published_scene_is_not_rendered_again(store: Store) -> None:
    made = run_scene(a_scene("d1", "two"), store)
    before = store.path("ns/scenes/d1/scene.mp4").stat()
    again = run_scene(a_scene("d1", "two"), store)
    assert again == made.model_copy(update={"reused": True})
    assert store.path("ns/scenes/d1/scene.mp4").stat() == before


def test_an_instruction_replaces_what_a_scene_tells(store: Store) -> None:
    override = SceneOverride(scene="two", instruction="# Shorter\n- The slope")
    result = run_scene(a_scene("d1", "two", override=override), store)
    assert result.title == "Shorter"
    assert "The slope" in store.read("ns/scenes/d1/captions.vtt").decode()


@pytest.mark.parametrize(
    ("show", "words"),
    [
        (EquationVisual(latex=r"\frac{1"), "not LaTeX that can be set"),
        (PlotVisual(expressions=("open('x')",)), "cannot be part of an expression"),
    ],
)
def test_a_scene_that_cannot_be_drawn_fails_for_good_and_leaves_nothing(
    store: Store, show: EquationVisual | PlotVisual, words: str
) -> None:
    content = SceneContent(title="Bad", beats=(Beat(say="x", show=show),))
    with pytest.raises(TaskError, match=words) as caught:
        run_scene(a_scene("d1", override=SceneOverride(scene="one", content=content)), store)
    assert caught.value.failure_class is FailureClass.BAD_SCENE
    assert list(store.path("ns/scenes").iterdir()) == []


def test_a_scene_that_is_not_in_the_storyboard_is_named(store: Store) -> None:
    with pytest.raises(TaskError, match="no scene 'three'; it has one, two"):
        run_scene(a_scene("d1", "three"), store)


def test_a_join_without_one_of_its_scenes_can_be_tried_again(store: Store) -> None:
    with pytest.raises(TaskError, match="ns/scenes/missing") as caught:
        run_stitch(a_join("missing"), store)
    assert caught.value.exit_code == 75


def test_a_video_that_is_not_as_expected_is_refused_with_every_reason(store: Store) -> None:
    result = run_scene(a_scene("d1", "two"), store)
    path = store.path("ns/scenes/d1/scene.mp4")
    assert probe(path, (854, 480), result.frames, narrated=False).frames == result.frames
    with pytest.raises(TaskError, match=r"854x480 instead of 1280x720; .* instead of 7; .*cannot be heard") as caught:
        probe(path, (1280, 720), 7, narrated=True)
    assert caught.value.failure_class is FailureClass.INVALID_OUTPUT


def test_a_broken_video_is_refused(store: Store, tmp_path: Path) -> None:
    result: SceneResult = run_scene(a_scene("d1", "two"), store)
    whole = store.read("ns/scenes/d1/scene.mp4")
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(TaskError) as caught:
        probe(broken, (854, 480), result.frames, narrated=False)
    assert caught.value.failure_class is FailureClass.INVALID_OUTPUT


def test_every_character_of_many_scripts_has_a_place(store: Store) -> None:
    text = "مرحبا 导数 שלום हिन्दी ไทย 🎉👩\u200d🔬 $(rm -rf /) #include <x> \\ \u202e " + "a" * 100
    content = SceneContent(title=text[:200], beats=(Beat(say=text), Beat(say="b")))
    result = run_scene(a_scene("d1", override=SceneOverride(scene="one", content=content)), store)
    assert result.frames > 0
    shutil.rmtree(store.path("ns/scenes/d1"))
