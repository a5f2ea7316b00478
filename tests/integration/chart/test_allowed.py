"""What renderer.allowed refuses at the API server is what the operator refuses, in the same words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import yaml

from dev.cluster import Cluster
from dev.cluster.process import wait_until
from tests.integration.chart.helm import NAMESPACE, of_kind, rendered, template
from tests.integration.chart.server import kubectl, type_warnings
from tests.integration.chart.settings import settings_of
from tests.unit.operator.allowances import ALLOWED, BOUNDED, REFUSED
from videotutor_operator.core.allowance import Allowance

CASES = [*ALLOWED, *((allowed, asked) for allowed, asked, _ in REFUSED)]
PROBE = {"priorityClassName": "system-probe"}
"""Refused by every policy."""
SETS: dict[str, dict[str, Any]] = {json.dumps(allowed): allowed for allowed, _ in CASES}
PLACES = {text: f"{NAMESPACE}-allowed-{number}" for number, text in enumerate(SETS)}
"""A namespace for each set of bounds."""


def videojob(name: str, asked: dict[str, Any]) -> dict[str, Any]:
    spec = {"prompt": "Explain the chain rule", "podTemplate": asked}
    return {"apiVersion": "videotutor.dev/v1alpha1", "kind": "VideoJob", "metadata": {"name": name}, "spec": spec}


def apply(manifests: list[dict[str, Any]], *options: str) -> None:
    done = kubectl("apply", *options, "-f", "-", stdin=yaml.safe_dump_all(manifests))
    assert done.returncode == 0, done.stderr


def create(allowed: dict[str, Any], asked: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """A VideoJob as the API server would take it where these are the bounds."""
    namespace = PLACES[json.dumps(allowed)]
    return kubectl("create", "-n", namespace, "--dry-run=server", "-f", "-", stdin=json.dumps(videojob("new", asked)))


def refuses_probe(allowed: dict[str, Any]) -> bool:
    return create(allowed, PROBE).returncode != 0


@pytest.fixture(scope="module", autouse=True)
def policies(cluster: Cluster) -> Iterator[None]:
    """The policy of each set of bounds is in force in its namespace, where an older VideoJob breaks it already."""
    spaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in PLACES.values()]
    made = [
        thing
        for text, namespace in PLACES.items()
        for thing in of_kind(
            rendered({"renderer": {"allowed": SETS[text]}}, namespace=namespace),
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
        )
    ]
    apply(spaces)
    try:
        apply([videojob("older", {"priorityClassName": "gold"})], "-n", PLACES[json.dumps(BOUNDED)])
        apply(made)
        for allowed in SETS.values():
            assert wait_until(partial(refuses_probe, allowed), seconds=60)
        yield
    finally:
        manifests = yaml.safe_dump_all([*made, *spaces])
        kubectl("delete", "--wait=false", "--ignore-not-found", "-f", "-", stdin=manifests)


@pytest.mark.parametrize(("allowed", "asked"), ALLOWED, ids=json.dumps)
def test_what_is_allowed_is_accepted(allowed: dict[str, Any], asked: dict[str, Any]) -> None:
    done = create(allowed, asked)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("allowed", "asked", "sentence"), REFUSED, ids=json.dumps)
def test_what_is_not_allowed_is_refused_in_the_operators_words(
    allowed: dict[str, Any], asked: dict[str, Any], sentence: str
) -> None:
    done = create(allowed, asked)

    assert done.returncode != 0
    assert "is invalid" in done.stderr  # 422, which the API passes on to its caller
    assert done.stderr.strip().endswith(f"denied request: {sentence}")


def test_an_older_videojob_that_breaks_a_bound_can_be_edited_but_not_in_its_pod_template() -> None:
    def patch(spec: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        options = ["-n", PLACES[json.dumps(BOUNDED)], "--type=merge", "--dry-run=server"]
        return kubectl("patch", "videojob", "older", *options, "--patch", json.dumps({"spec": spec}))

    assert patch({"suspend": True}).returncode == 0
    assert patch({"podTemplate": None}).returncode == 0
    assert (
        'priorityClassName`: "silver" is not allowed' in patch({"podTemplate": {"priorityClassName": "silver"}}).stderr
    )


def test_the_type_check_of_the_api_server_has_no_warning() -> None:
    assert type_warnings(f"{NAMESPACE}-allowed-") == []


def test_a_videojob_of_another_namespace_is_not_bounded(namespace: str) -> None:
    done = kubectl("create", "-n", namespace, "--dry-run=server", "-f", "-", stdin=json.dumps(videojob("new", PROBE)))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("text", SETS)
def test_the_operator_reads_the_bounds_as_they_are_given(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of(rendered({"renderer": {"allowed": SETS[text]}}), monkeypatch)

    assert settings.site().allowance == Allowance.model_validate(SETS[text])


@pytest.mark.parametrize(
    ("allowed", "refusal"),
    [
        ({"priorityClassNames": "low"}, "/renderer/allowed/priorityClassNames"),
        ({"runtimeClassNames": ["Not A Name"]}, "/renderer/allowed/runtimeClassNames/0"),
        ({"nodeSelectors": ["disk"]}, "/renderer/allowed/nodeSelectors/0"),
        ({"nodeSelectors": ["disk='"]}, "/renderer/allowed/nodeSelectors/0"),
        ({"tolerations": [{"key": "a", "tolerationSeconds": 1}]}, "tolerationSeconds"),
        ({"tolerations": [{"effect": "NoSchedule"}]}, "renderer.allowed.tolerations: an entry without key"),
        ({"maxResources": {"memory": 8}}, "/renderer/allowed/maxResources/memory"),
        ({"maxResources": ["memory"]}, "/renderer/allowed/maxResources"),
        ({"priorityClasses": []}, "priorityClasses"),
    ],
)
def test_a_wrong_bound_is_refused_by_its_name(allowed: dict[str, Any], refusal: str) -> None:
    done = template({"renderer": {"allowed": allowed}})

    assert done.returncode != 0
    assert refusal in done.stderr
