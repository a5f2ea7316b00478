"""Numbers with what belongs to them: years, ranges, money, units, powers of ten, Roman numerals."""

from __future__ import annotations

import re

from videotutor_renderer.speech.words import Words

NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
AMOUNT = rf"{NUMBER}(?:\s?[\u2013-]\s?{NUMBER})?"
"""A number or a range of numbers."""
YEAR = r"(?:1[1-9]\d\d|20\d\d)"

_YEAR = re.compile(YEAR)
_AMOUNT = re.compile(rf"({AMOUNT}).*", re.DOTALL)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_NO_YEARS_OF_TWO = range(2000, 2010)
"""Two thousand and five, not twenty oh five."""


def spoken_year(text: str, words: Words) -> str:
    """19 84, 19 oh 5, 19 hundred: halves, as years are said in English; other languages say the number."""
    if not words.years or not _YEAR.fullmatch(text) or int(text) in _NO_YEARS_OF_TWO:
        return text
    century, year = text[:2], text[2:]
    if year == "00":
        return words.years["hundred"].format(century)
    return words.years["zero"].format(century, year[1]) if year[0] == "0" else f"{century} {year}"


def spoken_range(text: str, words: Words) -> str:
    """3 to 5; but 5-3 is a difference."""
    first, last = (part.strip() for part in re.split("[\u2013-]", text))
    if _value(first) >= _value(last):
        return f"{first} {words.signs['-']} {last}"
    if _YEAR.fullmatch(first) and _YEAR.fullmatch(last):
        first, last = spoken_year(first, words), spoken_year(last, words)
    return words.say("range", first, last)


def spoken_money(text: str, words: Words) -> str:
    """5 dollars, 3 dollars 50, 2 million euros."""
    one, several = words.money[text[0]]
    amount = text[1:].strip()
    whole, point, cents = amount.partition(".")
    if point and re.fullmatch(r"\d\d", cents):
        return f"{whole} {one if whole == '1' else several} {cents}"
    return f"{amount} {one if amount == '1' else several}"


def spoken_quantity(text: str, words: Words) -> str:
    """3 kilometers per hour, 5 square meters; a range of numbers too."""
    number = _AMOUNT.sub(r"\1", text)
    above, _, below = text.removeprefix(number).strip().partition("/")
    said = _unit(above, words, ("square", "cubic"), several=number != "1")
    if below:
        said = words.unit_phrases["per"].format(said, _unit(below, words, ("squared", "cubed"), several=False))
    return f"{number if re.fullmatch(NUMBER, number) else spoken_range(number, words)} {said}"


def spoken_power_of_ten(text: str, words: Words) -> str:
    """1e-9 as a number times a power of ten."""
    number, exponent = re.split("[eE]", text)
    sign = f"{words.signs['-']} " if exponent.startswith("-") else ""
    return words.say("science", number, sign + exponent.lstrip("+-"))


def spoken_roman(text: str, _words: Words) -> str:
    """Chapter IV as Chapter 4."""
    name, numeral = text.rsplit(maxsplit=1)
    values = [_ROMAN[letter] for letter in numeral]
    total = sum(-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True))
    return f"{name} {total}"


def _unit(text: str, words: Words, powers: tuple[str, str], *, several: bool) -> str:
    name, _, power = text.partition("^")
    said = words.units[name][several]
    return words.unit_phrases[powers["23".index(power.strip("{}"))]].format(said) if power else said


def _value(number: str) -> float:
    return float(number.replace(",", ""))
