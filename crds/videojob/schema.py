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
    no_default = not defaults or ADDED in schema  # an older operator would refuse the field
    for key, value in schema.items():
        if key in DROPPED or (key == "default" and (value is None or no_default)):
            continue
        if key == "properties":
            result[key] = {name: _convert(child, definitions, defaults=defaults) for name, child in value.items()}
        elif key == "const":
            result["enum"] = [value]
        elif key == "additionalProperties":
            # `false` is the default of structural schemas: unknown fields are pruned, and refused by kubectl
            result.update({key: _convert(value, definitions, defaults=defaults)} if isinstance(value, dict) else {})
        elif key == "items":
            result[key] = _convert(value, definitions, defaults=defaults)
        else:
            result[key] = value
    return result


def _resolve(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """The schema with references replaced by what they name, and `X or null` by X; keywords beside them win."""
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
        for name, child in variant["properties"].items():
            properties[name] = _weaker(name, properties.get(name, child), child)
    properties["kind"] = {"type": "string", "enum": list(variants), "description": "What is shown."}
    described = {"description": schema["description"]} if "description" in schema else {}
    rules = [_fits(variants), _belongs(variants)]
    return {"type": "object", **described, "properties": properties, "required": ["kind"], RULES: rules}


def _weaker(name: str, one: Schema, other: Schema) -> Schema:
    """The schema that accepts the values of either of two kinds for a shared field.

    Raises:
        ValueError: they differ in more than their description and the least number of items.
    """
    loose = {"description", "minItems"}
    if name != "kind" and {**one, **dict.fromkeys(loose)} != {**other, **dict.fromkeys(loose)}:
        raise ValueError(f"kinds that share the field {name} must share its type")
    least = min(one.get("minItems", 0), other.get("minItems", 0))
    kept = {key: value for key, value in one.items() if key != "minItems"}
    return {**kept, "minItems": least} if least else kept


# Each access to a field of `self` in CEL costs the API server time for every property that `self` could have, present
# or not (https://github.com/kubernetes/kubernetes: apiextensions-apiserver, cel/model/adaptor.go, `Properties`). The
# union has some fifty, and a storyboard thousands of them: a rule binds the kind once, and reads fields of it alone.


def _fits(variants: dict[str, Schema]) -> Schema:
    """The CEL rule that the required fields of the kind exist and its rules hold."""
    required = {kind: [name for name in one.get("required", []) if name != "kind"] for kind, one in variants.items()}
    present = {
        kind: " && ".join(["true", *(f"has(self.{name})" for name in names)]) for kind, names in required.items()
    }
    rules = {kind: one.get(RULES, []) for kind, one in variants.items()}
    holds = {kind: " && ".join([present[kind], *(f"({rule['rule']})" for rule in rules[kind])]) for kind in variants}
    broken = "".join(
        f"self.kind == '{kind}' && {present[kind]} && !({rule['rule']}) ? '{rule['message']}' : "
        for kind in variants
        for rule in rules[kind]
    )
    return {
        "rule": f"[self.kind].all(k, {_by_kind(holds, 'true')})",
        "message": "the fields do not fit its kind",
        "messageExpression": f"{broken}'kind ' + self.kind + ' needs ' + {_lists(required)}[self.kind]",
    }


def _belongs(variants: dict[str, Schema]) -> Schema:
    """The CEL rule that only fields of the kind exist: their number equals the number of all fields."""
    fields = {kind: [name for name in one["properties"] if name != "kind"] for kind, one in variants.items()}
    number = {kind: " + ".join(["1", *(f"(has(self.{n}) ? 1 : 0)" for n in names)]) for kind, names in fields.items()}
    return {
        "rule": f"[self.kind].all(k, size(dyn(self)) == ({_by_kind(number, 'size(dyn(self))')}))",
        "message": "a field belongs to another kind",
        "messageExpression": f"'kind ' + self.kind + ' has no fields but ' + {_lists(fields)}[self.kind]",
    }


def _by_kind(expressions: dict[str, str], otherwise: str) -> str:
    """The CEL expression of the kind `k`."""
    return "".join(f"k == '{kind}' ? {expression} : " for kind, expression in expressions.items()) + otherwise


def _lists(names: dict[str, list[str]]) -> str:
    """A CEL map from kind to a readable list of names."""
    return "{" + ", ".join(f"'{kind}': '{', '.join(listed)}'" for kind, listed in names.items()) + "}"
