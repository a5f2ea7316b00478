"""What is said instead of what is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.renderer.test_latex import malformed
from videotutor_renderer.speech.formula import spoken_formula
from videotutor_renderer.speech.spoken import spoken
from videotutor_renderer.speech.words import words_of

LANGUAGES = ["en", "de", "fr", "es", "ja"]
LONGEST_PHRASE = 60
"""Characters said for one that is written, at most: "the double integral from … to … of" and the like."""


def formula_in(language: str, latex: str) -> str:
    words = words_of(language)
    assert words is not None
    return spoken_formula(latex, words)


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        (r"\frac{1}{x^2}", "1 over x squared"),
        (r"\frac{x+1}{y}", "the quantity x plus 1, all over y"),
        (r"\frac{1}{1+\frac{1}{x}}", "1 over the quantity 1 plus 1 over x"),
        (r"2\frac{3}{4}", "2 and 3 quarters"),
        (r"\frac{22}{7}", "22 over 7"),
        (r"x^{n+1}+c", "x to the power of n plus 1, plus c"),
        (r"(x+1)^2", "the quantity x plus 1, squared"),
        (r"(x+1)(x-1)", "the quantity x plus 1, times the quantity x minus 1"),
        (r"n(n+1)", "n times the quantity n plus 1"),
        (r"f'(x) = 2x", "f prime of x equals 2 x"),
        (r"\sqrt{b^2-4c}", "the square root of the quantity b squared minus 4 c"),
        (r"\sqrt[3]{x}", "the cube root of x"),
        (r"\sqrt[n]{x}", "the n th root of x"),
        (r"\int_0^1 x^2\,dx", "the integral from 0 to 1 of x squared d x"),
        (r"\int f(x)\,dx", "the integral of f of x d x"),
        (r"\left.x^2\right|_0^1", "x squared evaluated from 0 to 1"),
        (r"\sum_{i=1}^{n} i", "the sum from i equals 1 to n of i"),
        (r"\lim_{x\to 0}\frac{\sin x}{x}", "the limit as x approaches 0 of sine of x over x"),
        (r"\max_{x} f(x)", "the maximum over x of f of x"),
        (r"\frac{dy}{dx}", "d y d x"),
        (r"\frac{d}{dx}\left(x^2+1\right)", "the derivative with respect to x of the quantity x squared plus 1"),
        (r"\frac{\partial f}{\partial x}", "partial f partial x"),
        (r"\log_2 8", "log base 2 of 8"),
        (r"\sin^2\theta + \cos^{-1}(x)", "sine squared of theta plus cosine inverse of x"),
        (r"a_{n}", "eigh sub n"),
        (r"\vec{v}\cdot\hat{n}", "vector v times n hat"),
        (r"|x-1|", "the absolute value of x minus 1"),
        (r"P(A|B)", "P of eigh given B"),
        (r"\{x \mid x>0\}", "the set of x such that x is greater than 0"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", "the 2 by 2 matrix with the rows 1, 2; 3, 4"),
        (r"\begin{cases} x & \text{if } x>0 \\ -x & \text{otherwise}\end{cases}",
         "x, if x is greater than 0; minus x, otherwise"),
        (r"A^{-1}B^T", "eigh inverse B transpose"),
        (r"\binom{n}{k}", "n choose k"),
        (r"90^\circ", "90 degrees"),
        (r"x \in \mathbb{R}", "x is in the real numbers"),
        (r"a \equiv b \pmod n", "eigh is equivalent to b modulo n"),
    ],
)  # fmt: skip
def test_a_formula_is_spoken_as_a_teacher_would(latex: str, said: str) -> None:
    assert formula_in("en", latex) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "das Integral von 0 bis 1 von x Quadrat d x gleich ein Drittel"),
        ("fr", "l'intégrale de 0 à 1 de x au carré d x égale un tiers"),
        ("es", "la integral desde 0 hasta 1 de x al cuadrado d x es igual a un tercio"),
    ],
)
def test_other_languages_have_their_own_words(language: str, said: str) -> None:
    assert formula_in(language, r"\int_0^1 x^2\,dx = \frac13") == said


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_every_language_has_the_phrases_of_english(language: str) -> None:
    english, other = words_of("en"), words_of(language)
    assert english is not None
    assert other is not None
    assert other.phrases.keys() == english.phrases.keys()
    assert all(
        sorted(part for part in "012" if f"{{{part}}}" in other.phrases[name])
        == sorted(part for part in "012" if f"{{{part}}}" in phrase)
        for name, phrase in english.phrases.items()
    )


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("The formula $\\frac{1}{x}$, for \\(x \\ne 0\\).", "The formula 1 over x, for x is not equal to 0."),
        ("f'(x) = 2x", "f prime of x equals 2x"),
        ("x^2 + x³", "x squared plus x cubed"),
        ("x² → 0", "x squared to 0"),
        ("e^{-x} and x^(n-1)", "e to the power of minus x and x to the power of n minus 1"),
        ("dy/dx", "d y d x"),
        ("sin(x) and sqrt(x+1)", "sine of x and the square root of the quantity x plus 1"),
        ("a_1, a_n and x₂", "eigh sub 1, eigh sub n and x sub 2"),
        ("∫₀¹ x² dx", "the integral from 0 to 1 of x squared dx"),
        ("x <= 3, x != 4", "x is at most 3, x is not equal to 4"),
        ("Δx, θ", "delta x, theta"),
        ("x - 1, n-1 and -5", "x minus 1, n minus 1 and minus 5"),
        ("`x += 1`, `snake_case`, `camelCase`", "x plus equals 1, snake case, camel Case"),
        ("`a[i] != b`, `->`, `print()`", "eigh at i is not equal to b, arrow, print"),
        ("`math.sqrt(x)` and `(y)`", "math dot sqrt of x and y"),
        ("1,000,000 and 3.14 and 1st", "1,000,000 and 3.14 and 1st"),
        ("in 2026, since 1905, in 1900", "in 20 26, since 19 oh 5, in 19 hundred"),
        ("in 2005 and 1250 cases (1984)", "in 2005 and 1250 cases (19 84)"),
        ("July 4, 1776", "July 4, 17 76"),
        ("1e-9", "1 times 10 to the power of minus 9"),
        ("6.02 \u00d7 10^23", "6.02 times 10 to the power of 23"),
        ("1/2 of it, ½ or 2¾", "one half of it, one half or 2 and 3 quarters"),
        ("3\u20135 or 1914\u20131918 or 10-3", "3 to 5 or 19 14 to 19 18 or 10 minus 3"),
        ("50% of $5, $3.50 or €2 million", "50 percent of 5 dollars, 3 dollars 50 or 2 million euros"),
        ("120 km/h, 9.8 m/s², 20°C", "120 kilometers per hour, 9.8 meters per second squared, 20 degrees Celsius"),
        ("5 m², 1 kg, 3\u20135 km", "5 square meters, 1 kilogram, 3 to 5 kilometers"),
        ("Chapter IV of World War II, and I", "Chapter 4 of World War 2, and I"),
        ("e.g. cats vs. Dr. No, etc. And Fig. 3", "for example cats versus Doctor No, et cetera. And Figure 3"),
        ("NASA and DNA", "NASA and DNA"),
        ("see https://www.example.org/a?b=1, or me@example.org.", "see example dot org, or me at example dot org."),
        ("**bold** and `code`", "bold and code"),
        ("party 🎉 time", "party time"),
        ("🎉🎉", ""),
        ("…?!", ""),
        ("don't, x-ray, and/or, 2026-11-25", "don't, x-ray, and/or, 2026-11-25"),
    ],
)  # fmt: skip
def test_english_voices_are_given_words_for_what_is_written(written: str, said: str) -> None:
    assert spoken(written, "en-GB") == said


def test_german_signs_and_abbreviations_are_spoken() -> None:
    assert (
        spoken("z. B. x² + 1 ≤ 3\u20135 %", "de") == "zum Beispiel x Quadrat plus 1 kleiner oder gleich 3 bis 5 Prozent"
    )


def test_a_language_without_words_hears_formulas_in_plain_characters() -> None:
    assert spoken("Vale $\\frac{1}{x}$.", "it") == "Vale 1/x."


@given(st.one_of(st.text(), malformed.map("see ${}$ there".format)), st.sampled_from(LANGUAGES))
def test_what_is_said_is_one_line_with_something_to_say_or_nothing(text: str, language: str) -> None:
    line = spoken(text, language)
    assert len(line.splitlines()) <= 1
    assert line == "" or any(character.isalnum() for character in line)
    assert not set("\\${}") & set(line)
    assert len(line) <= LONGEST_PHRASE * (len(text) + 1)


@given(malformed, st.sampled_from(["en", "de", "fr", "es"]))
def test_any_formula_can_be_spoken(latex: str, language: str) -> None:
    said = formula_in(language, latex)
    assert not set("\\${}") & set(said)
    assert len(said) <= LONGEST_PHRASE * (len(latex) + 1)


@given(st.lists(st.from_regex(r"[b-zB-Z][a-z]{2,8}", fullmatch=True), min_size=1), st.sampled_from(LANGUAGES))
def test_plain_words_stay_as_they_are(words: list[str], language: str) -> None:
    text = " ".join(word for word in words if word != "iff")
    assert spoken(text, language) == text
