"""Formulas as a teacher reads them aloud: x squared, the integral from 0 to 1 of, the quantity x plus 1, all over y.

Where brackets or a fraction's line group terms, "the quantity" opens the group and a comma, which is a pause, ends it,
after the ClearSpeak rules for reading mathematics to students (ETS, 2016).
"""

from __future__ import annotations

import re

from videotutor_renderer.latex.parse import parse
from videotutor_renderer.latex.signs import OPERATORS
from videotutor_renderer.latex.tree import (
    Accent,
    Fenced,
    Fraction,
    Matrix,
    Name,
    Node,
    Root,
    Row,
    Scripts,
    Sign,
    unwrapped,
)
from videotutor_renderer.speech.terms import (
    BARS,
    DIFFERENTIALS,
    applies,
    compound,
    differential,
    factors,
    operand,
    power_phrase,
    takes_derivative,
)
from videotutor_renderer.speech.words import Words

MOST_PARTS = 10
"""Below it a numerator makes a fraction that has a name: three quarters, but 22 over 7."""

_BRACKETS = {"|": "absolute", "‖": "norm", "⌊": "floor", "⌈": "ceiling"}
_MARKS = {"overrightarrow": "vec", "widehat": "hat", "overline": "bar", "widetilde": "tilde"}
_PAUSES = {",": ",", ";": ",", ":": ","}


def spoken_formula(latex: str, words: Words) -> str:
    """The formula in words; any text can be read."""
    said = " ".join(_Reader(words).read(parse(latex)).split())
    return re.sub(r"(?:\s*[,;])*\s*([,;])", r"\1", said).strip(" ,;")


class _Reader:
    def __init__(self, words: Words) -> None:
        self._words = words
        self._say = words.say

    def read(self, node: Node) -> str:  # noqa: PLR0911 - one return for each kind of node
        match node:
            case Row(items=items):
                return self._row(items)
            case Fraction():
                return self._fraction(node)
            case Root():
                return self._root(node)
            case Scripts():
                return self._scripts(node)
            case Fenced():
                return self._fenced(node)
            case Matrix():
                return self._matrix(node)
            case Accent(mark=mark, of=of):
                phrase = _MARKS.get(mark, mark)
                return self._say(phrase, self.read(of)) if phrase in self._words.phrases else self.read(of)
            case Name(text=text):
                return self._words.operators.get(text, [self._words.functions.get(text, text)])[0]
            case Sign(text=text):
                return self._sign(text)

    def _sign(self, text: str) -> str:
        if text in self._words.operators:
            return self._words.operators[text][0]
        return self._words.sign(text) or _PAUSES.get(text) or (text if text.isalnum() or text[0].isdigit() else "")

    def _row(self, items: tuple[Node, ...]) -> str:
        said = []
        for before, item in zip((None, *items), items, strict=False):
            said += [self._joint(before, item), self.read(item)]
        return " ".join(said)

    def _joint(self, before: Node | None, item: Node) -> str:
        """What is said between two parts with no sign between them."""
        base = before.base if isinstance(before, Scripts) else before
        if before is None or base is None or not operand(item) or item in DIFFERENTIALS or takes_derivative(before):
            return ""
        if isinstance(base, Name) and base.text in self._words.functions and base.text not in OPERATORS:
            return self._say("of")
        if isinstance(item, Fenced) and isinstance(base, Sign) and applies(base, item):
            return self._say("of")
        numeral = isinstance(before, Sign) and before.text[0].isdigit()
        if isinstance(item, Fraction) and numeral and self._share(item):
            return self._say("and")
        grouped = isinstance(item, Fenced | Fraction) or isinstance(before, Fenced | Fraction)
        return self._say("times") if grouped and operand(before) and base not in DIFFERENTIALS else ""

    def _group(self, node: Node) -> str:
        said = self.read(node)
        return f"{self._say('quantity', said)}," if compound(node) else said

    def _fraction(self, node: Fraction) -> str:
        if node.binomial:
            return self._say("choose", self._group(node.over), self._group(node.under))
        if share := self._share(node):
            return share
        over, under = factors(node.over), factors(node.under)
        if takes_derivative(node):
            return self._say("derivative_by", self._row(under[1:]))
        if differential(over) and differential(under) and len(under) > 1:
            return self._say("derivative", self.read(node.over), self.read(node.under))
        phrase = "all_over" if compound(node.over) else "over"
        return self._say(phrase, self._group(node.over), self._group(node.under))

    def _share(self, node: Fraction) -> str:
        """The name of a fraction of small numbers: one half, 3 quarters; else empty."""
        over, under = unwrapped(node.over), unwrapped(node.under)
        if not isinstance(over, Sign) or not isinstance(under, Sign) or not over.text.isdecimal():
            return ""
        names = self._words.fractions.get(under.text)
        if not names or not 0 < int(over.text) < MOST_PARTS:
            return ""
        return f"{self._words.numerators.get(over.text, over.text)} {names[over.text != '1']}"

    def _root(self, node: Root) -> str:
        index = self.read(node.index).strip() if node.index else "2"
        phrase = {"2": "square_root", "3": "cube_root"}.get(index) or ("root" if index.isdecimal() else "letter_root")
        return self._say(phrase, self._group(node.of), index)

    def _scripts(self, node: Scripts) -> str:
        base, below, above = node.base, node.below, node.above
        name = base.text if isinstance(base, Sign | Name) else ""
        if name in self._words.operators:
            return self._operator(name, below, above)
        if isinstance(base, Fenced) and base.closing == "|" and below and above:  # what an antiderivative is taken at
            return self._say("evaluated", self._group(base.inner), self.read(below), self.read(above))
        said = self._group(base.inner) if isinstance(base, Fenced) and base.opening in "([" else self.read(base)
        if below:
            said = (
                self._say("log_base", self.read(below)) if name == "log" else self._say("sub", said, self.read(below))
            )
        if not above:
            return said
        if phrase := power_phrase(base, above):
            return self._say(phrase, said)
        inner = above.inner if isinstance(above, Fenced) else above
        pause = "," if compound(inner) else ""
        return self._say("power", said, self.read(inner)) + pause

    def _operator(self, name: str, below: Node | None, above: Node | None) -> str:
        phrases = self._words.operators[name]
        if below is None:
            return phrases[0]
        arrow = Name(self._say("approaches"))
        bound = Row(tuple(arrow if item == Sign("→") else item for item in factors(below)))
        return phrases[2 if above else 1].format(self.read(bound), self.read(above) if above else "")

    def _fenced(self, node: Fenced) -> str:
        if node.opening in _BRACKETS:
            return self._say(_BRACKETS[node.opening], self.read(node.inner)) + ("," if compound(node.inner) else "")
        if node.opening == "{":
            such_that = Name(self._say("such_that"))
            items = tuple(such_that if item in BARS or item == Sign(":") else item for item in node.inner.items)
            return self._say("set", self._row(items)) + ","
        return self.read(node.inner) if Sign(",") in node.inner.items else self._group(node.inner)

    def _matrix(self, node: Matrix) -> str:
        rows = "; ".join(", ".join(self.read(cell) for cell in row) for row in node.rows)
        phrase = {"vmatrix": "determinant"}.get(node.environment, "matrix")
        if not node.environment.endswith("matrix"):
            return f", {rows},"
        return self._say(phrase, str(len(node.rows)), str(max(map(len, node.rows), default=0)), rows) + ","
