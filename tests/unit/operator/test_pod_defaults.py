from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from videojob.spec import PodTemplate
from videotutor_operator.manifests.pod_defaults import PodDefaults, double

NONE = PodTemplate()


def given(**fields: Any) -> PodDefaults:
    return PodDefaults.model_validate(fields)


def asked(**fields: Any) -> PodTemplate:
    return PodTemplate.model_validate(fields)


def tolerated(defaults: PodDefaults, template: PodTemplate) -> dict[str, dict[str, Any]]:
    return {entry["key"]: entry for entry in defaults.placement(template)["tolerations"]}


def test_without_settings_a_pod_tolerates_a_lost_node_for_a_minute_and_has_no_other_placement() -> None:
    assert set(PodDefaults().placement(NONE)) == {"tolerations"}
    assert {key: entry["tolerationSeconds"] for key, entry in tolerated(PodDefaults(), NONE).items()} == {
        "node.kubernetes.io/not-ready": 60,
        "node.kubernetes.io/unreachable": 60,
    }


@pytest.mark.parametrize("side", ["installation", "videojob"])
def test_another_patience_with_a_lost_node_replaces_the_minute(side: str) -> None:
    patience = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "tolerationSeconds": 900}
    defaults = given(tolerations=[patience] if side == "installation" else [])
    template = asked(tolerations=[patience] if side == "videojob" else [])

    found = tolerated(defaults, template)

    assert found["node.kubernetes.io/unreachable"] == patience
    assert found["node.kubernetes.io/not-ready"]["tolerationSeconds"] == 60


def test_a_toleration_of_the_videojob_replaces_that_of_the_same_taint_and_keeps_the_others() -> None:
    defaults = given(tolerations=[{"key": "spot", "operator": "Exists"}, {"key": "arm", "value": "yes"}])

    found = defaults.placement(asked(tolerations=[{"key": "arm", "value": "no"}]))["tolerations"]

    assert found[:2] == [{"key": "arm", "value": "no"}, {"key": "spot", "operator": "Exists"}]


def test_a_node_selector_is_merged_by_key_and_a_class_replaced() -> None:
    defaults = given(nodeSelector={"pool": "spot", "disk": "slow"}, priorityClassName="batch", runtimeClassName="runc")

    found = defaults.placement(asked(nodeSelector={"disk": "fast"}, runtimeClassName="gvisor"))

    assert found["nodeSelector"] == {"pool": "spot", "disk": "fast"}
    assert (found["priorityClassName"], found["runtimeClassName"]) == ("batch", "gvisor")


def test_a_limit_of_the_videojob_drops_the_installations_request_of_that_resource() -> None:
    found = PodDefaults().resources(asked(resources={"limits": {"memory": "256Mi"}}).resources, double_memory=False)

    assert found == {
        "requests": {"cpu": "250m", "ephemeral-storage": "512Mi"},
        "limits": {"cpu": "2", "memory": "256Mi", "ephemeral-storage": "2560Mi"},
    }


@pytest.mark.parametrize(("request_", "limit"), [("1Mi", "1536Mi"), ("2Gi", "2Gi"), ("1572864Ki", "1536Mi")])
def test_a_request_of_the_videojob_keeps_the_installations_limit_or_raises_it(request_: str, limit: str) -> None:
    found = PodDefaults().resources(asked(resources={"requests": {"memory": request_}}).resources, double_memory=False)

    assert (found["requests"]["memory"], found["limits"]["memory"]) == (request_, limit)


@pytest.mark.parametrize(
    ("quantity", "twice"),
    [
        ("1536Mi", "3072Mi"),
        ("1.5Gi", "3Gi"),
        ("2G", "4G"),
        ("1000", "2000"),
        ("lots", "lots"),
        ("1234567.5Ki", "2469135Ki"),
    ],
)
def test_quantities_are_doubled(quantity: str, twice: str) -> None:
    assert double(quantity) == twice


def test_a_quantity_may_be_a_number() -> None:
    assert given(limits={"cpu": 2, "memory": 1.5}).limits == {"cpu": "2", "memory": "1.5"}


@pytest.mark.parametrize(
    ("fields", "place", "why"),
    [
        ({"lables": {}}, "lables", "Extra inputs are not permitted"),
        ({"limits": {"memory": "lots"}}, "limits.memory", "match pattern"),
        ({"limits": {"memory": True}}, "limits.memory", "valid string"),
        ({"labels": {"videotutor.dev/task": "x"}}, "labels.videotutor.dev/task.[key]", "choose another prefix"),
        ({"labels": {"app.kubernetes.io/name": "x"}}, "labels.app.kubernetes.io/name.[key]", "choose another prefix"),
        ({"labels": {"job-name": "x"}}, "labels.job-name.[key]", "choose another prefix"),
        ({"labels": {"team": "a b"}}, "labels.team", "match pattern"),
        ({"annotations": {"app.kubernetes.io/name": "x"}}, "annotations.app.kubernetes.io/name.[key]", "prefix"),
        ({"tolerations": [{"key": "a", "effect": "Never"}]}, "tolerations.0.effect", "match pattern"),
        ({"affinity": {"nodeAfinity": {}}}, "affinity.nodeAfinity.[key]", "nodeAffinity"),
        ({"priorityClassName": "Not A Name"}, "priorityClassName", "match pattern"),
        ({"env": [{"name": "VIDEOTUTOR_STORE", "value": "x"}]}, "env.0", "VIDEOTUTOR_STORE: variables that begin"),
        ({"env": [{"name": "TZ"}]}, "env.0", "TZ: give exactly one of value and valueFrom"),
        ({"env": [{"name": "A B", "value": ""}]}, "env.0.name", "match pattern"),
        ({"env": [{"name": "TZ", "valueFrom": {}}]}, "env.0.valueFrom", "exactly one of configMapKeyRef"),
        ({"env": [{"name": "TZ", "valueFrom": {"fieldRef": {}}}]}, "env.0.valueFrom.fieldRef", "not permitted"),
    ],
)
def test_a_wrong_setting_is_refused_at_its_place(fields: dict[str, Any], place: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        given(**fields)

    (problem,) = refused.value.errors()
    assert ".".join(map(str, problem["loc"])) == place
    assert why in problem["msg"]
