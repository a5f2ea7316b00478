"""Speech: by whom, in which language, and how loud."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.renderer.fake_speech_endpoint import a_wav, a_wav_of
from videojob.spec import Narration
from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.scene.timeline import SAMPLE_RATE
from videotutor_renderer.speech import espeak
from videotutor_renderer.speech.engine import run_engine
from videotutor_renderer.speech.language import language_of
from videotutor_renderer.speech.loudness import CEILING, TARGET, integrated, normalised, true_peak
from videotutor_renderer.speech.narrate import narrate
from videotutor_renderer.speech.sound import Sound, from_wav, mixed, resampled, trimmed


@pytest.mark.parametrize(
    ("text", "wanted", "language"),
    [
        ("Hello", "en-GB", "en-GB"),
        ("مرحبا بالعالم", "en", "ar"),
        ("שלום", "en", "he"),
        ("导数是什么", "en", "zh"),
        ("これはテスト", "en", "ja"),
        ("这是日本", "ja", "ja"),
        ("Привет", "uk", "uk"),
        ("Hello", "ar", "en"),
        ("123", "de", "de"),
        ("Bonjour", "fr", "fr"),
    ],
)
def test_the_language_is_the_wanted_one_unless_the_script_says_otherwise(text: str, wanted: str, language: str) -> None:
    assert language_of(text, wanted) == language


@pytest.mark.parametrize(
    ("tag", "voice"),
    [("de", "de"), ("fr", "fr-fr"), ("fr-CH", "fr-ch"), ("pt-BR", "pt-br"), ("zh-CN", "cmn"), ("xx", None)],
)
def test_espeak_has_voices_by_language_tag(tag: str, voice: str | None) -> None:
    assert espeak.voice_for(tag) == voice


def test_without_narration_a_passage_lasts_as_long_as_reading_it() -> None:
    (passage,) = narrate(["x" * 150], "en", Narration(enabled=False))
    assert passage.seconds == 10
    assert passage.sound.size == 0


def test_espeak_speaks_each_passage_and_leaves_out_what_cannot_be_said() -> None:
    spoken_one, silent = narrate(["Guten Tag", "🎉"], "de", Narration())
    assert 0.3 < spoken_one.seconds < 3
    assert spoken_one.sound[0] == 0
    assert silent.sound.size == 0


def a_tone(amplitude: float, seconds: float = 3.0, hertz: float = 997.0) -> Sound:
    at = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * hertz * at)).astype(np.float32)


def test_loudness_of_the_reference_tone_is_as_the_standard_says() -> None:
    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS measures -23.0 LUFS
    assert integrated(a_tone(10 ** (-23 / 20), 20)) == pytest.approx(-23.0, abs=0.1)


def test_a_sound_that_is_as_loud_as_it_should_be_has_its_peaks_turned_down_too() -> None:
    sound = a_tone(0.1, 4)
    sound[SAMPLE_RATE * 2] = 1.0
    loud = sound * np.float32(10 ** ((TARGET - integrated(sound)) / 20))
    assert true_peak(normalised(loud)) <= CEILING + 0.1


def test_a_peak_between_samples_is_found() -> None:
    # a quarter of the sample rate, 45 degrees off: samples at 0.707 of the real peak
    at = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 12_000 * at + np.pi / 4).astype(np.float32)
    assert true_peak(tone) == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("amplitude", [0.001, 0.02, 0.9])
def test_speech_comes_out_at_the_target(amplitude: float) -> None:
    bursts = np.concatenate([a_tone(amplitude, 0.7, 300), np.zeros(SAMPLE_RATE // 4, np.float32)] * 6)
    assert integrated(normalised(bursts.astype(np.float32))) == pytest.approx(TARGET, abs=0.3)


def test_peaks_are_held_below_the_ceiling() -> None:
    sound = a_tone(0.05, 4)
    sound[SAMPLE_RATE :: SAMPLE_RATE // 3] = 0.9
    assert true_peak(normalised(sound)) <= CEILING + 0.1


def a_shouting_voice(rate: int) -> Sound:
    """Bursts of clipped square waves between near silence: what an engine gone wrong sends."""
    at = np.arange(2 * rate) / rate
    clipped = np.sign(np.sin(2 * np.pi * 180 * at)) * (np.floor(at * 4) % 2)
    sound: Sound = (clipped + 0.002 * np.sin(2 * np.pi * 3000 * at)).clip(-1, 1).astype(np.float32)
    return sound


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 1), (22_050, 1), (44_100, 2), (48_000, 2)])
def test_a_pathological_voice_comes_out_at_the_target_and_below_the_ceiling(rate: int, channels: int) -> None:
    samples = (a_shouting_voice(rate) * 32767).astype("<i2")
    sound = normalised(from_wav(a_wav_of(np.repeat(samples, channels), rate, channels)))
    assert integrated(sound) == pytest.approx(TARGET, abs=0.5)
    assert true_peak(sound) <= CEILING + 0.1
    assert np.isfinite(sound).all()


def test_stereo_is_mixed_and_keeps_its_length() -> None:
    left, right = np.full(48_000, 16_000, "<i2"), np.full(48_000, 8_000, "<i2")
    sound = from_wav(a_wav_of(np.column_stack([left, right]).ravel(), SAMPLE_RATE, 2))
    assert len(sound) == SAMPLE_RATE
    assert sound[SAMPLE_RATE // 2] == pytest.approx(12_000 / 32_768)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (a_wav(rate=96_000), "16 bits, 1 channels, 96000 Hz; 16 bits, 1 or 2 channels, 8000 to 48000 Hz are needed"),
        (a_wav(channels=3), "16 bits, 3 channels"),
        (a_wav(width=4), "32 bits, 1 channels"),
        (b"ID3\x04 an MP3 file", "sent no WAV file"),
        (b"", "sent no WAV file: it ends early"),
        (a_wav()[:30], "sent no WAV file"),
    ],
)
def test_a_sound_that_is_no_such_wav_is_refused_with_what_it_is(data: bytes, why: str) -> None:
    with pytest.raises(TaskError, match=why) as caught:
        from_wav(data)
    assert caught.value.failure_class is FailureClass.INTERNAL


def test_a_sound_that_breaks_off_is_read_as_far_as_it_goes() -> None:
    whole = from_wav(a_wav(seconds=1))
    assert len(whole) * 0.4 < len(from_wav(a_wav(seconds=1)[:-24_001])) < len(whole) * 0.6


def test_silence_stays_silent() -> None:
    assert not normalised(np.zeros(SAMPLE_RATE, np.float32)).any()


def test_resampling_keeps_length_and_pitch() -> None:
    at = np.arange(22_050) / 22_050
    sound = resampled(np.sin(2 * np.pi * 441 * at).astype(np.float32), 22_050)
    middle = sound[SAMPLE_RATE // 50 :][:SAMPLE_RATE]
    assert int(np.abs(np.fft.rfft(middle)).argmax()) == 441


def test_parts_are_laid_down_at_their_times() -> None:
    whole = mixed([(0.5, np.ones(10, np.float32))], SAMPLE_RATE)
    assert np.flatnonzero(whole).tolist() == list(range(24_000, 24_010))


def test_silence_around_speech_is_cut_away() -> None:
    tone = a_tone(0.5, 1)
    padded = np.concatenate([np.zeros(SAMPLE_RATE, np.float32), tone, np.zeros(SAMPLE_RATE, np.float32)])
    assert 0.95 < len(trimmed(padded)) / SAMPLE_RATE < 1.2
    assert trimmed(np.zeros(100, np.float32)).size == 0


def test_a_speech_engine_sees_neither_the_task_nor_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOTUTOR_TASK_0", "private")
    seen = run_engine("env", ["env"], "", 10).decode()
    assert "PATH=" in seen
    assert "private" not in seen


@pytest.mark.parametrize("command", [["no-such-engine"], ["false"], ["sleep", "60"]])
def test_an_engine_that_is_missing_fails_or_hangs_is_an_internal_failure(command: list[str]) -> None:
    with pytest.raises(TaskError, match="speech engine x could not speak") as caught:
        run_engine("x", command, "hi", 0.3)
    assert caught.value.failure_class is FailureClass.INTERNAL
