"""What an outline is made of, between its Markdown and the beats that tell it."""

from __future__ import annotations

from dataclasses import dataclass, field

from videojob.visuals import PlotVisual
from videojob.visuals.quiz import LONGEST_OPTION
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.plan.words import clipped


@dataclass(frozen=True)
class Point:
    """A point of a list, and the formulas in it; `mark` is shown before it: a number, or a dash."""

    text: str
    formulas: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Sentence:
    """A sentence of running text, and the formulas in it."""

    text: str
    formulas: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spoken:
    """The speaker's notes: what is said with what stands above, instead of its own words."""

    text: str


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own."""

    latex: str


@dataclass(frozen=True)
class Quote:
    """Somebody else's words, and who said them, if that is told."""

    text: str
    attribution: str = ""


@dataclass(frozen=True)
class CodeBlock:
    """A program; the language is what the fence names, often nothing. `lit` names lines: `2,4-5`."""

    language: str
    text: str
    lit: str = ""
    output: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of equally many cells; the first one is the head."""

    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A picture: where it is, what stands for it, and a line of text below it, if there is one."""

    src: str
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Quiz:
    """A question with options; the number of the right one counts from 1. The explanation is the paragraph below."""

    options: tuple[str, ...]
    answer: int
    question: str = ""
    explanation: str = ""

    @property
    def shown_options(self) -> tuple[str, ...]:
        """The options as short as they can be shown, formulas in plain characters."""
        return tuple(clipped(shown(option), LONGEST_OPTION) for option in self.options)


Item = Point | Sentence | Spoken | Formula | PlotVisual | Quote | CodeBlock | Table | Picture | Quiz


@dataclass
class Section:
    """A heading and what stands below it; level 0 is text before any heading.

    `opens`: headings right above it that have nothing else below them, from the topmost on.
    """

    level: int
    title: str
    items: list[Item] = field(default_factory=list)
    opens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outline:
    """A whole outline; title and language are those of its front matter, or empty."""

    sections: tuple[Section, ...]
    title: str = ""
    language: str = ""
