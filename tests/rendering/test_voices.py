"""Who speaks: the bundled voice, mounted ones, espeak-ng, a speech endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.unit.renderer.fake_speech_endpoint import FakeSpeechEndpoint, a_wav, serving
from videojob.secret import read_secret
from videojob.spec import Narration
from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError
from videotutor_renderer.speech.endpoint import FIRST_WAIT, LONGEST_WAIT, MOST_TRIES, Endpoint, synthesise
from videotutor_renderer.speech.narrate import narrate
from videotutor_renderer.speech.piper_command import one_thread
from videotutor_renderer.speech.voices import BUNDLED, EspeakVoice, PiperVoice, RemoteVoice, Voices, mounted

KEY = read_secret({"VIDEOTUTOR_SPEECH_KEY": "sk-very-secret"}, "VIDEOTUTOR_SPEECH_KEY")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIDEOTUTOR_VOICES", str(tmp_path))
    return tmp_path


def mount(folder: Path, name: str, language: str) -> None:
    """The bundled voice under another name, said to be of another language."""
    config = json.loads(BUNDLED.config.read_bytes())
    config["language"]["code"] = language
    (folder / f"{name}.onnx").symlink_to(BUNDLED.model)
    (folder / f"{name}.onnx.json").write_text(json.dumps(config))


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSpeechEndpoint]:
    with serving(FakeSpeechEndpoint()) as endpoint:
        monkeypatch.setenv("VIDEOTUTOR_SPEECH_URL", endpoint.url)
        monkeypatch.setenv("VIDEOTUTOR_SPEECH_KEY", "sk-very-secret\n")
        yield endpoint


def name_of(voices: Voices, language: str) -> str:
    voice = voices.of(language)
    assert voice is not None
    return voice.name


def test_english_is_spoken_by_the_bundled_voice_and_other_languages_by_espeak() -> None:
    voices = Voices("auto")
    assert voices.of("en-GB") is BUNDLED
    assert voices.of("de") == EspeakVoice("de")
    assert voices.of("xx") is None


def test_piper_computes_with_one_thread_however_many_cores_the_machine_has() -> None:
    assert one_thread().intra_op_num_threads == 1


def test_a_mounted_voice_speaks_its_language_before_espeak(folder: Path) -> None:
    mount(folder, "de_DE-thorsten-medium", "de_DE")
    mount(folder, "pt_BR-faber-medium", "pt_BR")
    mount(folder, "pt_PT-tuga-medium", "pt_PT")
    voices = Voices("auto")
    assert [name_of(voices, language) for language in ("de", "pt-PT", "pt", "en")] == [
        "de_DE-thorsten-medium",
        "pt_PT-tuga-medium",
        "pt_BR-faber-medium",
        "en_US-joe-medium",
    ]


def test_a_mounted_voice_can_be_asked_for_by_name(folder: Path) -> None:
    mount(folder, "en_GB-alan-low", "en_GB")
    voices = Voices("en_GB-alan-low")
    assert name_of(voices, "en-US") == "en_GB-alan-low"
    assert voices.of("fr") == EspeakVoice("fr-fr")


def test_espeak_speaks_everything_when_it_is_asked_for(folder: Path) -> None:
    assert Voices("espeak").of("en") == EspeakVoice("en-us")


def test_a_mounted_voice_really_speaks(folder: Path) -> None:
    mount(folder, "de_DE-test-medium", "de_DE")
    (passage,) = narrate(["Guten Tag."], "de", Narration(voice="de_DE-test-medium"))
    assert 0.3 < passage.seconds < 3


@pytest.mark.parametrize("config", ["", "{}", '{"audio": {"sample_rate": "?"}, "espeak": {"voice": "de"}}', "[" * 9999])
def test_a_voice_whose_description_is_broken_is_left_out_and_the_log_says_so(
    folder: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.onnx").write_bytes(b"")
    (folder / "broken.onnx.json").write_text(config)
    assert mounted() == []
    assert "broken.onnx" in capsys.readouterr().out


def test_a_voice_without_description_or_with_a_name_that_cannot_be_asked_for_is_left_out(folder: Path) -> None:
    (folder / "lonely.onnx").write_bytes(b"")
    mount(folder, "with space", "de_DE")
    assert mounted() == []


def test_an_older_voice_has_the_language_of_its_phonemes(folder: Path) -> None:
    (folder / "old.onnx").write_bytes(b"")
    (folder / "old.onnx.json").write_text('{"audio": {"sample_rate": 16000}, "espeak": {"voice": "de"}}')
    assert mounted() == [PiperVoice("old", "de", folder / "old.onnx", folder / "old.onnx.json")]


def test_an_unknown_voice_is_refused_with_the_names_of_those_there_are(folder: Path) -> None:
    mount(folder, "de_DE-thorsten-medium", "de_DE")
    with pytest.raises(TaskError, match=r"narration\.voice: there is no voice 'nobody'.*joe.*de_DE-thorsten") as caught:
        narrate(["hi"], "en", Narration(voice="nobody"))
    assert caught.value.failure_class is FailureClass.BAD_SCENE


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "openai:", "a/b", "x:y"])
def test_a_name_that_is_no_name_does_not_pass_the_spec(name: str) -> None:
    with pytest.raises(ValueError, match="voice"):
        Narration(voice=name)


def test_a_remote_voice_needs_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIDEOTUTOR_SPEECH_URL", raising=False)
    with pytest.raises(TaskError, match="No speech endpoint is configured; use one of auto, espeak, joe"):
        Voices("openai:alloy")


def test_an_endpoint_without_http_is_an_error_of_the_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDEOTUTOR_SPEECH_URL", "speech:8000")
    with pytest.raises(TaskError, match="VIDEOTUTOR_SPEECH_URL: it must begin with http") as caught:
        Voices("auto")
    assert caught.value.failure_class is FailureClass.INTERNAL


def test_a_remote_voice_speaks_every_language(fake: FakeSpeechEndpoint) -> None:
    first, second = narrate(["x² grows", "Guten Tag"], "en", Narration(voice="openai:alloy"))
    assert first.seconds == pytest.approx(0.5, abs=0.1)
    assert second.sound.size
    assert fake.requests[0] == {
        "path": "/v1/audio/speech",
        "key": "Bearer sk-very-secret",
        "model": "tts-1",
        "input": "x squared grows",
        "voice": "alloy",
        "response_format": "wav",
    }


def ask(fake: FakeSpeechEndpoint) -> tuple[bytes, list[float]]:
    waits: list[float] = []
    return synthesise("hi", "alloy", Endpoint(fake.url, "tts-1", KEY), waits.append), waits


def test_a_busy_endpoint_is_asked_again_when_it_says_and_then_later_and_later(fake: FakeSpeechEndpoint) -> None:
    fake.answers = [
        (429, {"Retry-After": "7"}, b""),
        (503, {}, b""),
        (429, {"Retry-After": "9999"}, b""),
        *fake.answers,
    ]
    sound, waits = ask(fake)
    assert sound == a_wav()
    assert waits == [7, 2 * FIRST_WAIT, LONGEST_WAIT]


def test_an_endpoint_that_stays_broken_is_given_up_and_may_be_tried_again_later(fake: FakeSpeechEndpoint) -> None:
    fake.answers = [(500, {}, b'{"error": {"message": "out of memory"}}')]
    with pytest.raises(TaskError, match="speech endpoint answered 500: out of memory") as caught:
        ask(fake)
    assert caught.value.failure_class is FailureClass.INTERNAL
    assert len(fake.requests) == MOST_TRIES


def test_an_endpoint_that_is_not_there_is_no_fault_of_the_scene() -> None:
    nobody = Endpoint("http://127.0.0.1:9/v1", "tts-1", SecretStr(""))
    with pytest.raises(TaskError, match="did not answer: ConnectionRefusedError") as caught:
        synthesise("hi", "alloy", nobody, lambda _: None)
    assert caught.value.failure_class is FailureClass.INTERNAL


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_voice_that_the_endpoint_refuses_is_named_with_its_field(fake: FakeSpeechEndpoint, status: int) -> None:
    fake.answers = [(status, {}, b"no voice nobody;\nkey was " + KEY.get_secret_value().encode())]
    with pytest.raises(
        TaskError, match=rf"narration\.voice: .*openai:alloy \({status}\): no voice nobody; key was \[redacted\]"
    ) as e:
        ask(fake)
    assert e.value.failure_class is FailureClass.BAD_SCENE
    assert len(fake.requests) == 1


def test_a_redirect_is_not_followed_so_that_the_key_stays_here(fake: FakeSpeechEndpoint) -> None:
    with serving(FakeSpeechEndpoint()) as elsewhere:
        fake.answers = [(307, {"Location": f"{elsewhere.url}/audio/speech"}, b"")]
        with pytest.raises(TaskError, match="answered 307"):
            ask(fake)
        assert elsewhere.requests == []


def test_a_sound_that_is_too_large_is_not_read_to_its_end(
    fake: FakeSpeechEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videotutor_renderer.speech.endpoint.LARGEST", 1000)
    with pytest.raises(TaskError, match="more than 1000 bytes"):
        ask(fake)


def test_the_key_is_shown_nowhere() -> None:
    assert KEY.get_secret_value() not in repr(RemoteVoice("alloy", Endpoint("http://x", "tts-1", KEY)))
