"""Whether a finished video is what it should be: streams, lengths, sound, captions and pictures, whatever it shows."""

from __future__ import annotations

import itertools
import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame

from tests.videos.picture import Pixels, faults
from videojob import hls
from videojob.spec import Output
from videojob.storyboard import Storyboard
from videotutor_renderer.languages import iso_639_2
from videotutor_renderer.scene.captions import Caption, read_web_vtt
from videotutor_renderer.scene.frame import pixels
from videotutor_renderer.scene.timeline import AAC_FRAME, FRAMES_PER_SECOND, SAMPLE_RATE
from videotutor_renderer.speech.loudness import TARGET, integrated, true_peak
from videotutor_renderer.speech.sound import Sound

LOUDNESS_OFF = 1.0
"""LU that a whole video may be louder or quieter than the target."""
HIGHEST_PEAK = -1.0
"""dBTP, of EBU R 128."""
MOST_LINES, MOST_LETTERS = 2, 42
FASTEST = 20.5
"""Letters a second of a caption: 20, and what rounding its times to milliseconds does."""


@dataclass(frozen=True)
class Made:
    """A video in the store, what it should look like, and whether somebody speaks in it."""

    folder: Path
    output: Output
    narrated: bool

    @property
    def storyboard(self) -> Storyboard:
        """The storyboard as it was rendered."""
        return Storyboard.model_validate_json((self.folder / "storyboard.json").read_text("utf-8"))


def problems(made: Made) -> list[str]:
    """Everything that is wrong with it, in words."""
    with av.open(str(made.folder / "video.mp4")) as container:
        seconds = (container.duration or 0) / av.time_base
        ends = [float(chapter["end"] * (chapter["time_base"] or 0)) for chapter in container.chapters()]
        found = [*_streams(container, made), *_labels(container, made.storyboard)]
    captions = read_web_vtt((made.folder / "captions.vtt").read_text("utf-8"))
    found += [*_boxes(made.folder / "video.mp4"), *_lengths(made.folder, seconds), *_sound(made)]
    found += [*captions_faults(captions, seconds), *_track(made.folder / "video.mp4", len(captions))]
    return [*found, *_pictures(made, ends)]


def _streams(container: InputContainer, made: Made) -> Iterator[str]:
    video, audio = container.streams.video[0], container.streams.audio[0]
    size, rate = (video.width, video.height), float(video.average_rate or 0)
    seen = (video.codec_context.name, video.codec_context.pix_fmt, size, rate)
    if seen != ("h264", "yuv420p", pixels(made.output), FRAMES_PER_SECOND):
        yield f"the picture is {seen}"
    heard = (audio.codec_context.name, audio.codec_context.sample_rate)
    if heard != ("aac", SAMPLE_RATE):
        yield f"the sound is {heard}"


def _labels(container: InputContainer, storyboard: Storyboard) -> Iterator[str]:
    chapters = [chapter["metadata"].get("title", "") for chapter in container.chapters()]
    if chapters != [_plain(scene.title) for scene in storyboard.scenes]:
        yield f"the chapters are {chapters}"
    if container.metadata.get("title", "") != _plain(storyboard.title):
        yield f"the title is {container.metadata.get('title')!r}"
    for stream in container.streams:
        language = iso_639_2(storyboard.language or "")
        if stream.type in {"audio", "subtitle"} and stream.metadata.get("language") != language:
            yield f"the language of the {stream.type} is {stream.metadata.get('language')} instead of {language}"


def _plain(title: str) -> str:
    return " ".join("".join(c for c in title if unicodedata.category(c) != "Cc" or c.isspace()).split())


def _boxes(path: Path) -> Iterator[str]:
    """The index comes before the pictures (`moov` before `mdat`), so that a browser can start at once."""
    kinds = []
    with path.open("rb") as file:
        while start := file.read(8):
            size, kind = struct.unpack(">I4s", start)
            kinds.append(kind)
            file.seek(size - len(start), 1)
    if kinds.index(b"moov") > kinds.index(b"mdat"):
        yield "it cannot be played before it is loaded: moov comes last"


