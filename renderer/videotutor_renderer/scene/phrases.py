"""Text cut into captions where a speaker would breathe, and into lines of about equal length.

Limits and places are those of Netflix's Timed Text Style Guides: two lines of 42 characters, 16 in Chinese and Korean;
lines break after punctuation and before conjunctions and prepositions, and part no article from its noun.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate

LINE = 42
"""Width of a line in Latin letters."""
DENSE = LINE / 16
"""Width of a character that is a syllable or a word."""

AFTER_SENTENCE, AFTER_CLAUSE, BEFORE_PHRASE, BETWEEN_WORDS = 0, 2, 4, 8
IN_WORD, AFTER_NUMBER, AFTER_PREPOSITION, AFTER_ARTICLE, IN_NUMBER = 12, 14, 16, 40, 200
"""What a break costs at each kind of place."""
CAPTION = 12
"""What a caption costs: few are better than many."""
IN_LINES = 0.6
"""What a break between two lines of a caption costs, of what one between captions does."""
SHORT, TOO_SHORT = LINE / 3, 10
"""A caption narrower than that costs more: it would flash by."""
UNBALANCED = 10
"""What two lines cost of which one is empty."""

_SENTENCE = re.compile("[.!?\u2026\u3002\uff01\uff1f\u061f\u0964][\"'\u201d\u2019\u00bb\u300d\uff09)]*$")
_CLAUSE = re.compile("[,;:\u2014\u3001\uff0c\uff1b\uff1a\u060c][\"'\u201d\u2019\u00bb\u300d\uff09)]*$")
_NUMBER = re.compile(r"[$€£(]?\d[\d.,]*$")
_CLOSING = (
    "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\uff09\u300d\u300f\u3011"
    "\u30fc\u3005\u3041\u3043\u3083\u3085\u3087\u3063"
)
"""What no line starts with: punctuation, and kana that lengthen or soften the one before (JIS X 4051)."""
_OPENING = "\uff08\u300c\u300e\u3010\u0e40\u0e41\u0e42\u0e43\u0e44"
"""What no line ends with: brackets, and Thai vowels that are written before their consonant."""
_PHRASE_OF_KANA = re.compile("[\u3041-\u309f]\0[\u30a0-\u30ff\u4e00-\u9fff]")
"""Japanese phrases end in hiragana, and mostly start with other characters."""
_WORDS = tomllib.loads((files(__package__) / "phrases.toml").read_text(encoding="utf-8"))
_STARTS_PHRASE, _PREPOSITIONS, _ARTICLES = (
    frozenset(_WORDS[kind]) for kind in ("starts_phrase", "prepositions", "articles")
)
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True)
class _Atom:
    """What is not broken, with the space after it, its width, and what a break after it costs."""

    text: str
    space: str
    width: float
    cost: float


def phrases(text: str) -> list[str]:
    """The captions of a passage, each of one line or of two with a line feed between; nothing is left out.

    No-break spaces are shown as spaces, and a break is made at one only where a line would be too long without.
    """
    atoms = list(_costed(list(_atoms(text))))
    ends, best = _cheapest(atoms)
    found: list[str] = []
    at = 0
    while at < len(atoms) and best:
        cuts = ends[at]
        found.append("\n".join(_joined(atoms[a:b]) for a, b in zip((at, *cuts), cuts, strict=False)))
        at = cuts[-1]
    return found


def width(text: str) -> float:
    """Width in Latin letters; a character that is a syllable or a word is as wide as some."""
    return sum(map(_character_width, text))


def _cheapest(atoms: Sequence[_Atom]) -> tuple[list[tuple[int, ...]], list[float]]:
    """For each atom that a caption may start at: where its lines end, and what all from there on costs."""
    count = len(atoms)
    edges = [0.0, *accumulate(atom.width + len(atom.space) for atom in atoms)]
    best = [0.0] * (count + 1)
    ends: list[tuple[int, ...]] = [()] * count
    for start in reversed(range(count)):
        options = [(_cost(atoms, edges, start, cuts) + best[cuts[-1]], cuts) for cuts in _cuts(atoms, edges, start)]
        best[start], ends[start] = min(options)
    return ends, best


def _cuts(atoms: Sequence[_Atom], edges: Sequence[float], start: int) -> Iterator[tuple[int, ...]]:
    """The ends of the one or two lines that a caption from `start` on may have."""
    for middle in _line_ends(atoms, edges, start):
        yield (middle,)
        for end in _line_ends(atoms, edges, middle):
            yield middle, end


def _line_ends(atoms: Sequence[_Atom], edges: Sequence[float], start: int) -> Iterator[int]:
    for end in range(start + 1, len(atoms) + 1):
        if _line_width(atoms, edges, start, end) > LINE and end > start + 1:
            return
        yield end


def _line_width(atoms: Sequence[_Atom], edges: Sequence[float], start: int, end: int) -> float:
    return edges[end] - edges[start] - len(atoms[end - 1].space)


def _cost(atoms: Sequence[_Atom], edges: Sequence[float], start: int, cuts: tuple[int, ...]) -> float:
    end = cuts[-1]
    cost = CAPTION + (atoms[end - 1].cost if end < len(atoms) else 0)
    if _line_width(atoms, edges, start, end) < SHORT:
        cost += TOO_SHORT
    if len(cuts) > 1:
        first, second = (_line_width(atoms, edges, a, b) for a, b in ((start, cuts[0]), (cuts[0], end)))
        cost += IN_LINES * atoms[cuts[0] - 1].cost + UNBALANCED * abs(first - second) / LINE
    return cost


def _atoms(text: str) -> Iterator[tuple[str, str]]:
    """Words, or in scripts without spaces characters with the punctuation that stays with them; and the space after."""
    for word in text.split(" "):
        pieces = [part for piece in _undivided(word) for part in _short(piece)]
        for i, piece in enumerate(pieces):
            yield piece, " " if i + 1 == len(pieces) else ""


def _undivided(word: str) -> Iterator[str]:
    piece = ""
    for character in word:
        breaks = _character_width(character) > 1 or (piece and _character_width(piece[-1]) > 1)
        if piece and breaks and character not in _CLOSING and piece[-1] not in _OPENING:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _short(word: str) -> Iterator[str]:
    """The word in pieces that fit into a line: at no-break spaces, else before any character that stands alone."""
    while width(word) > LINE:
        fits = next(i for i in range(1, len(word) + 1) if width(word[: i + 1]) > LINE)
        cut = word.rfind(NO_BREAK_SPACE, 1, fits)
        if cut < 0:
            cut = next(
                (i for i in range(fits, 0, -1) if _character_width(word[i]) and word[i - 1] not in _OPENING), fits
            )
        yield word[:cut]
        word = word[cut:].lstrip(NO_BREAK_SPACE)
    if word:
        yield word


def _costed(atoms: Sequence[tuple[str, str]]) -> Iterator[_Atom]:
    for (text, space), (after, _) in zip(atoms, [*atoms[1:], ("", "")], strict=False):
        yield _Atom(text, space, width(text), _break(text, space, after))


def _break(before: str, space: str, after: str) -> float:
    """What a break between two atoms costs: the first rule that fits counts."""
    number, word = _NUMBER.match(before), before.lower()
    rules = (
        (number and _NUMBER.match(after), IN_NUMBER),
        (_SENTENCE.search(before) and word not in _ARTICLES, AFTER_SENTENCE),
        (_CLAUSE.search(before), AFTER_CLAUSE),
        (number or _NUMBER.match(after), AFTER_NUMBER),
        (word in _ARTICLES, AFTER_ARTICLE),
        (word in _PREPOSITIONS, AFTER_PREPOSITION),
        (after.lower() in _STARTS_PHRASE or _PHRASE_OF_KANA.search(f"{before}\0{after}"), BEFORE_PHRASE),
        (not space, IN_WORD),
    )
    return next((cost for fits, cost in rules if fits), BETWEEN_WORDS)


def _joined(atoms: Sequence[_Atom]) -> str:
    text = "".join(atom.text + atom.space for atom in atoms)
    return text.replace(NO_BREAK_SPACE, " ").strip()


def _character_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return DENSE
    return 0 if unicodedata.category(character) == "Mn" else 1
