"""espeak-ng, for languages without a neural voice. Its own process (GPL), text through standard input."""

from __future__ import annotations

from functools import cache

from videotutor_renderer.speech.engine import run_engine

SECONDS = 60
WORDS_PER_MINUTE = "150"

_VOICES = {"zh": "cmn", "no": "nb", "iw": "he", "en": "en-us", "fr": "fr-fr"}
"""Names that espeak-ng has for languages that are called otherwise in BCP 47."""


def voice_for(language: str) -> str | None:
    """espeak-ng's name of the voice for a language tag such as pt-BR; None when it has none."""
    tag = language.lower()
    base = tag.split("-")[0]
    known = _installed()
    return next((name for name in (tag, _VOICES.get(base), base) if name and name in known), None)


def synthesise(text: str, voice: str) -> bytes:
    """A WAV file of the text.

    Raises:
        TaskError: the engine is missing, failed or took too long.
    """
    return _run("-v", voice, "-s", WORDS_PER_MINUTE, "-b", "1", "--stdin", "--stdout", text=text)


@cache
def _installed() -> frozenset[str]:
    lines = _run("--voices", text="").decode(errors="replace").splitlines()[1:]
    return frozenset(fields[1].lower() for fields in map(str.split, lines) if len(fields) > 1)


def _run(*arguments: str, text: str) -> bytes:
    return run_engine("espeak-ng", ["espeak-ng", *arguments], text, SECONDS)
