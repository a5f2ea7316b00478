"""The one base of every model that crosses a boundary: camelCase outside, frozen inside, unknown fields refused."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, JsonValue
from pydantic.alias_generators import to_camel


class Model(BaseModel):
    """A frozen value with camelCase names in JSON; an unknown field is an error that names it."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True, extra="forbid")

    def to_json_object(self) -> dict[str, Any]:
        """The camelCase JSON object, without fields that are None."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def rules(*pairs: tuple[str, str]) -> ConfigDict:
    """Model configuration that puts CEL rules, as (expression, message), into the model's schema.

    They repeat at the API server what the model's validators check here.
    """
    validations: list[JsonValue] = [{"rule": rule, "message": message} for rule, message in pairs]
    return ConfigDict(json_schema_extra={"x-kubernetes-validations": validations})


def keyed_by(field: str) -> dict[str, Any]:
    """Schema of a list whose entries are told apart by one field: the API server refuses repeated ones."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [field]}


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no white space, so that equal values have equal text (the idea of RFC 8785)."""
    return _CANONICAL.encode(value)
