"""The words of a node of Markdown."""

from __future__ import annotations

import re

from markdown_it.tree import SyntaxTreeNode

PLOT = re.compile(r"plot\s*:\s*(.+)$", re.IGNORECASE)
"""A line that asks for a plot."""
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def lines(node: SyntaxTreeNode) -> list[str]:
    """The lines of a node in plain words: without emphasis, link targets, pictures and comments.

    In a line that asks for a plot, what reads as emphasis are products: `2*3*x`.
    """
    plain = _text(node, marked=False).splitlines()
    marked = _text(node, marked=True).splitlines()
    chosen = (source if PLOT.match(source.strip()) else words for words, source in zip(plain, marked, strict=True))
    return [line.strip() for line in chosen if line.strip()]


def _text(node: SyntaxTreeNode, *, marked: bool) -> str:  # noqa: PLR0911 - one return for each kind of node
    """The text of a node; `marked`: with the marks of emphasis."""
    match node.type:
        case "text" | "code_inline":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "math_inline":
            return f"${node.content}$"
        case "math_inline_double":
            return f"\n$${' '.join(node.content.split())}$$\n"
        case "html_inline":
            return without_comments(node.content)
        case "image":
            return ""
    text = "".join(_text(child, marked=marked) for child in node.children)
    mark = node.markup if marked and node.type in {"em", "strong"} else ""
    return f"{mark}{text}{mark}"


def without_comments(html: str) -> str:
    """The text without what `<!--` and `-->` enclose, or only `<!--` begins."""
    return _COMMENT.sub("", html)
