"""What the API server does to a custom resource by its structural schema: prune, default, validate. Without CEL rules.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from videojob.crd import custom_resource_definition

Schema = dict[str, Any]
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def todays_schema() -> Schema:
    """The schema of a VideoJob that the CRD of this version has."""
    return copy.deepcopy(_generated_schema())


@cache
def _generated_schema() -> Schema:
    """The schema as it is generated, once: that takes 30 ms."""
    schema: Schema = custom_resource_definition()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def schema_of_092fef3() -> Schema:
    """The schema of commit 092fef3, without descriptions and CEL rules."""
    parts = json.loads((Path(__file__).parent / "golden" / "crd_092fef3.json").read_text())
    return {"type": "object", "required": ["spec"], "properties": parts}


def pruned(value: Any, schema: Schema) -> Any:
    """The value without the fields that the schema does not name, and without nulls, since none is nullable."""
    if isinstance(value, list):
        return [pruned(entry, schema.get("items", {})) for entry in value]
    if not isinstance(value, dict):
        return value
    if "additionalProperties" in schema:
        return {name: pruned(entry, schema["additionalProperties"]) for name, entry in value.items()}
    known = schema.get("properties", {})
    return {name: pruned(entry, known[name]) for name, entry in value.items() if name in known and entry is not None}


def defaulted(value: Any, schema: Schema) -> Any:
    """The value with the defaults of the fields that it does not have, as in every answer of the API server."""
    if isinstance(value, list):
        return [defaulted(entry, schema.get("items", {})) for entry in value]
    if not isinstance(value, dict):
        return value
    known = schema.get("properties", {})
    missing = {name: copy.deepcopy(s["default"]) for name, s in known.items() if "default" in s and name not in value}
    return {name: defaulted(entry, known.get(name, {})) for name, entry in {**value, **missing}.items()}


def faults_of(value: Any, schema: Schema, path: str) -> Iterator[str]:
    """What the API server would answer with 422, one line for each field."""
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str):
            yield f"{path}: Invalid value: must be an integer or a string"
        return
    if (type(value) is bool and schema["type"] != "boolean") or not isinstance(value, TYPES[schema["type"]]):
        yield f"{path}: Invalid value: {type(value).__name__}: must be of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f'{path}: Unsupported value: "{value}": supported values: {", ".join(schema["enum"])}'
    yield from (f"{path}: Invalid value: {why}" for why in _bounds(value, schema))
    if isinstance(value, dict):
        yield from _of_object(value, schema, path)
    elif isinstance(value, list):
        yield from _of_list(value, schema, path)


def _of_object(value: dict[str, Any], schema: Schema, path: str) -> Iterator[str]:
    yield from (f"{path}.{name}: Required value" for name in schema.get("required", ()) if name not in value)
    known = schema.get("properties", {})
    for name, entry in value.items():
        if child := known.get(name, schema.get("additionalProperties")):
            yield from faults_of(entry, child, f"{path}.{name}")


def _of_list(value: list[Any], schema: Schema, path: str) -> Iterator[str]:
    for number, entry in enumerate(value):
        yield from faults_of(entry, schema["items"], f"{path}[{number}]")
    if keys := schema.get("x-kubernetes-list-map-keys"):
        found = [tuple(entry.get(key) for key in keys) for entry in value]
        yield from (f"{path}: Duplicate value: {key}" for key in sorted(set(found)) if found.count(key) > 1)


def _bounds(value: Any, schema: Schema) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and value < least:
        yield f"should be greater than or equal to {least}"
    if most is not None and value > most:
        yield f"should be less than or equal to {most}"
    if isinstance(value, str | list):
        noun = "Length" if isinstance(value, str) else "Items"
        if len(value) < schema.get(f"min{noun}", 0):
            yield "should be longer"
        if len(value) > schema.get(f"max{noun}", len(value)):
            yield "may not be longer"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"should match {schema['pattern']}"
    if schema.get("format") == "date-time":
        datetime.fromisoformat(value)
