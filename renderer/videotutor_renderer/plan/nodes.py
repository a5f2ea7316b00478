"""The words of a node of Markdown."""

from __future__ import annotations

import re

from markdown_it.tree import SyntaxTreeNode

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def lines(node: SyntaxTreeNode) -> list[str]:
    """The lines of a node in plain words: without emphasis, link targets, pictures and comments."""
    text = "".join(map(_text, node.children))
    return [line.strip() for line in text.splitlines() if line.strip()]


def _text(node: SyntaxTreeNode) -> str:  # noqa: PLR0911 - one return for each kind of node
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
    return "".join(map(_text, node.children))


def without_comments(html: str) -> str:
    """The text without what `<!--` and `-->` enclose, or only `<!--` begins."""
    return _COMMENT.sub("", html)
