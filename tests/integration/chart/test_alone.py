"""One operator for each namespace: what the chart finds in the cluster, and what it leaves there for Helm to find."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import of_kind, on_cluster, rendered
from tests.integration.chart.server import kubectl

PLACE = f"chart-alone-{uuid.uuid4().hex[:8]}"
LABELS = {"app.kubernetes.io/name": "videotutor", "app.kubernetes.io/component": "operator"}
CRD = "videojobs.videotutor.dev"
RELEASE = "meta.helm.sh/release-name"
NAMESPACE = "meta.helm.sh/release-namespace"
POD = {"containers": [{"name": "operator", "image": "none"}]}


@pytest.fixture(scope="module")
def place() -> Iterator[str]:
    """A namespace with the operator of a release `first`, which has no pods."""
    labels = LABELS | {"app.kubernetes.io/instance": "first"}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "first-operator", "namespace": PLACE, "labels": labels},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": POD},
        },
    }
    for body in ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PLACE}}, deployment):
        done = kubectl("apply", "-f", "-", stdin=json.dumps(body))
        assert done.returncode == 0, done.stderr
    yield PLACE
    kubectl("delete", "namespace", PLACE, "--wait=false")


def test_a_second_release_in_a_namespace_is_refused(place: str) -> None:
    done = on_cluster("template", "second", place)

    assert done.returncode != 0
    assert f"the release first has an operator in the namespace {place} already" in done.stderr


def test_a_release_from_before_the_object_of_a_fixed_name_can_be_upgraded(place: str) -> None:
    done = on_cluster("template", "first", place)

    assert done.returncode == 0, done.stderr


def test_an_operator_of_the_cluster_is_refused_beside_one_of_a_namespace(place: str) -> None:
    done = on_cluster("template", "second", "default", operator={"scope": "cluster"})

    assert done.returncode != 0
    assert "operator.scope is cluster, but the release " in done.stderr
    assert on_cluster("template", "second", "default").returncode == 0
    assert place not in on_cluster("template", "second", "default").stderr


@pytest.fixture
def owner_of_the_definition() -> Iterator[tuple[str, str]]:
    """Release and namespace that the CRD belongs to: where it was not installed by Helm, to one that is not there."""
    found = json.loads(kubectl("get", "crd", CRD, "-o", "json").stdout)["metadata"].get("annotations") or {}
    if RELEASE in found:
        yield found[RELEASE], found[NAMESPACE]
        return
    kubectl("annotate", "crd", CRD, f"{RELEASE}=first", f"{NAMESPACE}=elsewhere")
    yield "first", "elsewhere"
    kubectl("annotate", "crd", CRD, f"{RELEASE}-", f"{NAMESPACE}-")


def test_a_second_owner_of_the_definition_is_refused(owner_of_the_definition: tuple[str, str]) -> None:
    release, namespace = owner_of_the_definition

    second = on_cluster("template", "second", "default", crds={"install": True})

    assert second.returncode != 0
    assert f"belongs to the release {release} in the namespace {namespace}: set crds.install to false" in second.stderr
    assert on_cluster("template", "second", "default").returncode == 0


def test_helm_refuses_a_second_release_by_the_object_of_a_fixed_name(namespace: str) -> None:
    (marker,) = of_kind(rendered(namespace=namespace), "ConfigMap")
    owner = {RELEASE: "first", NAMESPACE: namespace}
    marker["metadata"]["annotations"] = owner
    done = kubectl("apply", "-n", namespace, "-f", "-", stdin=json.dumps(marker))
    assert done.returncode == 0, done.stderr

    second = on_cluster("install", "second", namespace)

    assert second.returncode != 0
    assert 'ConfigMap "served-by.videotutor.dev"' in second.stderr
    assert "current value is" in second.stderr
    assert on_cluster("install", "first", namespace).returncode == 0


def test_every_release_leaves_an_object_of_the_same_name_in_each_namespace_that_it_serves() -> None:
    def markers(values: dict[str, Any]) -> set[tuple[str, str]]:
        objects = of_kind(rendered(values), "ConfigMap", "ClusterRole")
        found = [thing for thing in objects if thing["metadata"]["name"] == "served-by.videotutor.dev"]
        return {(thing["kind"], thing["metadata"].get("namespace", "")) for thing in found}

    assert markers({}) == {("ConfigMap", "")}
    assert markers({"operator": {"namespaces": ["a"]}}) == {("ConfigMap", ""), ("ConfigMap", "a")}
    assert markers({"operator": {"scope": "cluster"}}) == {("ConfigMap", ""), ("ClusterRole", "")}
