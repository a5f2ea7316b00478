"""Reading LaTeX into a tree. Any text can be read: what is malformed is read as far as it makes sense."""

from __future__ import annotations

from videotutor_renderer.latex.lexemes import Lexemes
from videotutor_renderer.latex.signs import ACCENTS, BLACKBOARD, DELIMITERS, PAIRS, SIGNS, STYLES, TEXTS
from videotutor_renderer.latex.slashes import with_fractions
from videotutor_renderer.latex.tree import Accent, Fenced, Fraction, Matrix, Name, Node, Root, Row, Scripts, Sign

DEEPEST = 12
"""Levels of nesting; deeper ones are left out, since the parser is recursive."""

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "binom", "dbinom", "tbinom"})
_PRIME = "\u2032"
_PRIMES = {"'": _PRIME, "\u2019": _PRIME, _PRIME: _PRIME, "\u2033": 2 * _PRIME}
_CELL_ENDS = frozenset({"&", r"\\"})
_ROW_ENDS = frozenset({"}", r"\end"})
_NOTHING = Row(())


def parse(latex: str) -> Row:
    """The formula as a tree; never fails."""
    lexemes = Lexemes(latex)
    parser = _Parser(lexemes)
    items: list[Node] = []
    while lexemes.more():
        items += parser.row(frozenset()).items
        lexemes.take()  # a bracket that closes nothing
    return Row(tuple(items))


class _Parser:
    def __init__(self, lexemes: Lexemes) -> None:
        self._lexemes = lexemes
        self._depth = 0

    def row(self, ends: frozenset[str]) -> Row:
        """Everything up to one of `ends`, to a closing brace, or to the end; the end itself is not taken."""
        items: list[Node] = []
        while self._lexemes.more() and self._delimiter() not in ends and self._lexemes.peek() not in _ROW_ENDS:
            if (item := self._scripted()) != _NOTHING:
                items.append(item)
        return Row(with_fractions(items))

    def _delimiter(self) -> str:
        r"""The next lexeme, `\rvert` as a bar; the `\right` before one is taken."""
        if self._lexemes.peek() in {r"\right", r"\middle"}:
            self._lexemes.take()
        lexeme = self._lexemes.peek()
        return DELIMITERS.get(lexeme[1:], lexeme) if lexeme.startswith("\\") else lexeme

    def _scripted(self) -> Node:
        scripted = {"^", "_", *_PRIMES}
        base = _NOTHING if self._lexemes.peek() in scripted else self._atom()
        below: list[Node] = []
        above: list[Node] = []
        while (lexeme := self._lexemes.peek()) in scripted:
            self._lexemes.take()
            script = Sign(_PRIMES[lexeme]) if lexeme in _PRIMES else self._argument(script=True)
            (below if lexeme == "_" else above).append(script)
        return Scripts(base, _one(below), _one(above)) if below or above else base

    def _argument(self, *, script: bool = False) -> Node:
        r"""What a command applies to: a group or one lexeme.

        `\frac12` is a half as in TeX; but a script is read as people mean it who do not write TeX: x^12, 10^-3.
        """
        self._lexemes.skip_space()
        lexeme = self._lexemes.peek()
        if lexeme.isdecimal() and len(lexeme) > 1 and not script:
            return Sign(self._lexemes.take_digit())
        if script and lexeme in {"-", "+"}:
            self._lexemes.take()
            return Row((Sign(lexeme), self._atom()))
        return self._atom()

    def _atom(self) -> Node:
        lexeme = self._lexemes.take()
        if self._depth == DEEPEST:
            return Sign(lexeme) if lexeme.isalnum() else _NOTHING
        self._depth += 1
        node = self._read(lexeme)
        self._depth -= 1
        return node

    def _read(self, lexeme: str) -> Node:
        if lexeme == "{":
            inner = self.row(frozenset())
            self._lexemes.skip("}")
            return inner
        if lexeme.startswith("\\"):
            return self._command(lexeme[1:])
        if lexeme in PAIRS and (lexeme != "|" or self._lexemes.closes("|")):
            return self._fenced(lexeme)
        if not lexeme or lexeme.isspace() or lexeme in "}&$":
            return _NOTHING
        return Sign(lexeme)

    def _command(self, name: str) -> Node:
        if name in _FRACTIONS:
            over, under = self._argument(), self._argument()
            return Fraction(over, under, binomial="binom" in name)
        if name in TEXTS | {"mathbb"}:
            text = self._lexemes.take_text()
            return _worded(BLACKBOARD.get(text, text) if name == "mathbb" else text)
        if name in ACCENTS:
            return Accent(name, self._argument())
        structure = {"sqrt": self._root, "begin": self._matrix, "left": self._left}.get(name)
        return structure() if structure else self._named(name)

    def _named(self, name: str) -> Node:
        if name in SIGNS:
            return Sign(SIGNS[name])
        bracket = DELIMITERS.get(name, "")
        if bracket in PAIRS and not name.startswith("r"):
            return self._fenced(bracket)
        return _NOTHING if bracket or name in STYLES or not name.isalpha() else Name(name)

    def _root(self) -> Node:
        index: Node | None = None
        if self._lexemes.peek() == "[":
            self._lexemes.take()
            index = self.row(frozenset("]"))
            self._lexemes.skip("]")
        return Root(self._argument(), index)

    def _left(self) -> Node:
        r"""From `\left` to the `\right` that belongs to it; a dot stands for no bracket."""
        opening = self._delimiter()
        if opening != "." and opening not in PAIRS:
            return _NOTHING
        self._lexemes.take()
        return self._fenced(opening)

    def _fenced(self, opening: str) -> Node:
        ends = frozenset(PAIRS.get(opening, "|)]}"))
        inner = self.row(ends)
        closing = self._delimiter()
        if closing in ends:
            self._lexemes.take()
        return Fenced(opening.strip("."), inner, closing if closing in ends else "")

    def _matrix(self) -> Node:
        r"""`\begin{…}` to `\end{…}`: cells between ampersands, rows between double backslashes."""
        environment = self._lexemes.take_text().removesuffix("*")
        if environment == "array":
            self._lexemes.take_text()  # how its columns are aligned
        rows: list[list[Row]] = [[]]
        while self._lexemes.more() and self._lexemes.peek() not in _ROW_ENDS:
            rows[-1].append(self.row(_CELL_ENDS))
            if self._lexemes.peek() in _CELL_ENDS and self._lexemes.take() == r"\\":
                rows.append([])
        if self._lexemes.peek() == r"\end":
            self._lexemes.take()
            self._lexemes.take_text()
        return Matrix(environment, tuple(tuple(row) for row in rows if any(cell.items for cell in row)))


def _one(nodes: list[Node]) -> Node | None:
    if len(nodes) > 1:
        return Row(tuple(nodes))
    return nodes[0] if nodes else None


def _worded(text: str) -> Node:
    if not text:
        return _NOTHING
    return Name(text) if len(text) > 1 else Sign(text)
