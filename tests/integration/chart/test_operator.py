"""The operator's part of the chart: replicas, scope, metrics."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.chart.helm import (
    CHART,
    EVERYTHING,
    MONITORED,
    NAMESPACE,
    cluster_name,
    of_kind,
    rendered,
    template,
)
from tests.integration.chart.settings import settings_of
from videotutor_operator.metrics import REGISTRY
from videotutor_operator.settings import Settings

SELECTOR = {
    "app.kubernetes.io/name": "videotutor",
    "app.kubernetes.io/instance": "videotutor",
    "app.kubernetes.io/component": "operator",
}


def operator(values: dict[str, Any] | None = None) -> dict[str, Any]:
    """The operator's Deployment."""
    deployments = of_kind(rendered(values), "Deployment")
    (found,) = [item for item in deployments if item["metadata"]["name"] == "videotutor-operator"]
    return dict(found["spec"])


def pod(deployment: dict[str, Any]) -> dict[str, Any]:
    return dict(deployment["template"]["spec"])


def environment(deployment: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod(deployment)["containers"]
    return {variable["name"]: variable.get("value", variable.get("valueFrom")) for variable in container["env"]}


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [thing for thing in of_kind(objects, kind) if thing["metadata"]["name"] == name]
    return found


def test_two_replicas_elect_a_leader_under_the_names_of_their_pods() -> None:
    deployment = operator()
    assert deployment["replicas"] == 2
    variables = environment(deployment)
    assert variables["VIDEOTUTOR_LEASE"] == "videotutor-operator"
    assert variables["POD_NAME"] == {"fieldRef": {"fieldPath": "metadata.name"}}
    assert variables["VIDEOTUTOR_NAMESPACE"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


def test_every_variable_that_the_chart_sets_is_one_that_the_operator_reads() -> None:
    read = {str(field.alias) for field in Settings.model_fields.values()}
    extra = {variable["name"] for variable in EVERYTHING["operator"]["extraEnv"]}
    extra |= {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"}
    for values in (EVERYTHING, {"operator": {"namespaces": ["a"]}}):
        assert set(environment(operator(values))) - read - extra == set()


def test_a_new_version_stands_by_before_the_old_one_goes() -> None:
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    assert operator()["strategy"] == rolling


def test_the_lease_is_given_up_at_sigterm_and_not_after_a_hook() -> None:
    spec = pod(operator())
    assert "lifecycle" not in spec["containers"][0]
    assert spec["terminationGracePeriodSeconds"] == 20


def test_replicas_spread_over_nodes_where_there_are_several() -> None:
    (spread,) = pod(operator())["topologySpreadConstraints"]
    assert spread["whenUnsatisfiable"] == "ScheduleAnyway"
    assert spread["labelSelector"] == {"matchLabels": SELECTOR}


def test_a_drained_node_takes_one_replica_at_a_time() -> None:
    budget = named(rendered(), "PodDisruptionBudget", "videotutor-operator")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == {"matchLabels": SELECTOR}


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_single_replica_holds_up_no_drain_and_is_spread_over_nothing(replicas: int) -> None:
    values = {"operator": {"replicas": replicas}}
    assert not of_kind(rendered(values), "PodDisruptionBudget")
    assert "topologySpreadConstraints" not in pod(operator(values))
    assert environment(operator(values))["VIDEOTUTOR_LEASE"] == "videotutor-operator"


def test_the_operator_serves_its_own_namespace_with_rights_in_it_only() -> None:
    objects = rendered()
    assert environment(operator())["VIDEOTUTOR_SCOPE"] == "namespace"
    assert not of_kind(objects, "ClusterRoleBinding")
    roles = of_kind(objects, "ClusterRole")
    assert all(role["metadata"]["name"].startswith(cluster_name("videojobs-")) for role in roles)


def test_an_operator_of_all_namespaces_has_the_same_rights_everywhere_and_the_lease_in_its_own() -> None:
    values = {"operator": {"scope": "cluster"}}
    objects, role = rendered(values), "videotutor-operator"
    assert environment(operator(values))["VIDEOTUTOR_SCOPE"] == "cluster"
    everywhere = named(objects, "ClusterRole", cluster_name("operator"))["rules"]
    lease = named(objects, "Role", role)["rules"]
    assert [*lease, *everywhere] == named(rendered(), "Role", role)["rules"]
    assert {resource for rule in lease for resource in rule["resources"]} == {"leases"}
    binding = named(objects, "ClusterRoleBinding", cluster_name("operator"))
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": role, "namespace": NAMESPACE}]


def test_an_operator_of_several_namespaces_has_its_rights_and_what_jobs_need_in_each() -> None:
    values = {"operator": {"namespaces": ["team-a", "team-b"]}, "planner": EVERYTHING["planner"]}
    objects, role = rendered(values), "videotutor-operator"
    assert environment(operator(values))["VIDEOTUTOR_NAMESPACES"] == f"{NAMESPACE},team-a,team-b"
    assert environment(operator(values))["VIDEOTUTOR_SCOPE"] == "namespace"
    for place in ("team-a", "team-b"):
        there = {
            (thing["kind"], thing["metadata"]["name"]): thing
            for thing in objects
            if thing["metadata"].get("namespace") == place
        }
        assert set(there) == {
            ("Role", role),
            ("RoleBinding", role),
            ("ServiceAccount", "videotutor-renderer"),
            ("NetworkPolicy", "videotutor-tasks"),
            ("NetworkPolicy", "videotutor-llm"),
            ("ConfigMap", "served-by.videotutor.dev"),
        }
        own = [thing for thing in of_kind(objects, "Role") if "namespace" not in thing["metadata"]]
        (rules,) = [thing["rules"] for thing in own if thing["metadata"]["name"] == role]
        assert there["Role", role]["rules"] == [rule for rule in rules if rule["resources"] != ["leases"]]
        subject = {"kind": "ServiceAccount", "name": role, "namespace": NAMESPACE}
        assert there["RoleBinding", role]["subjects"] == [subject]
    assert not of_kind(objects, "ClusterRoleBinding")


def test_the_admission_policy_of_videojobs_is_bound_to_the_namespaces_that_are_served() -> None:
    def bound(values: dict[str, Any]) -> Any:
        name = cluster_name("videojobs")
        return named(rendered(values), "ValidatingAdmissionPolicyBinding", name)["spec"].get("matchResources")

    served = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [NAMESPACE, "a"]}
    assert bound({"operator": {"namespaces": ["a"]}}) == {"namespaceSelector": {"matchExpressions": [served]}}
    assert bound({"operator": {"scope": "cluster"}}) is None


def test_limits_and_pace_of_the_operator_reach_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "namespaces": ["a"],
        "maxActiveJobs": 1_000_000,
        "maxActiveJobsPerNamespace": 7,
        "workers": 16,
        "leaseSeconds": 30,
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy:3128"}],
    }
    objects = rendered({"operator": given})

    settings = settings_of(objects, monkeypatch)

    assert (settings.limits().max_active_jobs, settings.limits().max_active_jobs_per_namespace) == (1_000_000, 7)
    assert (settings.workers, settings.lease_seconds) == (16, 30)
    assert settings.served_namespaces == (NAMESPACE, "a")
    assert environment(operator({"operator": given}))["HTTPS_PROXY"] == "http://proxy:3128"


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"namespaces": ["a"], "scope": "cluster"}, "operator.namespaces and operator.scope: cluster are both given"),
        ({"namespaces": ["a", "a"]}, "/operator/namespaces"),
        ({"namespaces": ["Not A Name"]}, "/operator/namespaces/0"),
        ({"namespaces": None}, "namespaces"),
        ({"maxActiveJobs": -1}, "/operator/maxActiveJobs"),
        ({"maxActiveJobs": None}, "maxActiveJobs"),
        ({"maxActiveJobsPerNamespace": "many"}, "/operator/maxActiveJobsPerNamespace"),
        ({"workers": 0}, "/operator/workers"),
        ({"leaseSeconds": 2}, "/operator/leaseSeconds"),
        ({"extraEnv": [{"name": "VIDEOTUTOR_SCOPE", "value": "cluster"}]}, "operator.extraEnv must not set"),
        ({"extraEnv": [{"name": "CALLBACK_SECRET", "value": "x"}]}, "operator.extraEnv must not set CALLBACK_SECRET"),
    ],
)
def test_a_wrong_value_of_the_operator_is_refused_by_its_name(given: dict[str, Any], refusal: str) -> None:
    done = template({"operator": given})
    assert done.returncode != 0
    assert refusal in done.stderr


