from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from videojob.crd import custom_resource_definition
from videojob.schema import _weaker

CRD = custom_resource_definition()
ROOT: dict[str, Any] = CRD["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def schemas(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and every schema inside it."""
    yield schema
    for child in schema.get("properties", {}).values():
        yield from schemas(child)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield from schemas(schema[key])


def test_the_schema_is_structural() -> None:
    forbidden = {"$ref", "$defs", "anyOf", "oneOf", "allOf", "const", "discriminator", "title", "prefixItems"}
    for schema in schemas(ROOT):
        assert not forbidden & set(schema), schema
        assert "type" in schema or schema.get("x-kubernetes-int-or-string"), schema
        assert schema.get("additionalProperties") is not False


def test_no_field_is_without_words_for_kubectl_explain() -> None:
    for schema in schemas(ROOT):
        for name, field in schema.get("properties", {}).items():
            assert field.get("description") or name in {"apiVersion", "kind", "metadata"}, (name, field)


@pytest.mark.parametrize("part", ["spec", "status"])
def test_every_list_and_every_text_in_a_field_is_bounded(part: str) -> None:
    objects = [schema for schema in schemas(ROOT["properties"][part]) if "properties" in schema]
    fields = [(name, field) for schema in objects for name, field in schema["properties"].items()]
    lists = [(name, field) for name, field in fields if field.get("type") == "array"]
    texts = [(name, field) for name, field in fields if field.get("type") == "string"]

    assert len(lists) >= 2
    assert len(texts) >= 10
    assert [name for name, field in lists if "maxItems" not in field] == []
    assert [name for name, field in texts if not {"maxLength", "enum", "pattern"} & set(field)] == []


def test_every_map_is_bounded() -> None:
    fields = [field for schema in schemas(ROOT) for field in schema.get("properties", {}).items()]
    maps = {name: field.get("maxProperties") for name, field in fields if "additionalProperties" in field}

    assert maps == {"requests": 16, "limits": 16, "nodeSelector": 32}


@pytest.mark.parametrize("side", ["requests", "limits"])
def test_a_resource_is_a_short_quantity_that_is_not_negative(side: str) -> None:
    template = ROOT["properties"]["spec"]["properties"]["podTemplate"]["properties"]
    quantity = template["resources"]["properties"][side]["additionalProperties"]
    right = ["2", "+2", "1.5Gi", ".5", "1.", "500m", "250u", "1n", "2e3", "1E-1"]
    wrong = ["", "lots", "-1", "1 Gi", "1Kib", "1K", "1gi", "Gi", "1e", "1e999", "0x10"]

    assert (quantity["x-kubernetes-int-or-string"], quantity["maxLength"]) == (True, 32)
    assert [text for text in (*right, *wrong) if re.search(quantity["pattern"], text)] == right


def test_each_scene_has_one_override() -> None:
    overrides = ROOT["properties"]["spec"]["properties"]["sceneOverrides"]
    assert overrides["maxItems"] == 100
    assert overrides["x-kubernetes-list-map-keys"] == ["scene"]


def test_a_visual_needs_the_fields_of_its_kind_and_no_others() -> None:
    scene = ROOT["properties"]["spec"]["properties"]["storyboard"]["properties"]["scenes"]["items"]
    visual = scene["properties"]["beats"]["items"]["properties"]["show"]
    fits, belongs = [rule["rule"] for rule in visual["x-kubernetes-validations"]]
    assert "k == 'chart' ? true && has(self.style) && has(self.labels) && has(self.values) && (" in fits
    assert "k == 'title' ? 1 + (has(self.text) ? 1 : 0) + (has(self.subtitle) ? 1 : 0) :" in belongs
    assert all("default" not in field for field in visual["properties"].values())


def test_kinds_that_share_a_field_share_its_type() -> None:
    one: dict[str, Any] = {"type": "array", "minItems": 1, "items": {"type": "string"}}
    assert _weaker("points", one, {**one, "minItems": 3}) == one
    assert "minItems" not in _weaker("points", one, {"type": "array", "items": {"type": "string"}})
    with pytest.raises(ValueError, match="points"):
        _weaker("points", one, {**one, "items": {"type": "number"}})


def test_the_status_is_a_subresource_and_the_columns_are_those_people_look_for() -> None:
    version = CRD["spec"]["versions"][0]
    columns = [column["name"] for column in version["additionalPrinterColumns"] if column["priority"] == 0]
    assert version["subresources"] == {"status": {}}
    assert columns == ["Phase", "Progress", "Scenes", "Planner", "Age"]


def test_no_field_has_a_name_that_yaml_reads_as_something_else() -> None:
    words = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}  # YAML 1.1, which kubectl reads
    assert not [name for schema in schemas(ROOT) for name in schema.get("properties", {}) if name.lower() in words]
