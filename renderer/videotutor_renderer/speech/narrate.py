"""Who speaks what: the passages of a scene as sound, through the engine that suits each one's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from videojob.spec import Narration
from videotutor_renderer.errors import bad_scene
from videotutor_renderer.log import log
from videotutor_renderer.scene.timeline import SAMPLE_RATE, reading_time
from videotutor_renderer.speech import espeak, piper
from videotutor_renderer.speech.language import language_of
from videotutor_renderer.speech.sound import Sound, from_wav
from videotutor_renderer.speech.spoken import spoken

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
    if narration.voice not in {"auto", "espeak", *piper.NAMES}:
        raise bad_scene(f"narration.voice: there is no voice {narration.voice!r}; use auto, espeak or joe")
    if not narration.enabled:
        return [Passage(SILENCE, reading_time(say)) for say in says]
    languages = [language_of(say, language) for say in says]
    texts = [spoken(say, tongue) for say, tongue in zip(says, languages, strict=True)]
    neural = [i for i, text in enumerate(texts) if text and _by_piper(languages[i], narration.voice)]
    sounds = dict(zip(neural, _piper([texts[i] for i in neural]), strict=True))
    for i, text in enumerate(texts):
        if text and i not in sounds:
            sounds[i] = _espeak(text, languages[i])
    return [_passage(sounds.get(i, SILENCE), say) for i, say in enumerate(says)]


def _by_piper(language: str, voice: str) -> bool:
    return voice != "espeak" and language.split("-", maxsplit=1)[0] == "en"


def _piper(texts: list[str]) -> list[Sound]:
    return [from_wav(wav) for wav in piper.synthesise(texts)] if texts else []


def _espeak(text: str, language: str) -> Sound:
    voice = espeak.voice_for(language)
    if voice is None:
        log("no voice for this language: the passage stays silent, with captions", language=language)
        return SILENCE
    return from_wav(espeak.synthesise(text, voice))


def _passage(sound: Sound, say: str) -> Passage:
    return Passage(sound, len(sound) / SAMPLE_RATE) if sound.size else Passage(SILENCE, reading_time(say))
