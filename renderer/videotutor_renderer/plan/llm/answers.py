"""The model's answers in the store: it never says the same twice, and a task that runs again must come out the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from videojob.base import Model, canonical_json
from videotutor_renderer.store import Store

Answer = TypeVar("Answer", bound=Model)


def remembered(store: Store, key: str, kind: type[Answer], ask: Callable[[], Answer]) -> Answer:
    """The answer under this key, asked for and kept where there is none; of two at once, the first one stays.

    Raises:
        TaskError: the store failed, or whatever `ask` raises; then nothing is kept.
    """
    file = f"{key}/answer.json"
    if not store.path(file).exists():
        text = canonical_json(ask().to_json_object())
        with store.publishing(key) as directory:
            (directory / "answer.json").write_text(text, encoding="utf-8")
    return kind.model_validate_json(store.read(file))
