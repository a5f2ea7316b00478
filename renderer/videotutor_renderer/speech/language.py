"""Which language a passage is in: the one asked for, unless it is written in a script that one never uses."""

from __future__ import annotations

import unicodedata
from collections import Counter

_OF_SCRIPT = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "CYRILLIC": "ru",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "TAMIL": "ta",
    "THAI": "th",
    "HANGUL": "ko",
    "KANA": "ja",
    "CJK": "zh",
    "LATIN": "en",
}
"""The most spoken language of a script, for text whose script does not fit the language that was asked for."""

_SCRIPTS = {
    "ar": {"ARABIC"},
    "fa": {"ARABIC"},
    "ur": {"ARABIC"},
    "he": {"HEBREW"},
    "ru": {"CYRILLIC"},
    "uk": {"CYRILLIC"},
    "bg": {"CYRILLIC"},
    "sr": {"CYRILLIC", "LATIN"},
    "el": {"GREEK"},
    "hi": {"DEVANAGARI"},
    "mr": {"DEVANAGARI"},
    "ne": {"DEVANAGARI"},
    "bn": {"BENGALI"},
    "ta": {"TAMIL"},
    "th": {"THAI"},
    "ko": {"HANGUL", "CJK"},
    "ja": {"KANA", "CJK"},
    "zh": {"CJK"},
}
"""Scripts of languages that are not written in Latin letters; all others are."""

LEAST_SHARE = 0.6


def language_of(text: str, wanted: str) -> str:
    """`wanted`, or the language of the text's script when most of its letters are in another script."""
    scripts = _letters_by_script(text)
    if not scripts:
        return wanted
    script, count = scripts.most_common(1)[0]
    fits = _SCRIPTS.get(wanted.split("-", maxsplit=1)[0], {"LATIN"})
    if script in fits or count < LEAST_SHARE * scripts.total():
        return wanted
    return _OF_SCRIPT.get(script, wanted)


def _letters_by_script(text: str) -> Counter[str]:
    """How many letters there are of each script; Japanese mixes three, which count as one when kana are among them."""
    scripts = Counter(_script(character) for character in text if character.isalpha())
    kana = scripts.pop("HIRAGANA", 0) + scripts.pop("KATAKANA", 0)
    if kana:
        scripts["KANA"] = kana + scripts.pop("CJK", 0)
    return scripts


def _script(character: str) -> str:
    return unicodedata.name(character, "?").split()[0].split("-")[0]
