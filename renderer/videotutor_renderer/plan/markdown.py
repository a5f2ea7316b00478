"""Reading a Markdown outline, with CommonMark's own rules, into what scenes can be made of.

markdown-it-py makes the tree, with tables, formulas between dollars and front matter; here its nodes become items.
Any text can be read; nothing in it is an error.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from videojob.images import image_of
from videojob.visuals import PlotVisual
from videotutor_renderer.latex.inline import shown
from videotutor_renderer.plan.inline import formulas, special
from videotutor_renderer.plan.items import (
    CodeBlock,
    Formula,
    Item,
    Outline,
    Picture,
    Point,
    Quiz,
    Quote,
    Section,
    Sentence,
    Table,
)
from videotutor_renderer.plan.nodes import lines, without_comments
from videotutor_renderer.plan.task_list import quiz
from videotutor_renderer.plan.words import sentences

_TYPED_MARK = re.compile(r"^(\s*)[•–](?=\s)", re.MULTILINE)  # noqa: RUF001 - people type dashes
_DASH = re.compile(r"(?:--?|[\u2013\u2014\u2015])\s*(\S.*)$")
_META = re.compile(r"^(title|lang|language)[ \t]*:[ \t]*(.+?)[ \t]*$", re.IGNORECASE | re.MULTILINE)


def is_outline(text: str) -> bool:
    """Whether a prompt is an outline rather than a wish: it has a heading, two points, a plot or a formula."""
    sections = read(text).sections
    items = [item for section in sections for item in section.items]
    return (
        any(section.level for section in sections)
        or sum(isinstance(item, Point) for item in items) > 1
        or any(isinstance(item, Formula | PlotVisual | Quiz) for item in items)
    )


def read(text: str) -> Outline:
    """The sections of an outline, in order; what stands before the first heading has level 0."""
    written = _TYPED_MARK.sub(r"\1-", textwrap.dedent(text))
    outline = Outline(())
    sections = [Section(0, "")]
    for node in SyntaxTreeNode(_parser().parse(written)).children:
        if node.type == "front_matter":
            outline = _described(node.content)
        elif node.type == "heading":
            sections.append(Section(int(node.tag[1]), shown(" ".join(lines(node)))))
        elif found := _items(node):
            _join(sections[-1], found)
    return replace(outline, sections=tuple(section for section in sections if section.title or section.items))


def _join(section: Section, found: list[Item]) -> None:
    """The section's items go on.

    A block in the language `output` is what the program before it prints. A quiz asks what the words before it, or
    else the heading, ask; the paragraph below it is its explanation.
    """
    items = section.items
    match [*items[-1:], *found]:
        case [CodeBlock(output="") as program, CodeBlock(language="output", text=text)]:
            items[-1] = replace(program, output=text)
        case [Sentence(text=question), Quiz() as asked]:
            items[-1] = replace(asked, question=question)
        case [*_, Quiz() as asked]:
            items.append(replace(asked, question=section.title))
        case [Quiz(explanation="") as asked, Sentence(), *_] if all(isinstance(item, Sentence) for item in found):
            items[-1] = replace(asked, explanation=" ".join(item.text for item in found if isinstance(item, Sentence)))
        case _:
            items += found


@cache
def _parser() -> MarkdownIt:
    """CommonMark, without code by indentation: people indent for looks."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(["code", "reference"])
    parser.use(front_matter_plugin)
    return parser.use(dollarmath_plugin, allow_labels=False, allow_space=False, allow_digits=False, double_inline=True)


def _described(front_matter: str) -> Outline:
    found = {name.casefold(): value.strip("\"'") for name, value in _META.findall(front_matter)}
    return Outline((), found.get("title", ""), found.get("language", found.get("lang", "")))


def _items(node: SyntaxTreeNode) -> list[Item]:  # noqa: PLR0911 - one return for each kind of node
    match node.type:
        case "paragraph":
            return list(_told(node))
        case "bullet_list" | "ordered_list":
            return quiz(node) or _listed(node)
        case "blockquote":
            return _quoted(node)
        case "fence":
            return _fenced(node)
        case "table":
            rows = [part for part in node.walk() if part.type == "tr"]
            return [Table(tuple(tuple(shown(" ".join(lines(cell))) for cell in row.children) for row in rows))]
        case "math_block":
            return _formula(node.content)
        case "html_block":
            return [_sentence(text) for text in sentences(without_comments(node.content))]
    return []


def _quoted(node: SyntaxTreeNode) -> list[Item]:
    """What a quote says, and who said it, where its last line begins with a dash."""
    told = [shown(line) for part in node.walk() if part.type == "paragraph" for line in lines(part)]
    said_by = _DASH.match(told[-1]) if len(told) > 1 else None
    text = " ".join(told[:-1] if said_by else told)
    return [Quote(text, said_by[1] if said_by else "")] if text.strip() else []


def _fenced(node: SyntaxTreeNode) -> list[Item]:
    """A program; the braces behind its language name the lines to light."""
    named, _, braces = node.info.partition("{")
    language, lit = next(iter(named.split()), ""), braces.partition("}")[0]
    return [CodeBlock(language, node.content.rstrip(), lit)] if node.content.strip() else []


def _formula(latex: str) -> list[Item]:
    line = f"$${' '.join(latex.split())}$$"
    found = special(line)
    return [found] if found else [Sentence(piece) for piece in sentences(line)]


def _listed(node: SyntaxTreeNode, depth: int = 0) -> list[Item]:
    """The points of a list; those of lists in it are marked with a dash, those of an ordered list with a number."""
    items: list[Item] = []
    for entry in node.children:
        mark = f"{entry.info}." if node.type == "ordered_list" else "\u2013" * bool(depth)
        for part in entry.children:
            if part.type in {"bullet_list", "ordered_list"}:
                items += _listed(part, depth + 1)
            elif part.type == "paragraph":
                items += _pointed(part, mark)
            else:
                items += _items(part)
    return items


def _pointed(paragraph: SyntaxTreeNode, mark: str) -> Iterator[Item]:
    """The lines of a point: together they are its text, but for formulas, plots and notes on lines of their own."""
    words: list[str] = []
    others: list[Item] = []
    for line in lines(paragraph):
        found = special(line)
        if found:
            others.append(found)
        else:
            words.append(line)
    text = " ".join(words)
    if text.strip():
        yield Point(text, formulas(text), mark)
    yield from others
    yield from _pictures(paragraph)


def _told(paragraph: SyntaxTreeNode) -> Iterator[Item]:
    """The sentences of a paragraph, and the formulas, plots and notes that are lines of it."""
    words: list[str] = []
    for line in [*lines(paragraph), ""]:
        found = special(line)
        if found or not line:
            yield from map(_sentence, sentences(" ".join(words)))
            words = []
        if found:
            yield found
        elif line:
            words.append(line)
    yield from _pictures(paragraph)


def _sentence(text: str) -> Sentence:
    return Sentence(text, formulas(text))


def _pictures(paragraph: SyntaxTreeNode) -> Iterator[Picture]:
    """The pictures of a paragraph; one without a description is decoration, unless it is from the store."""
    for part in paragraph.walk():
        if part.type == "image":
            src, caption = (str(part.attrs.get(name, "")) for name in ("src", "title"))
            if part.content.strip() or image_of(src):
                yield Picture(src, shown(part.content).strip(), shown(caption).strip())