def test_what_another_namespace_needs_is_made_by_two_files_that_name_no_namespace() -> None:
    objects = rendered({"operator": {"scope": "cluster"}})
    for kind, name in (
        ("ServiceAccount", "videotutor-renderer"),
        ("NetworkPolicy", "videotutor-tasks"),
        ("PersistentVolumeClaim", "videotutor-artifacts"),
    ):
        assert "namespace" not in named(objects, kind, name)["metadata"]
    assert (CHART / "templates" / "renderer.yaml").exists()
    assert (CHART / "templates" / "artifacts.yaml").exists()


def test_each_replica_is_found_by_its_metrics_port_ready_or_not() -> None:
    service = named(rendered(), "Service", "videotutor-operator-metrics")["spec"]
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True
    assert service["selector"] == SELECTOR
    (container,) = pod(operator())["containers"]
    assert container["ports"] == [{"name": "health", "containerPort": 8081}]
    assert service["ports"] == [{"name": "metrics", "port": 8081, "targetPort": "health"}]


@pytest.mark.parametrize(
    ("peers", "ingress"),
    [
        ([], None),
        ([{"podSelector": {}}], [{"ports": [{"protocol": "TCP", "port": "health"}], "from": [{"podSelector": {}}]}]),
    ],
)
def test_the_metrics_are_open_to_those_who_are_named(peers: list[Any], ingress: list[Any] | None) -> None:
    objects = rendered({"networkPolicy": {"metricsFrom": peers}})
    policy = named(objects, "NetworkPolicy", "videotutor-operator")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy.get("ingress") == ingress


