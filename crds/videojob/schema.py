"""From pydantic's JSON schema to a structural schema, the subset that a CustomResourceDefinition may have.

Structural schemas have no references, no unions and no null type
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
A union discriminated by `kind` becomes one object with every variant's properties; CEL rules say which belong to which.
"""

from __future__ import annotations

from typing import Any

from videojob.base import ADDED, Model

Schema = dict[str, Any]
RULES = "x-kubernetes-validations"
DROPPED = frozenset({"title", "discriminator", "$defs", "examples", ADDED})


def structural_schema(model: type[Model], *, defaults: bool) -> Schema:
    """The structural schema of a model, in camelCase; with or without the defaults that the API server fills in."""
    raw = model.model_json_schema(by_alias=True)
    return _convert(raw, raw.get("$defs", {}), defaults=defaults)


def _convert(schema: Schema, definitions: dict[str, Schema], *, defaults: bool) -> Schema:
    schema = _resolve(schema, definitions)
    if "oneOf" in schema:
        return _merge_variants(schema, definitions)
    result: Schema = {}
    no_default = not defaults or ADDED in schema  # an operator of before would be given a field that it refuses
    for key, value in schema.items():
        if key in DROPPED or (key == "default" and (value is None or no_default)):
            continue
        if key == "properties":
            result[key] = {name: _convert(child, definitions, defaults=defaults) for name, child in value.items()}
        elif key == "const":
            result["enum"] = [value]
        elif key == "additionalProperties":
            # `false` is what structural schemas do anyway: unknown fields are pruned, and refused by kubectl
            result.update({key: _convert(value, definitions, defaults=defaults)} if isinstance(value, dict) else {})
        elif key == "items":
            result[key] = _convert(value, definitions, defaults=defaults)
        else:
            result[key] = value
    return result


def _resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """The schema with references replaced by what they name, and `X or null` by X; what stands beside them wins."""
    beside = {key: value for key, value in schema.items() if key not in {"$ref", "anyOf"}}
    if "$ref" in schema:
        return {**_resolve(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions), **beside}
    if "anyOf" in schema:
        (only,) = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        return {**_resolve(only, definitions), **beside}
    return schema


def _merge_variants(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    variants = [_convert(choice, definitions, defaults=False) for choice in schema["oneOf"]]
    owners: dict[str, list[str]] = {}
    properties: dict[str, Schema] = {}
    rules: list[Schema] = []
    for variant in variants:
        (kind,) = variant["properties"]["kind"]["enum"]
        for name, child in variant["properties"].items():
            owners.setdefault(name, []).append(kind)
            properties.setdefault(name, child)
        rules += [_needs(kind, name) for name in variant.get("required", []) if name != "kind"]
        rules += [{**rule, "rule": f"self.kind != '{kind}' || ({rule['rule']})"} for rule in variant.get(RULES, [])]
    kinds = owners.pop("kind")
    rules += [_belongs(name, kinds_of) for name, kinds_of in owners.items() if len(kinds_of) < len(kinds)]
    properties["kind"] = {"type": "string", "enum": kinds, "description": "What is shown."}
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"type": "object", **described, "properties": properties, "required": ["kind"], RULES: rules}


def _needs(kind: str, name: str) -> Schema:
    return {"rule": f"self.kind != '{kind}' || has(self.{name})", "message": f"kind {kind} needs {name}"}


def _belongs(name: str, kinds: list[str]) -> Schema:
    allowed = " || ".join(f"self.kind == '{kind}'" for kind in kinds)
    return {"rule": f"!has(self.{name}) || {allowed}", "message": f"{name} belongs to kind {' or '.join(kinds)} only"}
