"""A program as rows of words: what Pygments says of each, wrapped at a number of columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pygments.lexer import Lexer
from pygments.lexers import TextLexer, get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, Operator, String
from pygments.util import ClassNotFound

LANGUAGES = frozenset(
    {
        "bash",
        "c",
        "cpp",
        "csharp",
        "css",
        "go",
        "haskell",
        "html",
        "java",
        "javascript",
        "json",
        "julia",
        "kotlin",
        "lua",
        "matlab",
        "php",
        "python",
        "ruby",
        "rust",
        "scala",
        "splus",
        "sql",
        "swift",
        "toml",
        "typescript",
        "xml",
        "yaml",
    }
)
"""What is coloured, by Pygments' first name of each.

Some of its other lexers took more than two seconds for 3000 characters chosen to hurt (lilypond, systemd) or recursed
without end (robotframework); none of these took more than one.
"""
TAB = 4
"""Columns between the stops of a tabulator."""


@dataclass(frozen=True)
class Word:
    """Characters of one colour, from a column on; `ink` names a colour of the theme's tokens."""

    column: int
    text: str
    ink: str


@dataclass(frozen=True)
class Row:
    """What stands beside one another; `line` counts from 1, and is 0 for what a program prints."""

    line: int
    words: tuple[Word, ...]
    first: bool
    """Whether the line begins here; else it goes on here."""


Pieces = list[tuple[str, str]]
"""Texts of a line, each with the name of its colour."""


def code_lines(source: str, language: str) -> list[Pieces]:
    """The lines of a program by their colours; in one colour where the language is not one of `LANGUAGES`."""
    lines: list[Pieces] = [[]]
    for kind, text in _lexer(language).get_tokens("\n".join(map(plain, source.splitlines()))):
        for i, piece in enumerate(text.split("\n")):
            if i:
                lines.append([])
            if piece:
                lines[-1].append((piece, _ink(kind)))
    return lines[: len(source.splitlines())]


def plain(line: str) -> str:
    """The line with tabulators as spaces, and without characters that are not seen."""
    expanded = line.expandtabs(TAB)
    return "".join(" " if c.isspace() else c for c in expanded if unicodedata.category(c) not in {"Cc", "Cs"})


def rows(lines: Sequence[Pieces], columns: int, *, numbered: bool = True) -> list[Row]:
    """The lines, each in as many rows as it needs; their numbers are 0 where they are not `numbered`."""
    found: list[Row] = []
    for number, line in enumerate(lines, 1):
        wrapped: dict[int, list[Word]] = {0: []}
        for row, word in _wrapped(line, columns):
            wrapped.setdefault(row, []).append(word)
        found += [Row(number if numbered else 0, tuple(words), row == 0) for row, words in wrapped.items()]
    return found


def _wrapped(line: Pieces, columns: int) -> Iterator[tuple[int, Word]]:
    """Words with the row of the line they are in; spaces are left out, since words know their columns."""
    row, column = 0, 0
    for text, ink in line:
        start, word = column, ""
        for character in text:
            wide = width(character)
            if column + wide > columns and wide:
                if word.strip():
                    yield row, Word(start, word, ink)
                row, column, start, word = row + 1, 0, 0, ""
            if character == " ":
                if word:
                    yield row, Word(start, word, ink)
                start, word = column + 1, ""
            else:
                word += character
            column += wide
        if word:
            yield row, Word(start, word, ink)


def width(text: str) -> int:
    """Columns that a text takes: two for wide characters (Unicode Standard Annex 11), none for marks on others."""
    return sum(0 if unicodedata.category(c) in {"Mn", "Me", "Cf"} else 1 + (_is_wide(c)) for c in text)


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _lexer(language: str) -> Lexer:
    """The lexer of a language by any of its names, or one that colours nothing."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        lexer = None
    return lexer if lexer and lexer.aliases[0] in LANGUAGES else TextLexer(stripnl=False, ensurenl=False)


def _ink(kind: object) -> str:
    inks = (
        (Comment, "comment"),
        (Keyword, "keyword"),
        (Operator.Word, "keyword"),
        (String, "string"),
        (Number, "number"),
        (Name.Function, "accent"),
        (Name.Class, "accent"),
    )
    return next((ink for group, ink in inks if kind in group), "ink")
