"""From pydantic's JSON schema to a structural schema, the subset that a CustomResourceDefinition may have.

Structural schemas have no references, no unions and no null type
(https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
A union discriminated by `kind` becomes one object with every variant's properties; CEL rules say which belong to which.
"""

from __future__ import annotations

import json
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
    variants: dict[str, Schema] = {}
    for choice in schema["oneOf"]:
        variant = _convert(choice, definitions, defaults=False)
        (kind,) = variant["properties"]["kind"]["enum"]
        variants[kind] = variant
    properties: dict[str, Schema] = {}
    for variant in variants.values():
        properties = {**variant["properties"], **properties}
    properties["kind"] = {"type": "string", "enum": list(variants), "description": "What is shown."}
    described = {"description": schema["description"]} if "description" in schema else {}
    rules = [_needs(variants), _belongs(variants), _fits(variants)]
    return {"type": "object", **described, "properties": properties, "required": ["kind"], RULES: rules}


# Each access to a field of `self` in CEL costs the API server time for every property that `self` could have, present
# or not (https://github.com/kubernetes/kubernetes: apiextensions-apiserver, cel/model/adaptor.go, `Properties`). The
# union has some fifty, and a storyboard thousands of them: a rule binds what it reads once, and reads what is there.


def _needs(variants: dict[str, Schema]) -> Schema:
    required = {kind: [name for name in one.get("required", []) if name != "kind"] for kind, one in variants.items()}
    missing = f"{_table(required)}[self.kind].filter(f, !(f in dyn(self)))"
    return {
        "rule": f"{_table(required)}[self.kind].all(f, f in dyn(self))",
        "message": "a field that its kind needs is missing",
        "messageExpression": f"'kind ' + self.kind + ' needs ' + {missing}.join(' and ')",
    }


def _belongs(variants: dict[str, Schema]) -> Schema:
    fields = {kind: list(one["properties"]) for kind, one in variants.items()}
    foreign = f"dyn(self).filter(f, !(f in {_table(fields)}[self.kind]))"
    return {
        "rule": f"[{_table(fields)}[self.kind]].all(fields, dyn(self).all(f, f in fields))",
        "message": "a field belongs to another kind",
        "messageExpression": f"'kind ' + self.kind + ' has no ' + {foreign}.join(' and no ')",
    }


def _fits(variants: dict[str, Schema]) -> Schema:
    """The rules of all variants as one."""
    guards, messages = [], []
    for kind, rules in ((kind, variant.get(RULES)) for kind, variant in variants.items()):
        if rules:
            together = " && ".join(f"({rule['rule']})" for rule in rules)
            guards.append(f"(k != '{kind}' || ({together}))")
            messages += [f"self.kind == '{kind}' && !({rule['rule']}) ? '{rule['message']}' : " for rule in rules]
    return {
        "rule": f"[self.kind].all(k, {' && '.join(guards)})",
        "message": "fields of its kind do not fit together",
        "messageExpression": f"{''.join(messages)}'fields of kind ' + self.kind + ' do not fit together'",
    }


def _table(names: dict[str, list[str]]) -> str:
    """A CEL map of lists of texts."""
    return json.dumps(names).replace('"', "'")
