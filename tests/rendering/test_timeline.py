"""Time and captions: speech is the clock, scenes join on whole audio frames, captions say what is said."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from videojob.storyboard import Beat
from videojob.visuals import TitleVisual
from videotutor_renderer.scene.captions import LONGEST, Caption, captions, read_web_vtt, split, web_vtt
from videotutor_renderer.scene.timeline import AAC_FRAME, GAP, LEAD_IN, PAUSE, Cue, Need, timeline


@given(st.lists(st.floats(0.1, 60), min_size=1, max_size=24))
def test_a_scene_lasts_whole_video_and_audio_frames_with_silent_edges(spoken: list[float]) -> None:
    clock = timeline([Beat(say="x")] * len(spoken), spoken, [Need(0)] * len(spoken))
    assert clock.frames % 16 == 0
    assert clock.samples % AAC_FRAME == 0
    assert clock.samples / 48_000 == clock.seconds
    assert clock.cues[0].start == LEAD_IN
    assert clock.seconds - clock.cues[-1].end > 0.5
    assert all(a.end < b.start for a, b in pairwise(clock.cues))
    assert all(cue.end - cue.start >= length - 1e-9 for cue, length in zip(clock.cues, spoken, strict=True))


def test_a_beat_without_words_is_a_pause_and_what_appears_has_its_time() -> None:
    title = TitleVisual(text="Hi")
    beats = [Beat(show=title), Beat(say="hi", show=title), Beat(say="x")]
    clock = timeline(beats, [0, 0.5, 5], [Need(0.7), Need(3), Need(3)])
    assert [round(cue.end - cue.start, 3) for cue in clock.cues] == [PAUSE, 3, 5]


def test_silence_after_a_beat_is_between_it_and_the_next() -> None:
    first, second = timeline([Beat(say="Which?"), Beat(say="This.")], [2, 2], [Need(1, silent=4), Need(0)]).cues
    assert (first.end - first.start, second.start - first.end) == (2, 4 + GAP)


@given(st.text(max_size=400))
def test_captions_are_short_and_lose_nothing(text: str) -> None:
    pieces = split(text)
    assert all(0 < len(piece) <= LONGEST for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


def test_a_long_passage_is_cut_at_sentences_and_shares_its_time() -> None:
    say = "The first sentence is this one here, and it has some length. The second one is here, and is as long as that."
    first, second = captions([say], [Cue(1, 11, 10)])
    assert first.text.endswith("some length.")
    assert (first.start, second.end) == (1, 11)
    assert first.end == second.start


def test_web_vtt_cannot_be_broken_out_of() -> None:
    text = web_vtt([Caption(0, 1.5, "<b>a</b> & --> x\n\nWEBVTT")])
    assert text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n&lt;b&gt;a&lt;/b&gt; &amp; --&gt; x\nWEBVTT\n"


@given(st.lists(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(str.strip)))
def test_captions_can_be_read_back(texts: list[str]) -> None:
    written = [Caption(float(i), i + 0.5, text) for i, text in enumerate(texts)]
    assert read_web_vtt(web_vtt(written)) == written


def test_a_scene_that_says_nothing_is_as_long_as_its_pauses() -> None:
    clock = timeline([Beat(show=TitleVisual(text="Hello, World!"))], [0.0], [Need(0.7)])
    assert clock.cues[0].start == 0
    assert PAUSE <= clock.seconds < PAUSE + 16 / 30
