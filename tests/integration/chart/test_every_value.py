"""Every value with null, wrong types, extremes, and misspelt: refused by its name, or what is rendered works."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
import yaml

from tests.integration.chart.helm import of_kind, template
from tests.integration.chart.mutations import BASE, LEAVES, WRONG, put, typos
from tests.integration.chart.server import kubectl
from tests.integration.chart.settings import settings_of
from videotutor_api.settings import load_settings

GROUPS = sorted({leaf.split(".")[0] for leaf in LEAVES})
DEFECT = re.compile(r"error calling|nil pointer|can't evaluate|YAML parse error|converting YAML")
"""What Helm says of a template that met a value which it does not expect."""


ELSEWHERE = {"PodMonitor", "PrometheusRule", "CustomResourceDefinition"}
"""Kinds that the cluster does not have, and the one whose only object it has already."""


def refused(path: str, stderr: str) -> bool:
    """Whether Helm refused a value, or the map that it is missing from, by its name."""
    parent, _, name = path.rpartition(".")
    pointer = f"/{path.replace('.', '/')}"
    missing = f"at '/{parent.replace('.', '/')}': missing propert" if parent else "at '': missing propert"
    return any(
        re.search(rf"{re.escape(named)}\b", line) or (missing in line and f"'{name}'" in line)
        for line in stderr.splitlines()
        for named in (f"at '{pointer}", f" {path}")
    )


def load(objects: list[dict[str, Any]]) -> None:
    """The operator and the API load their settings as they would in their pods."""
    with pytest.MonkeyPatch.context() as patch:
        settings_of(objects, patch)
    with pytest.MonkeyPatch.context() as patch:
        (api,) = [item for item in of_kind(objects, "Deployment") if item["metadata"]["name"].endswith("-api")]
        for variable in api["spec"]["template"]["spec"]["containers"][0]["env"]:
            patch.setenv(variable["name"], variable.get("value", "filled-in-by-a-secret"))
        load_settings()


@cache
def wrong_everywhere(kind: str) -> str:
    """What Helm says where every value is wrong in one way: the schema names each that it refuses."""
    values = BASE
    for leaf in LEAVES:
        values = put(values, leaf, WRONG[kind])
    said = template(values).stderr
    return said if "don't meet the specifications of the schema" in said else ""


def outcome(case: tuple[str, str]) -> tuple[str, list[str]]:
    """Complaint about a case, empty if it was refused by its name; and the objects if it was accepted."""
    path, kind = case
    if refused(path, wrong_everywhere(kind)):
        return "", []
    done = template(put(BASE, path, WRONG[kind]))
    if done.returncode == 0:
        return "", [document for document in done.stdout.split("\n---\n") if document.strip()]
    if DEFECT.search(done.stderr) or not refused(path, done.stderr):
        return f"{path} = {kind}: {done.stderr.strip()}", []
    return "", []


@pytest.mark.parametrize("group", GROUPS)
def test_a_wrong_value_is_refused_by_its_name_or_works(group: str, namespace: str) -> None:
    base = set(template(BASE).stdout.split("\n---\n"))
    cases = [(leaf, kind) for leaf in LEAVES if leaf.split(".")[0] == group for kind in WRONG]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = dict(zip(cases, pool.map(outcome, cases), strict=True))
    complaints = [complaint for complaint, _ in outcomes.values() if complaint]
    changed: dict[str, str] = {}
    for (path, kind), (_, documents) in outcomes.items():
        new = {document: f"{path} = {kind}" for document in documents if document not in base}
        changed |= new
        try:
            if new:
                load([object_ for text in documents for object_ in yaml.safe_load_all(text) if object_])
        except Exception as error:  # noqa: BLE001 -- whatever keeps a part from starting
            complaints.append(f"{path} = {kind}: {error}")
    complaints += server_refusals(changed, namespace)
    assert complaints == []


def server_refusals(changed: dict[str, str], namespace: str) -> list[str]:
    """What the API server refuses of documents, each with its case."""
    documents = {text: yaml.safe_load(text) for text in changed}
    known = {text: body for text, body in documents.items() if body and body["kind"] not in ELSEWHERE}
    bodies = [{**body, "metadata": own(body["metadata"])} for body in known.values()]
    if not bodies or create(bodies, namespace) == "":
        return []
    cases = [changed[text] for text in known]
    return [f"{case}: {said}" for case, body in zip(cases, bodies, strict=True) if (said := create([body], namespace))]


def own(metadata: dict[str, Any]) -> dict[str, Any]:
    """The same metadata under a name that no object of the cluster has."""
    return metadata if metadata["name"].startswith("videojobs.") else {**metadata, "name": f"w-{metadata['name']}"}


def create(bodies: list[dict[str, Any]], namespace: str) -> str:
    """What the API server says against these objects; nothing is stored."""
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": bodies})
    done = kubectl("create", "-n", namespace, "--dry-run=server", "-f", "-", stdin=listed)
    return done.stderr.strip() if done.returncode else ""


def test_a_misspelt_value_is_refused_by_its_name() -> None:
    values = BASE
    for parent, name in typos():
        values = put(values, f"{parent}.{name}".removeprefix("."), "x")
    said = template(values).stderr
    assert "additional properties" in said
    assert [name for _, name in typos() if f"'{name}'" not in said] == []
