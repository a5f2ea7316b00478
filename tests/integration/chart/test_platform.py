"""What platforms ask for: names, labels, accounts, placement, clusters that choose the user, availability."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.chart.helm import (
    EVERYTHING,
    NAMESPACE,
    cluster_name,
    of_kind,
    on_cluster,
    pod_specs,
    rendered,
    template,
)
from tests.integration.chart.settings import settings_of
from tests.unit.operator.world import World
from videotutor_operator.manifests.job import job_manifest

MANY = {"artifacts": {"accessMode": "ReadWriteMany"}, "api": {"replicas": 2}}


def a_job(objects: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A Job as the operator of these objects makes it."""
    settings = settings_of(objects, monkeypatch)
    video = World(1, settings.site()).succeeded()
    return job_manifest(video.job, video.created[0], settings.runtime())


def named(objects: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (found,) = [thing for thing in of_kind(objects, kind) if thing["metadata"]["name"] == name]
    return found


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "videotutor-api"),
        ({"nameOverride": "lessons"}, "videotutor-lessons-api"),
        ({"nameOverride": "video"}, "videotutor-api"),
        ({"fullnameOverride": "lessons"}, "lessons-api"),
    ],
)
def test_names_can_be_chosen_and_selectors_stay(values: dict[str, Any], name: str) -> None:
    selector = named(rendered(values), "Deployment", name)["spec"]["selector"]["matchLabels"]
    assert selector["app.kubernetes.io/name"] == "videotutor"


def test_common_labels_are_on_every_object_and_pod_and_on_render_pods(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = rendered(EVERYTHING)
    pods = [o["spec"]["template"] for o in of_kind(objects, "Deployment", "Job")]
    job = a_job(objects, monkeypatch)
    for thing in [*objects, *pods, job, job["spec"]["template"]]:
        assert thing["metadata"]["labels"]["example.org/owner"] == "true", thing
    assert all("example.org/owner" not in d["spec"]["selector"]["matchLabels"] for d in of_kind(objects, "Deployment"))


def test_accounts_can_be_annotated_named_or_left_to_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    account = named(rendered(EVERYTHING), "ServiceAccount", "videotutor-api")
    assert account["metadata"]["annotations"] == {"example.org/role": "true"}
    parts = ("api", "operator", "renderer")
    objects = rendered({part: {"serviceAccount": {"create": False, "name": f"my-{part}"}} for part in parts})
    made = {account["metadata"]["name"] for account in of_kind(objects, "ServiceAccount")}
    assert made == {"videotutor-tester"}
    used = {name: spec["serviceAccountName"] for name, spec in pod_specs(objects)}
    assert used["videotutor-api"] == "my-api"
    assert used["videotutor-operator"] == "my-operator"
    assert a_job(objects, monkeypatch)["spec"]["template"]["spec"]["serviceAccountName"] == "my-renderer"
    for part in ("api", "operator"):
        (subject,) = named(objects, "RoleBinding", f"videotutor-{part}")["subjects"]
        assert subject["name"] == f"my-{part}"
    policy = json.dumps(named(objects, "ValidatingAdmissionPolicy", cluster_name("jobs")))
    assert f"system:serviceaccount:{NAMESPACE}:my-operator'" in policy
    assert "== 'my-renderer'" in policy


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"api": {"serviceAccount": {"create": False}}}, "give the name of your account in api.serviceAccount.name"),
        ({"renderer": {"serviceAccount": {"name": "videotutor-operator"}}}, "renderer.serviceAccount.name is video"),
        ({"commonLabels": {"app.kubernetes.io/instance": "x"}}, "commonLabels must not set app.kubernetes.io/instance"),
        ({"api": {"extraEnv": [{"name": "PORT", "value": "1"}]}}, "api.extraEnv must not set PORT"),
        ({"fullnameOverride": "9lives"}, "/fullnameOverride"),
        (
            {"proxy": {"url": "http://p:1"}, "renderer": {"extraEnv": [{"name": "no_proxy", "value": "x"}]}},
            "renderer.extraEnv has no_proxy, and proxy.url is given",
        ),
    ],
)
def test_what_would_mix_parts_up_is_refused(values: dict[str, Any], named: str) -> None:
    done = template(values)
    assert done.returncode != 0
    assert named in done.stderr


def test_a_part_can_be_placed_on_its_own() -> None:
    values = {"nodeSelector": {"pool": "all"}, "api": {"scheduling": {"nodeSelector": {"pool": "web"}}}}
    pods = {name: spec["nodeSelector"] for name, spec in pod_specs(rendered(values))}
    assert pods["videotutor-api"] == {"pool": "web"}
    assert pods["videotutor-operator"] == pods["videotutor-test"] == {"pool": "all"}


def test_openshift_chooses_the_user_of_every_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = rendered({"openshift": True, "artifacts": {"keep": False}})
    pods = [*dict(pod_specs(objects)).values(), a_job(objects, monkeypatch)["spec"]["template"]["spec"]]
    assert len(pods) == 5
    for pod in pods:
        assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


