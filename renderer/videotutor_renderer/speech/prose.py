"""Running text as it is said: the tokens that are not words, each with what reads it, in the order they are tried."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache

from videotutor_renderer.latex.signs import FUNCTIONS
from videotutor_renderer.speech.formula import spoken_formula
from videotutor_renderer.speech.numerals import (
    AMOUNT,
    NUMBER,
    YEAR,
    spoken_money,
    spoken_power_of_ten,
    spoken_quantity,
    spoken_range,
    spoken_roman,
    spoken_year,
)
from videotutor_renderer.speech.words import Words

_SMALL_ABOVE = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SMALL_BELOW = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙᵢⱼ", "0123456789nij")
_ASCII_SIGNS = {"<=": "≤", ">=": "≥", "!=": "≠", "->": "→", "=>": "⇒", "==": "="}
_QUIET = frozenset("!…*/|#-'\u2032\u2033")
"""Signs of formulas that are punctuation or decoration in running text."""

_NEVER = "(?!)"
_GREEK = "[\u0391-\u03c9]"
_SCRIPT = r"(?:\{[^{}]{0,40}\}|\([^()]{0,40}\)|[-+]?\w+)"
_CALL = r"\([^()]{1,30}\)"
_FUNCTION = f"(?:{'|'.join(sorted(FUNCTIONS | {'sqrt'}, key=len, reverse=True))})"
_NAMES = re.compile(rf"(?<![\w\\]){_FUNCTION}(?=\()")
_FORMULAS = (
    rf"(?<![\w\\])(?:\w+|\([^()]{{1,40}}\))['\u2032]*(?:\^{_SCRIPT})+",
    rf"(?<!\w)(?:{_FUNCTION}|[f-hF-Huv]['\u2019\u2032]{{0,3}}){_CALL}(?:\^{_SCRIPT})?",
    rf"(?<![\w'\u2019])[A-Za-z]['\u2019\u2032]{{1,3}}(?!\w)(?:{_CALL})?",
    r"(?<!\w)[d∂]\w?/[d∂][A-Za-z](?!\w)",
    r"(?<!\w)[A-Za-z]_(?:\{[^{}]{1,20}\}|\w{1,3})(?!\w)",
    r"[∫∬∭∮∑∏](?:[_^]\{[^{}]{0,40}\})+",
    r"(?<![\d/])\d+/\d+(?![\d/])",
    r"\|[\w+-]{1,20}\|",
)
"""Mathematics that people type without dollars: x^2, sin(x), f'(x), dy/dx, a_n, ∫₀¹, 1/2, |x|."""
_SCHEME = re.compile(r"^(?:https?://)?(?:www\.)?")


def spoken_prose(text: str, words: Words) -> str:
    """The text with signs, numbers and abbreviations as words."""
    text = re.sub("[⁰¹²³⁴-⁹⁺⁻ⁿ]+", lambda match: f"^{{{match[0].translate(_SMALL_ABOVE)}}}", text)
    text = re.sub("[₀-₉ₙᵢⱼ]+", lambda match: f"_{{{match[0].translate(_SMALL_BELOW)}}}", text)
    pattern, readers = _grammar(words)
    return pattern.sub(lambda match: f" {readers[match.lastgroup or ''](match[0], words)} ", text)


Reader = Callable[[str, Words], str]


@cache
def _grammar(words: Words) -> tuple[re.Pattern[str], dict[str, Reader]]:
    """One pattern with a named group for each kind of token, and their readers by name."""
    signs = re.escape("".join(sign for sign in words.signs if len(sign) == 1 and sign not in _QUIET))
    unit = rf"(?:{_any(words.units)})(?:\^\{{?[23]\}}?)?"
    cues = {cue: f"(?i:{_any(names)})" for cue, names in words.cues.items()}
    short = rf"(?<!\w)(?:{_any(words.abbreviations)})(?!\w)"
    greek = rf"(?<!{_GREEK})[{''.join(words.greek)}](?!{_GREEK})"
    tokens: tuple[tuple[str, str, Reader], ...] = (
        ("address", r"https?://[^\s<>]+|www\.[^\s<>]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", _address),
        ("last_abbreviation", rf"{short}(?=\s*$|\s+[A-Z])", lambda text, words: words.abbreviations[text]),
        ("abbreviation", short, lambda text, words: words.abbreviations[text].rstrip(".")),
        ("label", rf"(?<!\w)(?:{_any(words.before_numbers)})(?=\s?\d)", lambda text, words: words.before_numbers[text]),
        ("vulgar", r"\d*\s?[\u00bc-\u00be\u2150-\u215e]", _vulgar),
        ("date", rf"\b{cues.get('year', _NEVER)}\s+(?:\d{{1,2}},?\s+)?{YEAR}(?![,.]?\d|\w|\s+\w+s\b)", _date),
        ("roman", rf"\b{cues.get('roman', _NEVER)}\s+[IVXLC]+\b", spoken_roman),
        ("year", rf"(?<=\(){YEAR}(?=\))", spoken_year),
        ("money", rf"{_any(words.money)}\s?{NUMBER}(?:\s(?:thousand|million|billion|trillion))?", spoken_money),
        ("power_of_ten", r"(?<![\w.])\d+(?:\.\d+)?[eE][+-]?\d+(?!\w)", spoken_power_of_ten),
        ("quantity", rf"(?<![\w.]){AMOUNT}(?:\s|(?=[^\ss])){unit}(?:/{unit})?(?!\w)", spoken_quantity),
        ("range", rf"(?<![\d\u2013-]){NUMBER}(?:\s?\u2013\s?|-){NUMBER}(?![\d\u2013-])", spoken_range),
        ("formula", "|".join(_FORMULAS), _formula),
        ("minus", r"(?<=[\w)\]}])\s[-*]\s(?=[\w(])|(?<![\w)\]}.])-(?=\d|\w(?!\w))|(?<=\b[a-z])-(?=\d)", _sign),
        ("ascii", _any(_ASCII_SIGNS), lambda text, words: words.signs.get(_ASCII_SIGNS[text], "")),
        ("greek", greek, lambda text, words: words.greek[text]),
        ("sign", f"[{signs}]", _sign),
    )
    pattern = "|".join(f"(?P<{name}>{token})" for name, token, _ in tokens)
    return re.compile(pattern), {name: reader for name, _, reader in tokens}


def _any(names: Iterable[str]) -> str:
    """A pattern for any of the names, longer ones first; for none of none."""
    return f"(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True))) or _NEVER})"


def _address(text: str, words: Words) -> str:
    """Only what a listener can remember: the host, or the two halves of an e-mail address."""
    address = text.rstrip(".,;:!?)")
    name, at, host = address.rpartition("@")
    host = re.split("[/:?#]", _SCHEME.sub("", host))[0]
    said = f" {words.say('dot_in_address')} ".join(filter(None, host.split(".")))
    said = f"{name.replace('.', ' ')} {words.say('at_in_address')} {said}" if at else said
    return said + text[len(address) :]


def _vulgar(text: str, words: Words) -> str:
    above, _, below = unicodedata.normalize("NFKC", text[-1]).partition("\u2044")
    return spoken_formula(rf"{text[:-1]}\frac{{{above}}}{{{below}}}", words)


def _date(text: str, words: Words) -> str:
    before, year = text.rsplit(maxsplit=1)
    return f"{before} {spoken_year(year, words)}"


def _formula(text: str, words: Words) -> str:
    return spoken_formula(_NAMES.sub(r"\\\g<0>", text), words)


def _sign(text: str, words: Words) -> str:
    return words.signs.get(text.strip(), "")
