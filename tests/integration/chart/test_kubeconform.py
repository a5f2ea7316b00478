"""kubeconform, with the schemas that the cluster itself publishes: no schema is downloaded."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from dev.cluster import Cluster
from tests.integration.chart.helm import EVERYTHING, template


@pytest.fixture(scope="session")
def schemas(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """One JSON schema for each kind, made from /openapi/v3; the answer is kubeconform's pattern of their paths."""
    folder = tmp_path_factory.mktemp("schemas")
    paths = json.loads(cluster.kubectl("get", "--raw", "/openapi/v3"))["paths"]
    for path in paths:
        if path == "api/v1" or path.count("/") == 2:  # apis/GROUP/VERSION
            write_schemas(folder, json.loads(cluster.kubectl("get", "--raw", f"/openapi/v3/{path}")))
    return f"{folder}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"


def write_schemas(folder: Path, document: dict[str, Any]) -> None:
    """Writes the kinds of one API version, each with everything it refers to."""
    components = strict(document.get("components", {}))
    for name, schema in components.get("schemas", {}).items():
        for kind in schema.get("x-kubernetes-group-version-kind", []):
            group = f"-{kind['group'].split('.')[0]}" if kind["group"] else ""
            file = folder / f"{kind['kind'].lower()}{group}-{kind['version']}.json"
            file.write_text(json.dumps({"$ref": f"#/components/schemas/{name}", "components": components}))


def strict(value: Any) -> Any:
    """The schema where an object with known properties has no others."""
    if isinstance(value, list):
        return [strict(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    inner = {key: strict(entry) for key, entry in value.items()}
    if isinstance(inner.get("properties"), dict) and inner.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner


def kubeconform(cluster: Cluster, schemas: str, manifests: str) -> subprocess.CompletedProcess[str]:
    command = [str(cluster.tool("kubeconform")), "-summary", "-schema-location", schemas, "-"]
    return subprocess.run(command, input=manifests, text=True, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_every_object_conforms_to_its_schema(cluster: Cluster, schemas: str, values: dict[str, object]) -> None:
    done = kubeconform(cluster, schemas, template(values).stdout)
    assert done.returncode == 0, done.stdout
    assert "Invalid: 0, Errors: 0, Skipped: 0" in done.stdout


def test_a_misspelt_field_does_not_conform(cluster: Cluster, schemas: str) -> None:
    done = kubeconform(cluster, schemas, template().stdout.replace("automountServiceAccountToken", "automountToken"))
    assert done.returncode == 1
    assert "automountToken" in done.stdout
