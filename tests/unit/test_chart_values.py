from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

CHART = Path(__file__).resolve().parents[2] / "charts" / "videotutor"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((CHART / "values.yaml").read_text())


def resolve(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return SCHEMA["definitions"][reference.rpartition("/")[2]] if reference else schema


def inner(schema: dict[str, Any]) -> dict[str, Any]:
    """The values inside a value of the chart's own; a shared definition without required values is the user's."""
    found = resolve(schema)
    return {} if "$ref" in schema and "required" not in found else dict(found.get("properties", {}))


def described(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every value that the schema describes."""
    for name, child in inner(schema).items():
        yield from described(child, f"{path}.{name}")
    if path and not inner(schema):
        yield path


def given(values: dict[str, Any], known: set[str], path: str = "") -> Iterator[str]:
    """Every value that values.yaml gives; maps of the user's own keys count as one."""
    for name, child in values.items():
        here = f"{path}.{name}"
        if isinstance(child, dict) and here not in known:
            yield from given(child, known, here)
        else:
            yield here


def test_every_value_is_in_the_schema_and_every_value_of_the_schema_has_a_default() -> None:
    known = set(described(SCHEMA))
    assert set(given(VALUES, known)) == known


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every part of the schema that names properties."""
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_no_object_of_the_schema_lets_a_misspelt_name_pass() -> None:
    found = [schema for schema in objects(SCHEMA) if schema is not SCHEMA["properties"]["global"]]
    assert len(found) > 20
    assert [schema for schema in found if schema.get("additionalProperties") is not False] == []


def test_null_is_refused_for_every_value_but_those_that_are_null_by_default() -> None:
    """Helm removes a value that is null before it validates, so what must be there must be required."""
    places = [("", SCHEMA)]
    while places:
        path, schema = places.pop()
        children = inner(schema)
        nullable = {name for name, child in children.items() if "null" in resolve(child).get("type", "")}
        assert set(resolve(schema).get("required", ())) >= children.keys() - nullable, path
        places += [(f"{path}.{name}", child) for name, child in children.items()]


def test_the_chart_and_the_code_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = (CHART.parents[1] / "pyproject.toml").read_text()
    assert f'version = "{chart["appVersion"]}"' in project
