"""Task lists, as GitHub Flavored Markdown has them: in an outline they are quizzes."""

from __future__ import annotations

import re

from markdown_it.tree import SyntaxTreeNode

from videojob.visuals.quiz import MOST_OPTIONS
from videotutor_renderer.plan.items import Item, Quiz
from videotutor_renderer.plan.nodes import lines

_TASK = re.compile(r"\[([ xX])\]\s+(\S.*)")


def quiz(node: SyntaxTreeNode) -> list[Item]:
    """The quiz that a list of two to four tasks is of which one is ticked."""
    entries = [" ".join(line for part in entry.children for line in lines(part)) for entry in node.children]
    tasks = [task for task in map(_TASK.fullmatch, entries) if task]
    right = [i for i, task in enumerate(tasks, 1) if task[1] != " "]
    if len(tasks) < len(entries) or len(right) != 1:
        return []
    found = Quiz(tuple(task[2] for task in tasks), right[0])
    return [found] if 2 <= len(set(found.shown_options)) == len(entries) <= MOST_OPTIONS else []  # noqa: PLR2004