def test_a_cluster_without_the_prometheus_operator_gets_no_object_of_it() -> None:
    assert not [thing for thing in rendered(EVERYTHING) if thing["apiVersion"].startswith("monitoring.coreos.com")]


def test_the_pod_monitor_finds_the_pods_and_carries_the_labels_that_prometheus_selects_by() -> None:
    monitor = named(rendered(MONITORED), "PodMonitor", "videotutor-operator")
    assert monitor["metadata"]["labels"].items() >= {"release": "true", **SELECTOR}.items()
    assert monitor["spec"]["selector"] == {"matchLabels": SELECTOR}
    assert monitor["spec"]["podMetricsEndpoints"] == [{"port": "health", "path": "/metrics", "interval": "1m"}]


def test_alerts_are_about_metrics_that_the_operator_has_and_about_this_namespace_only() -> None:
    rule = named(rendered(MONITORED), "PrometheusRule", "videotutor-operator")
    assert rule["metadata"]["labels"]["release"] == "true"
    (group,) = rule["spec"]["groups"]
    known = {f"{metric.name}_total" if metric.type == "counter" else metric.name for metric in REGISTRY.collect()}
    for alert in group["rules"]:
        used = re.findall(r"videotutor_\w+", alert["expr"])
        assert used
        assert set(used) <= known
        assert alert["expr"].count(f'{{namespace="{NAMESPACE}"}}') == len(used)
        assert alert["annotations"]["summary"]
