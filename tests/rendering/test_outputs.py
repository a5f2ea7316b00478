"""What a finished video brings along: tracks and metadata in the file, and the files beside it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from videojob.spec import Narration, Output, Resolution, SceneOverride
from videojob.storyboard import Beat, SceneContent, Storyboard
from videojob.tasks import PlanTask, SceneTask, StitchTask
from videojob.visuals import BulletsVisual, ImageVisual
from videotutor_renderer.languages import iso_639_2
from videotutor_renderer.outputs import transcript
from videotutor_renderer.plan.task import run_plan
from videotutor_renderer.scene.captions import read_web_vtt
from videotutor_renderer.scene.task import run_scene
from videotutor_renderer.stitch import run_stitch
from videotutor_renderer.store import Store

OUTPUT = Output(resolution=Resolution.P480, language="de")
EDITED = SceneContent(title="Zwei", beats=(Beat(say="Neu & <anders>."), Beat(show=BulletsVisual(items=("b",)))))


def make_video(store: Store, storyboard: Storyboard) -> Path:
    """Both scenes rendered, the second one edited, and joined; the folder of the video."""
    run_plan(PlanTask(namespace="ns", key="k", storyboard=storyboard), store)
    edit = SceneOverride(scene="two", content=EDITED)
    for digest, scene, override in (("d1", "one", None), ("d2", "two", edit)):
        task = SceneTask(
            namespace="ns",
            digest=digest,
            storyboard="ns/storyboards/k.json",
            scene_id=scene,
            override=override,
            output=OUTPUT,
            narration=Narration(enabled=False),
        )
        run_scene(task, store)
    join = StitchTask(namespace="ns", name="v", key="j", title="Kurz & gut", scenes=("d1", "d2"), output=OUTPUT)
    return store.path(run_stitch(join, store).path).parent


@pytest.fixture(scope="module")
def storyboard() -> Storyboard:
    return Storyboard.model_validate(
        {
            "title": "Kurz & gut",
            "scenes": [
                {"id": "one", "title": "Eins", "beats": [{"say": "Hallo.  Du."}, {"say": "Punkt."}]},
                {"id": "two", "title": "Zwei", "beats": [{"say": "Alt."}]},
            ],
        }
    )


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory, storyboard: Storyboard) -> Path:
    return make_video(Store(tmp_path_factory.mktemp("store")), storyboard)


def test_the_file_says_its_title_its_tool_and_the_language_of_every_track(video: Path) -> None:
    with av.open(str(video / "video.mp4")) as container:
        assert container.metadata["title"] == "Kurz & gut"
        assert container.metadata["encoder"].startswith("videotutor renderer ")
        streams = (container.streams.video[0], container.streams.audio[0], container.streams.subtitles[0])
        assert [stream.metadata["language"] for stream in streams] == ["deu", "deu", "deu"]


def test_the_poster_is_the_cover_and_not_a_track(video: Path) -> None:
    with av.open(str(video / "video.mp4")) as container:
        cover = container.streams.video[1]
        assert cover.disposition == Disposition.attached_pic
        assert next(bytes(packet) for packet in container.demux(cover)) == (video / "poster.jpg").read_bytes()
    tracks = ("video", "audio", "captions", "chapters")
    assert (video / "video.mp4").read_bytes().count(b"trak") == len(tracks)


def test_the_index_comes_before_the_content_so_that_playing_starts_at_once(video: Path) -> None:
    data = (video / "video.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_transcript_has_a_heading_for_each_scene_and_a_paragraph_for_each_beat(video: Path) -> None:
    assert (video / "transcript.txt").read_text() == (
        "Kurz & gut\n==========\n\nEins\n----\n\nHallo. Du.\n\nPunkt.\n\nZwei\n----\n\nNeu & <anders>.\n"
    )


def test_the_transcript_tells_what_a_picture_shows_unless_it_is_said() -> None:
    image = ImageVisual(image="a" * 64, alt="A red cat")
    beats = (Beat(say="Look.", show=image), Beat(show=image), Beat(say="A red cat", show=image))
    assert transcript("T", [SceneContent(title="One", beats=beats)]).split("\n\n")[2:] == [
        "[A red cat]",
        "Look.",
        "[A red cat]",
        "A red cat\n",
    ]


def test_the_storyboard_is_the_one_that_was_rendered(video: Path, storyboard: Storyboard) -> None:
    kept = Storyboard.model_validate_json((video / "storyboard.json").read_text())
    assert (kept.title, kept.language) == (storyboard.title, "de")
    assert [scene.id for scene in kept.scenes] == ["scene-1", "scene-2"]
    assert [scene.content() for scene in kept.scenes] == [storyboard.scenes[0].content(), EDITED]


def test_each_scene_has_a_thumbnail_and_its_time_on_the_seek_bar(video: Path) -> None:
    seconds = json.loads((video / "video.json").read_text())["durationSeconds"]
    cues = read_web_vtt((video / "thumbnails.vtt").read_text())
    assert [cue.text for cue in cues] == ["thumbnails/scene-1.jpg", "thumbnails/scene-2.jpg"]
    assert (cues[0].start, cues[0].end) == (0, cues[1].start)
    assert cues[1].end == pytest.approx(seconds, abs=0.001)
    for cue in cues:
        with av.open(str(video / cue.text)) as picture:
            assert (picture.streams.video[0].width, picture.streams.video[0].height) == (320, 180)


def test_the_playlists_have_ended_and_name_files_that_exist(video: Path) -> None:
    for name in ("video.m3u8", "captions.m3u8"):
        lines = (video / name).read_text().splitlines()
        addresses = [line for line in lines if not line.startswith("#")]
        assert lines[-1] == "#EXT-X-ENDLIST"
        assert addresses
        assert all((video / address).is_file() for address in addresses)
        assert f"{name}" in (video / "playlist.m3u8").read_text()


def test_the_same_scenes_make_the_same_bytes_elsewhere_and_at_another_time(
    video: Path, tmp_path: Path, storyboard: Storyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    time.tzset()
    (tmp_path / "elsewhere").mkdir()
    again = make_video(Store(tmp_path / "elsewhere"), storyboard)
    monkeypatch.undo()
    time.tzset()
    stores = [folder.parents[3] for folder in (video, again)]
    first, second = ({path.relative_to(store): path for path in store.rglob("*.*")} for store in stores)
    assert first.keys() == second.keys()
    assert len(first) > 20
    assert [path for path in first if first[path].read_bytes() != second[path].read_bytes()] == []


@pytest.mark.parametrize(
    ("tag", "code"), [("en", "eng"), ("pt-BR", "por"), ("zh-Hant", "zho"), ("haw", "haw"), ("xx", "und")]
)
def test_languages_have_the_names_that_mp4_keeps(tag: str, code: str) -> None:
    assert iso_639_2(tag) == code