def _lengths(folder: Path, seconds: float) -> Iterator[str]:
    """Picture, sound, and the sum of the playlist's segments."""
    video = audio = 0
    with av.open(str(folder / "video.mp4")) as container:
        for packet in container.demux(container.streams.video[0], container.streams.audio[0]):
            video += packet.stream.type == "video" and packet.size > 0
            audio += AAC_FRAME * (packet.stream.type == "audio" and packet.size > 0 and (packet.pts or 0) >= 0)
    playlist = (folder / hls.VIDEO_PLAYLIST).read_text("utf-8")
    lengths = {
        "picture": video / FRAMES_PER_SECOND,
        "sound": audio / SAMPLE_RATE,
        "playlist": sum(map(float, re.findall(r"#EXTINF:([\d.]+)", playlist))),
    }
    for name, length in lengths.items():
        if abs(length - seconds) > 1 / FRAMES_PER_SECOND:
            yield f"{name} lasts {length:.3f} s of {seconds:.3f}"


def _sound(made: Made) -> Iterator[str]:
    sound = _decoded(made.folder / "video.mp4")
    if not made.narrated:
        return
    loudness, peak = integrated(sound), true_peak(sound)
    if abs(loudness - TARGET) > LOUDNESS_OFF:
        yield f"its loudness is {loudness:.1f} LUFS"
    if peak > HIGHEST_PEAK:
        yield f"its true peak is {peak:.1f} dBTP"


def _decoded(path: Path) -> Sound:
    with av.open(str(path)) as container:
        parts = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    return np.concatenate(parts)


def captions_faults(captions: list[Caption], seconds: float) -> Iterator[str]:
    for caption in captions:
        lines = caption.text.split("\n")
        if len(lines) > MOST_LINES or max(map(_letters, lines)) > MOST_LETTERS:
            yield f"the caption {caption.text!r} is too large"
        rate = _letters(caption.text) / (caption.end - caption.start)
        if rate > FASTEST:
            yield f"the caption {caption.text!r} is read at {rate:.1f} letters a second"
    for one, other in itertools.pairwise(captions):
        if other.start < one.end:
            yield f"the captions {one.text!r} and {other.text!r} overlap"
    if captions and captions[-1].end > seconds:
        yield "the last caption ends after the video"


def _letters(text: str) -> int:
    """Characters that take up room of their own."""
    return sum(unicodedata.category(character) not in {"Mn", "Me", "Cf", "Cc"} for character in text)


def _track(path: Path, captions: int) -> Iterator[str]:
    """The captions within the file: 3GPP timed text, which begins with the length of its UTF-8."""
    with av.open(str(path)) as container:
        tracks = [stream for stream in container.streams if stream.type == "subtitle"]
        texts = [bytes(packet) for packet in container.demux(*tracks)] if tracks else []
        codecs = [track.codec_context.name for track in tracks]
    shown = sum(len(text) > 2 and text[:2] != b"\0\0" for text in texts)
    if shown != captions or (captions and codecs != ["mov_text"]):
        yield f"its track of captions {codecs} has {shown} of {captions}"


def _pictures(made: Made, ends: list[float]) -> Iterator[str]:
    """The key frames, one every two seconds, and the last picture of each scene."""
    theme = made.output.theme
    with av.open(str(made.folder / "video.mp4")) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        for frame in container.decode(stream):
            yield from (f"at {frame.time:.1f} s: {fault}" for fault in faults(_shown(frame), theme, finished=False))
    for number, end in enumerate(ends, 1):
        shown = _shown(_frame(made.folder / "video.mp4", end - 1 / FRAMES_PER_SECOND))
        yield from (f"at the end of scene {number}: {fault}" for fault in faults(shown, theme, finished=True))


def _frame(path: Path, seconds: float) -> VideoFrame:
    with av.open(str(path)) as container:
        container.seek(int(seconds * av.time_base))
        return next(f for f in container.decode(video=0) if (f.time or 0) >= seconds - 0.5 / FRAMES_PER_SECOND)


def _shown(frame: VideoFrame) -> Pixels:
    return frame.to_ndarray(format="rgb24", src_colorspace="ITU709").astype(np.uint8)
