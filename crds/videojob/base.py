"""The bases of every model that crosses a boundary: camelCase outside, frozen inside, strict or tolerant.

Front doors (API, command line, planner, storyboard files) validate with `Model`, which refuses unknown fields.
What comes back from the API server, from a container or from another version is read with `read`, which ignores
unknown fields; its models bound every text, number and list, and map unknown enum values to a fallback.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.alias_generators import to_camel

ADDED = "x-added"
"""Marks, in a field's JSON schema, that `added_field` made it."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LARGEST_INT = 2**53 - 1
"""Largest integer that every JSON parser keeps exactly (RFC 8259, section 6)."""


class Model(BaseModel):
    """A frozen value with camelCase names in JSON; an unknown field is an error that names it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_json_object(self) -> dict[str, Any]:
        """The camelCase JSON object, without fields that are None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


M = TypeVar("M", bound=BaseModel)


def read(model: type[M], raw: Any) -> M:
    """Read a value that another version of this package may have written; ignores unknown fields at every depth.

    Raises:
        pydantic.ValidationError: a known field has a value that it cannot have.
    """
    return model.model_validate(raw, extra="ignore")


def added_field(default: Any, description: str) -> Any:
    """A field added to an `ExtendedModel` after version 092fef3, whose strict models refuse unknown fields.

    It is written only where it differs from its default, and has no default in the CRD: digests, tasks and objects
    that do not use it do not change.
    """
    return Field(default=default, description=description, json_schema_extra={ADDED: True})


class ExtendedModel(Model):
    """A model with fields made by `added_field`."""

    _added: ClassVar[Mapping[str, Any]]

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        extras = {name: info.json_schema_extra for name, info in cls.model_fields.items()}
        names = [name for name, extra in extras.items() if isinstance(extra, dict) and ADDED in extra]
        cls._added = {name: cls.model_fields[name].default for name in names}

    @model_serializer(mode="wrap")
    def _omit_added_defaults(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = serialize(self)
        for name, default in self._added.items():
            if getattr(self, name) == default:
                fields.pop(name, None)
                fields.pop(to_camel(name), None)
        return fields


def plain(text: str, most: int) -> str:
    """The first so many characters of a text, with spaces for control characters, which a terminal would execute."""
    return text[:most] if text.isprintable() else _CONTROL.sub(" ", text[:most])


def objects_in(raw: Any) -> list[dict[str, Any]]:
    """The objects of a JSON list, in order; empty where it is not a list."""
    return [entry for entry in raw if isinstance(entry, dict)] if isinstance(raw, list) else []


def object_in(text: str | bytes) -> dict[str, Any]:
    """The JSON object that a text is; empty where it is none, such as a proxy's page."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def truncate(most: int) -> BeforeValidator:
    """A validator that keeps the first so many entries of a list, or characters of a text, made `plain`."""

    def bound(value: Any) -> Any:
        if isinstance(value, str):
            return plain(value, most)
        return value[:most] if isinstance(value, list | tuple) else value

    return BeforeValidator(bound)


def ellipsize(text: str, longest: int) -> str:
    """The text in one line of at most so many characters (2 or more); a longer one has "…" for its middle.

    Messages of Kubernetes wrap their cause: what failed is at their beginning, and why is at their end.
    """
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    half = (longest - 1) // 2
    rest = len(line) - (longest - 1 - half)
    # At the ends of words: a counter that grows by a digit does not move the cut, and causes no write
    head = line[: half + 1].rpartition(" ")[0] or line[:half]
    tail = line[rest - 1 :].partition(" ")[2] or line[rest:]
    return f"{head}…{tail}"


def clamp(least: int, most: int) -> BeforeValidator:
    """A validator that moves an integer into its range."""
    return BeforeValidator(lambda number: min(max(number, least), most) if type(number) is int else number)


def fall_back(values: type[StrEnum], fallback: StrEnum) -> BeforeValidator:
    """A validator that reads an enum value of another version as the fallback."""
    names = frozenset(values)
    return BeforeValidator(lambda value: fallback if isinstance(value, str) and value not in names else value)


Count = Annotated[int, clamp(0, 2**31 - 1)]
"""How many of something; an int32, as Kubernetes writes counts."""


def rules(*pairs: tuple[str, str]) -> ConfigDict:
    """Model configuration with CEL rules, as (expression, message), for the model's schema.

    The API server checks with them what the model's validators check here.
    """
    validations: list[JsonValue] = [{"rule": rule, "message": message} for rule, message in pairs]
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": validations})


def keyed_by(field: str) -> dict[str, Any]:
    """Schema of a list with one field as key: the API server refuses repeated keys."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [field]}


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space, so that equal values have equal text (the idea of RFC 8785)."""
    return _CANONICAL.encode(value)
