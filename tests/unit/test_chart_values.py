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


def described(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every value that the schema describes."""
    for name, child in resolve(schema).get("properties", {}).items():
        yield from described(child, f"{path}.{name}")
    if path and "properties" not in resolve(schema):
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


def test_no_object_of_the_schema_lets_a_misspelt_name_pass() -> None:
    objects = [SCHEMA, *SCHEMA["definitions"].values()]
    while objects:
        schema = objects.pop()
        if "properties" in schema and schema is not SCHEMA["properties"]["global"]:
            assert schema["additionalProperties"] is False, schema
            objects += schema["properties"].values()


def test_null_is_refused_for_every_value_but_those_that_are_null_by_default() -> None:
    """Helm removes a value that is null before it validates, so what must be there must be required."""
    places = [("", SCHEMA)]
    while places:
        path, schema = places.pop()
        children = {name: resolve(child) for name, child in schema.get("properties", {}).items()}
        nullable = {name for name, child in children.items() if "null" in child.get("type", "")}
        assert set(schema.get("required", ())) >= children.keys() - nullable, path
        places += [(f"{path}.{name}", child) for name, child in children.items()]


def test_the_chart_and_the_code_have_one_version() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    project = (CHART.parents[1] / "pyproject.toml").read_text()
    assert f'version = "{chart["appVersion"]}"' in project
