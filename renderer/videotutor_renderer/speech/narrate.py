"""Who speaks what: the passages of a scene as sound, through the engine that suits each one's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from videojob.spec import Narration
from videotutor_renderer.limits import working_on
from videotutor_renderer.log import log
from videotutor_renderer.scene.timeline import SAMPLE_RATE, reading_time
from videotutor_renderer.speech import espeak, piper
from videotutor_renderer.speech.endpoint import synthesise
from videotutor_renderer.speech.language import language_of
from videotutor_renderer.speech.sound import Sound, from_wav
from videotutor_renderer.speech.spoken import spoken
from videotutor_renderer.speech.voices import EspeakVoice, PiperVoice, RemoteVoice, Voice, Voices

SILENCE: Sound = np.zeros(0, dtype=np.float32)


@dataclass(frozen=True)
class Passage:
    """A beat's sound and how long it takes; a silent one takes as long as reading it does."""

    sound: Sound
    seconds: float


def narrate(says: Sequence[str], language: str, narration: Narration) -> list[Passage]:
    """Speak every passage.

    Raises:
        TaskError: the voice is not known, or an engine failed.
    """
    voices = Voices(narration.voice)
    if not narration.enabled:
        return [Passage(SILENCE, reading_time(say)) for say in says]
    speakers: dict[Voice, dict[int, str]] = {}
    for i, say in enumerate(says):
        tongue = language_of(say, language)
        with working_on(f"beats[{i}].say"):
            text = spoken(say, tongue)
        if text:
            if voice := voices.of(tongue):
                speakers.setdefault(voice, {})[i] = text
            else:
                log("no voice for this language: the passage stays silent, with captions", language=tongue)
    sounds: dict[int, Sound] = {}
    for voice, texts in speakers.items():
        sounds |= zip(texts, map(from_wav, _speak(voice, [*texts.values()])), strict=True)
    return [_passage(sounds.get(i, SILENCE), say) for i, say in enumerate(says)]


def _speak(voice: Voice, texts: list[str]) -> list[bytes]:
    """A WAV file for each text."""
    match voice:
        case PiperVoice():
            return piper.synthesise(texts, voice)
        case EspeakVoice(name=name):
            return [espeak.synthesise(text, name) for text in texts]
        case RemoteVoice(name=name, endpoint=endpoint):
            return [synthesise(text, name, endpoint) for text in texts]


def _passage(sound: Sound, say: str) -> Passage:
    return Passage(sound, len(sound) / SAMPLE_RATE) if sound.size else Passage(SILENCE, reading_time(say))
