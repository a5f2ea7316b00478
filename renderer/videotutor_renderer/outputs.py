"""What lies beside a joined video: captions, transcript, storyboard, thumbnails, poster and playlists."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from videojob import hls
from videojob.hls import Part, Stream
from videojob.storyboard import Beat, Scene, SceneContent, Storyboard
from videojob.visuals import ImageVisual
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.scene.captions import Caption, web_vtt
from videotutor_renderer.scene.encode import write_jpeg
from videotutor_renderer.scene.record import SceneRecord
from videotutor_renderer.scene.timeline import FRAMES_PER_SECOND

THUMBNAIL_WIDTH = 320


@dataclass(frozen=True)
class Source:
    """A scene in the store that the video is made of: its folder, what was recorded of it, how it is streamed."""

    folder: Path
    record: SceneRecord
    stream: Stream


def write_outputs(directory: Path, title: str, sources: Sequence[Source], captions: Sequence[Caption]) -> None:
    """Write every file but the video itself into the directory."""
    language = sources[0].record.language
    contents = [source.record.content for source in sources]
    texts = {
        "captions.vtt": web_vtt(captions),
        "transcript.txt": transcript(title, contents),
        "storyboard.json": storyboard_json(as_storyboard(title, language, contents)),
        "thumbnails.vtt": web_vtt(list(_thumbnail_cues(sources))),
        **_playlists(language, sources),
    }
    for name, text in texts.items():
        (directory / name).write_text(text, encoding="utf-8")
    shutil.copyfile(sources[0].folder / "poster.jpg", directory / "poster.jpg")
    (directory / "thumbnails").mkdir()
    for number, source in enumerate(sources, 1):
        _write_thumbnail(source.folder / "poster.jpg", directory / _thumbnail(number))


def transcript(title: str, contents: Sequence[SceneContent]) -> str:
    """What is said, and in brackets what pictures show: a heading for each scene, a paragraph for each."""
    blocks = [_underlined(title, "=")]
    for content in contents:
        blocks.append(_underlined(content.title, "-"))
        blocks += [text for beat in content.beats for text in _told(beat)]
    return "\n\n".join(blocks) + "\n"


def _told(beat: Beat) -> Iterator[str]:
    said = " ".join(shown(beat.say).split())
    seen = " ".join(beat.show.alt.split()) if isinstance(beat.show, ImageVisual) else said
    if seen != said:
        yield f"[{seen}]"
    if said:
        yield said


def as_storyboard(title: str, language: str, contents: Sequence[SceneContent]) -> Storyboard:
    """The storyboard of a video as rendered, edits included; scenes are numbered, as planners do."""
    scenes = (Scene(id=f"scene-{i}", title=content.title, beats=content.beats) for i, content in enumerate(contents, 1))
    return Storyboard(title=title, language=language, scenes=tuple(scenes))


def storyboard_json(storyboard: Storyboard) -> str:
    """A storyboard to be read and edited by people."""
    return json.dumps(storyboard.to_json_object(), ensure_ascii=False, indent=2) + "\n"


def _underlined(text: str, line: str) -> str:
    words = " ".join(text.split())
    return f"{words}\n{line * len(words)}"


def _thumbnail(number: int) -> str:
    return f"thumbnails/scene-{number}.jpg"


def _thumbnail_cues(sources: Sequence[Source]) -> Iterator[Caption]:
    """Which picture to show for a moment of the video, as players read it for previews on their seek bar."""
    ends = itertools.accumulate(source.record.result.frames for source in sources)
    for number, (start, end) in enumerate(itertools.pairwise([0, *ends]), 1):
        yield Caption(start / FRAMES_PER_SECOND, end / FRAMES_PER_SECOND, _thumbnail(number))


def _write_thumbnail(poster: Path, target: Path) -> None:
    with av.open(str(poster)) as container:
        picture: VideoFrame = next(container.decode(video=0))
    height = round(THUMBNAIL_WIDTH * picture.height / picture.width / 2) * 2
    small = picture.reformat(THUMBNAIL_WIDTH, height, "bgra", threads=1).to_ndarray()
    write_jpeg(target, small.astype(np.uint8))


def _playlists(language: str, sources: Sequence[Source]) -> dict[str, str]:
    parts = [Part(f"{hls.SCENES}/{source.record.result.digest}", source.stream) for source in sources]
    return {
        hls.MASTER_PLAYLIST: hls.master_playlist([source.stream for source in sources], language),
        hls.VIDEO_PLAYLIST: hls.video_playlist(parts, ended=True),
        hls.CAPTIONS_PLAYLIST: hls.captions_playlist(parts, ended=True),
    }