BUNDLE = {"caBundle": {"configMap": "authorities", "key": "ca.pem"}}


def test_every_part_that_calls_out_trusts_the_given_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = rendered(BUNDLE)
    pods = dict(pod_specs(objects)) | {"job": a_job(objects, monkeypatch)["spec"]["template"]["spec"]}
    for name in ("videotutor-api", "videotutor-operator", "job"):
        (container,) = pods[name]["containers"]
        assert {"name": "SSL_CERT_FILE", "value": "/etc/videotutor/ca/ca.pem"} in container["env"]
        assert {"name": "ca", "mountPath": "/etc/videotutor/ca", "readOnly": True} in container["volumeMounts"]
        assert {"name": "ca", "configMap": {"name": "authorities"}} in pods[name]["volumes"]
    policy = json.dumps(named(objects, "ValidatingAdmissionPolicy", cluster_name("jobs")))
    assert "has(v.configMap) && v.configMap.name == 'authorities'" in policy
    assert "SSL_CERT_FILE" not in json.dumps(rendered())


def test_authorities_that_are_not_in_the_cluster_are_named(namespace: str) -> None:
    done = on_cluster("template", "videotutor", "default", **BUNDLE)
    assert "caBundle.configMap names authorities, and the namespace default has no ConfigMap" in done.stderr


def test_every_part_calls_the_outside_through_the_proxy_and_kubernetes_directly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = {
        "proxy": {"url": "http://proxy.example:3128", "noProxy": [".corp.example"]},
        "planner": {"llm": {"url": "https://models.example/v1", "model": "m"}},
        "operator": {"namespaces": []},
    }
    objects = rendered(values)
    pods = dict(pod_specs(objects)) | {"job": a_job(objects, monkeypatch)["spec"]["template"]["spec"]}
    for name in ("videotutor-api", "videotutor-operator", "job"):
        (container,) = pods[name]["containers"]
        variables = {variable["name"]: variable.get("value", "") for variable in container["env"]}
        assert variables["HTTPS_PROXY"] == variables["HTTP_PROXY"] == "http://proxy.example:3128"
        direct = variables["NO_PROXY"].split(",")
        assert {".svc", ".cluster.local", "localhost", ".corp.example"} <= set(direct)
        assert ("$(KUBERNETES_SERVICE_HOST)" in direct) == (name != "job")
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(objects, "NetworkPolicy")}
    for name in ("videotutor-api", "videotutor-operator", "videotutor-llm"):
        ports = [port["port"] for rule in policies[name]["egress"] for port in rule["ports"]]
        assert 3128 in ports, name


def test_replicas_of_the_api_spread_and_are_drained_one_at_a_time() -> None:
    objects = rendered(MANY)
    deployment = named(objects, "Deployment", "videotutor-api")["spec"]
    (spread,) = deployment["template"]["spec"]["topologySpreadConstraints"]
    selector = deployment["selector"]
    assert spread["labelSelector"] == selector
    assert spread["topologyKey"] == "kubernetes.io/hostname"
    budget = named(objects, "PodDisruptionBudget", "videotutor-api")["spec"]
    assert (budget["maxUnavailable"], budget["selector"]) == (1, selector)
    single = rendered()
    assert [b["metadata"]["name"] for b in of_kind(single, "PodDisruptionBudget")] == ["videotutor-operator"]


def test_probes_have_a_port_of_their_own_that_no_service_opens() -> None:
    objects = rendered()
    (container,) = named(objects, "Deployment", "videotutor-api")["spec"]["template"]["spec"]["containers"]
    assert {"name": "probes", "containerPort": 8081} in container["ports"]
    assert {"name": "PROBE_PORT", "value": "8081"} in container["env"]
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert {probe["port"] for probe in probes.values()} == {"probes"}
    assert probes["readinessProbe"]["path"] == "/ready"
    ports = named(objects, "Service", "videotutor-api")["spec"]["ports"]
    assert [port["targetPort"] for port in ports] == ["http"]


def test_a_rolling_update_of_the_api_ends_no_pod_that_still_receives_requests() -> None:
    deployment = named(rendered(MANY), "Deployment", "videotutor-api")["spec"]
    assert deployment["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= 5
    assert pod["terminationGracePeriodSeconds"] > pause + 10


def test_pods_of_hooks_have_the_labels_and_annotations_of_the_other_pods() -> None:
    objects = rendered(EVERYTHING | {"artifacts": {"keep": False}})
    pods = {job["metadata"]["name"]: job["spec"]["template"]["metadata"] for job in of_kind(objects, "Job")}
    assert pods.keys() == {"videotutor-test", "videotutor-cleanup"}
    for metadata in pods.values():
        assert metadata["labels"]["example.org/team"] == "12"
        assert metadata["annotations"]["example.org/flag"] == "true"
    none = {"cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": None}
    bare = of_kind(rendered({"podAnnotations": none}), "Job")
    assert not any(job["spec"]["template"]["metadata"].get("annotations") for job in bare)
