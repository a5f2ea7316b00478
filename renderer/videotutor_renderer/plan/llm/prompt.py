"""The system prompt: a versioned file, with the list of visuals made from their models so that it never goes stale."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from videojob.storyboard import Beat
from videotutor_renderer.scene.expression import FUNCTIONS

LESSON = "lesson"
EDIT = "edit"


@cache
def system_prompt(task: str) -> str:
    """What the model is told before it sees any of the user's text; `task` is `lesson` or `edit`."""
    text = _file("prompt.md").partition("\n")[2]
    parts = {"visuals": visuals(), "functions": ", ".join(FUNCTIONS), "task": _file(f"prompt_{task}.md")}
    for name, part in parts.items():
        text = text.replace(f"{{{name}}}", part)
    return text.strip()


@cache
def prompt_version() -> str:
    """The version in the first line of the prompt: raise it with every change of the three files."""
    first = _file("prompt.md").partition("\n")[0]
    return re.sub(r"\D", "", first)


@cache
def visuals() -> str:
    """Each kind of visual with its fields, as a list in Markdown."""
    schemas = Beat.model_json_schema()["$defs"].values()
    return "\n".join(line for schema in schemas if "kind" in schema["properties"] for line in _lines(schema))


def _lines(schema: dict[str, Any]) -> Iterator[str]:
    properties = schema["properties"]
    yield f"- `{properties['kind']['const']}`: {' '.join(schema['description'].split())}"
    required = schema.get("required", [])
    for name, field in properties.items():
        if name != "kind":
            need = "" if name in required else " (optional)"
            yield f"  - `{name}`{need}: {field.get('description', '')}"


def _file(name: str) -> str:
    return (files("videotutor_renderer.plan.llm") / name).read_text(encoding="utf-8")
