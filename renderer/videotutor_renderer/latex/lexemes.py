r"""LaTeX in its smallest parts: commands, numbers, characters."""

from __future__ import annotations

import re

_LEXEME = re.compile(r"\\[A-Za-z]+|\\.|\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_SPACE = frozenset({r"\,", r"\;", r"\:", r"\!", r"\ ", "~"})


class Lexemes:
    """The lexemes of a formula, one after the other; at the end there are empty ones."""

    def __init__(self, latex: str) -> None:
        self._all: list[str] = [lexeme for lexeme in _LEXEME.findall(latex) if lexeme not in _SPACE]
        self._at = 0

    def more(self) -> bool:
        """Whether the end is not reached."""
        return self._at < len(self._all)

    def peek(self) -> str:
        """The next one."""
        return self._all[self._at] if self.more() else ""

    def take(self) -> str:
        """The next one, which is gone then."""
        lexeme = self.peek()
        self._at += 1
        return lexeme

    def skip(self, lexeme: str) -> None:
        """Take the next one if it is this."""
        if self.peek() == lexeme:
            self.take()

    def skip_space(self) -> None:
        """Take white space."""
        while self.peek().isspace():
            self.take()

    def take_digit(self) -> str:
        """The first digit of a number; its rest comes next."""
        lexeme = self.peek()
        self._all[self._at] = lexeme[1:]
        return lexeme[0]

    def take_text(self) -> str:
        """The characters of a group as they are, or those of one lexeme."""
        if self.peek() != "{":
            return self.take() if self.peek().isalnum() else ""
        self.take()
        found: list[str] = []
        while self.more() and self.peek() != "}":
            found.append(self.take())
        self.skip("}")
        return " ".join("".join(part for part in found if part not in {"{", "$"} and part[0] != "\\").split())

    def closes(self, bar: str) -> bool:
        """Whether such a bar follows on this level; a lone one separates, as in P(A|B)."""
        depth = 0
        for lexeme in self._all[self._at :]:
            if lexeme == bar and depth == 0:
                return True
            depth += (lexeme in "{([") - (lexeme in "})]")
            if depth < 0:
                return False
        return False
