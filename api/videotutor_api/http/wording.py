"""Turns pydantic's errors into sentences that name the field and the fix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from videotutor_api.errors import FieldError

MAX_ERRORS = 20
"""Most errors in one response."""

MAX_FIELD = 100
"""Longest name of a field in a response, in characters: callers choose the names of unknown fields."""


Context = Mapping[str, Any]

SENTENCES: dict[str, Callable[[Context, Any], str]] = {
    "missing": lambda _, __: "is required",
    "extra_forbidden": lambda _, __: "is not a field of this request; remove it",
    "greater_than_equal": lambda context, value: f"must be at least {context['ge']}, not {value}",
    "less_than_equal": lambda context, value: f"must be at most {context['le']}, not {value}",
    "string_too_short": lambda context, _: f"must have at least {context['min_length']} character(s)",
    "string_too_long": lambda context, value: (
        f"must have at most {context['max_length']} characters, not {len(value)}; shorten it"
    ),
    "string_pattern_mismatch": lambda context, _: f"must match {context['pattern']}",
    "string_type": lambda _, __: "must be a string",
    "int_type": lambda _, __: "must be a whole number",
    "int_parsing": lambda _, __: "must be a whole number",
    "int_from_float": lambda _, __: "must be a whole number",
    "bool_type": lambda _, __: "must be true or false",
    "bool_parsing": lambda _, __: "must be true or false",
    "enum": lambda context, _: f"must be one of {context['expected']}",
    "value_error": lambda context, _: str(context["error"]),
}
"""Kind of a pydantic error -> sentence. Other kinds keep pydantic's own message."""


def field_errors(errors: Iterable[Any], skip: int = 0) -> list[FieldError]:
    """Reword at most `MAX_ERRORS` errors; `skip` leaves out that many parts at the start of each field's path."""
    return [FieldError(field=_field(error, skip), message=_sentence(error)) for error in islice(errors, MAX_ERRORS)]


def path_of(location: Iterable[int | str]) -> str:
    """A field's path as JavaScript writes it, for example content.beats[0].say."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    # A name may hold lone surrogates, which no answer could be encoded with.
    return path[:MAX_FIELD].encode(errors="replace").decode()


def _field(error: Mapping[str, Any], skip: int) -> str:
    named = error.get("ctx", {}).get("field")
    return named or path_of(error["loc"][skip:]) or "body"


def _sentence(error: Mapping[str, Any]) -> str:
    sentence = SENTENCES.get(error["type"])
    return sentence(error.get("ctx", {}), error.get("input")) if sentence else str(error["msg"])
