from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.chart.helm import (
    CHART,
    EVERYTHING,
    MONITORED,
    SECRETS,
    cluster_name,
    of_kind,
    on_cluster,
    pod_specs,
    rendered,
    template,
)
from tests.integration.chart.policies import selects
from videojob import names
from videojob.llm import LlmSettings

DIGEST = f"sha256:{'0f' * 32}"


@pytest.fixture(scope="module")
def everything() -> list[dict[str, Any]]:
    return rendered(EVERYTHING)


def test_every_pod_satisfies_the_restricted_pod_security_standard(everything: list[dict[str, Any]]) -> None:
    pods = dict(pod_specs(everything))
    assert set(pods) == {"videotutor-api", "videotutor-operator", "videotutor-convex", "videotutor-test"}
    for spec in pods.values():
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_every_container_has_requests_and_a_memory_limit(everything: list[dict[str, Any]]) -> None:
    containers = [container for _, spec in pod_specs(everything) for container in spec["containers"]]
    assert all({"cpu", "memory"} <= set(container["resources"]["requests"]) for container in containers)
    assert all("memory" in container["resources"]["limits"] for container in containers)


def test_the_api_and_the_operator_reserve_and_bound_their_ephemeral_storage() -> None:
    pods = dict(pod_specs(rendered()))
    for name in ("videotutor-api", "videotutor-operator"):
        resources = pods[name]["containers"][0]["resources"]
        assert resources["requests"]["ephemeral-storage"] == "64Mi"
        assert resources["limits"]["ephemeral-storage"] == "256Mi"


def test_only_the_api_the_operator_and_hooks_hold_a_service_account_token(everything: list[dict[str, Any]]) -> None:
    holders = {name for name, spec in pod_specs(everything) if spec["automountServiceAccountToken"]}
    assert holders == {"videotutor-api", "videotutor-operator", "videotutor-test"}
    assert not any(account["automountServiceAccountToken"] for account in of_kind(everything, "ServiceAccount"))


def test_roles_name_every_resource_and_verb_and_give_no_right_to_a_secret(everything: list[dict[str, Any]]) -> None:
    rules = [rule for role in of_kind(everything, "Role", "ClusterRole") for rule in role["rules"]]
    assert rules
    assert "*" not in json.dumps(rules)
    assert not any("secrets" in rule["resources"] for rule in rules)


def test_secrets_reach_containers_by_reference_only(everything: list[dict[str, Any]]) -> None:
    values = [*SECRETS.values(), "p" * 16, "q" * 16, "local|0123456789"]
    others = json.dumps([thing for thing in everything if thing["kind"] != "Secret"])
    assert not [value for value in values if value in others]
    variables = {
        variable["name"]: variable.get("valueFrom", {})
        for _, spec in pod_specs(everything)
        for container in spec["containers"]
        for variable in container.get("env", [])
    }
    secret = [name for name in variables if "SECRET" in name or "KEY" in name]
    assert {"WEBHOOK_SECRET", "CALLBACK_SECRET", "ADMIN_KEY", "WEBHOOK_SECRET_PREVIOUS"} <= set(secret)
    assert all("secretKeyRef" in variables[name] for name in secret)


def test_a_changed_secret_restarts_the_pods() -> None:
    def checksums(webhook: str) -> set[str]:
        deployments = of_kind(rendered({"secrets": SECRETS | {"webhook": webhook}}), "Deployment")
        metadata = [deployment["spec"]["template"]["metadata"] for deployment in deployments]
        return {pod["annotations"]["checksum/secrets"] for pod in metadata}

    assert checksums("a" * 20) == checksums("a" * 20)
    assert checksums("a" * 20).isdisjoint(checksums("b" * 20))


def test_generated_secrets_are_long_and_the_same_for_the_secret_and_the_checksum() -> None:
    done = on_cluster("template", "videotutor", "default", secrets={})
    assert done.returncode == 0, done.stderr
    objects = [document for document in yaml.safe_load_all(done.stdout) if document]
    (secret,) = of_kind(objects, "Secret")
    assert set(secret["data"]) == {"WEBHOOK_SECRET", "CALLBACK_SECRET"}
    assert secret["data"]["WEBHOOK_SECRET"] != secret["data"]["CALLBACK_SECRET"]
    deployments = of_kind(objects, "Deployment")
    sums = {item["spec"]["template"]["metadata"]["annotations"]["checksum/secrets"] for item in deployments}
    assert len(sums) == 1


@pytest.mark.parametrize("given", [{}, {"webhook": "w" * 16}])
def test_no_secret_is_generated_without_a_cluster_where_the_next_one_would_differ(given: dict[str, str]) -> None:
    done = template({"secrets": given})
    assert done.returncode != 0
    missing = "callback" if given else "webhook"
    assert f"secrets.{missing} is empty, and Helm renders without the cluster (helm template, Argo CD" in done.stderr


def test_an_existing_secret_and_an_existing_claim_are_used_and_not_made() -> None:
    objects = rendered({"secrets": {"existingSecret": "ours"}, "artifacts": {"existingClaim": "disk"}})
    assert not of_kind(objects, "Secret", "PersistentVolumeClaim")
    text = json.dumps(of_kind(objects, "Deployment"))
    assert '"secretKeyRef": {"name": "ours"' in text
    assert '"persistentVolumeClaim": {"claimName": "disk"}' in text
    assert '"name": "VIDEOTUTOR_ARTIFACTS_CLAIM", "value": "disk"' in text


@pytest.mark.parametrize(("mode", "surge"), [("ReadWriteOnce", 0), ("ReadWriteMany", 1)])
def test_a_volume_for_one_node_is_let_go_before_the_next_pod_of_the_api_takes_it(mode: str, surge: int) -> None:
    (api,) = [
        item
        for item in of_kind(rendered({"artifacts": {"accessMode": mode}}), "Deployment")
        if item["metadata"]["name"] == "videotutor-api"
    ]
    assert api["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge") == surge


@pytest.mark.parametrize(
    ("tag", "image"),
    [
        ("", "registry.example/videotutor/api:0.2.0"),
        ("2.0-rc.1", "registry.example/videotutor/api:2.0-rc.1"),
        (DIGEST, f"registry.example/videotutor/api@{DIGEST}"),
        (f"2.0@{DIGEST}", f"registry.example/videotutor/api:2.0@{DIGEST}"),
    ],
)
def test_an_image_is_named_by_its_tag_or_pinned_by_its_digest(tag: str, image: str) -> None:
    pods = dict(pod_specs(rendered({"images": {"api": {"tag": tag}}})))
    assert pods["videotutor-api"]["containers"][0]["image"] == image


def images_of(values: dict[str, Any]) -> set[str]:
    """Every image that the chart names, for its own pods and for Jobs."""
    local = {"publicUrl": "http://a.b", "convexLocal": {"enabled": True}}
    pods = dict(pod_specs(rendered(local | values)))
    containers = [container for pod in pods.values() for container in pod["containers"]]
    renderer = {"VIDEOTUTOR_RENDERER_IMAGE"}
    named = [v["value"] for c in containers for v in c.get("env", []) if v["name"] in renderer]
    return {container["image"] for container in containers} | set(named)


def test_no_image_comes_from_a_registry_that_the_values_do_not_name() -> None:
    done = template({"images": {"registry": ""}})
    assert done.returncode != 0
    assert re.search(r"images.registry is empty and images.(\w+).repository, videotutor/\1, names no", done.stderr)
    own = {key: {"repository": f"localhost/{key.lower()}", "tag": "1"} for key in PARTS}
    assert images_of({"images": {"registry": "", **own}}) == {f"localhost/{key.lower()}:1" for key in PARTS}


PARTS = ("api", "operator", "renderer", "convexLocal")


def test_a_registry_applies_to_every_image_and_a_repository_may_name_its_own() -> None:
    tags = {key: {"tag": "1"} for key in PARTS}
    images = tags | {"registry": "registry.example:5000/team", "api": {"repository": "other.example/api", "tag": "1"}}
    rest = {f"registry.example:5000/team/videotutor/{part}:1" for part in ("operator", "renderer", "convex-local")}
    assert images_of({"images": images}) == {"other.example/api:1", *rest}


def test_the_registry_of_an_umbrella_chart_applies_to_every_image() -> None:
    images = {key: {"tag": "1"} for key in PARTS} | {"api": {"repository": "other.example/api", "tag": "1"}}
    rest = {f"mirror.example/videotutor/{part}:1" for part in ("operator", "renderer", "convex-local")}
    values = {"images": images, "global": {"imageRegistry": "mirror.example"}}
    assert images_of(values) == {"mirror.example/api:1", *rest}


@pytest.mark.parametrize(("registry", "allowed"), [("a.example", {"a.example"}), ("docker.io/b", {"docker.io/b", "b"})])
def test_jobs_may_run_the_image_of_that_registry(registry: str, allowed: set[str]) -> None:
    """A video from before images.registry was given has docker.io's image by its short name."""
    objects = rendered({"images": {"registry": registry}})
    policies = {policy["metadata"]["name"]: policy for policy in of_kind(objects, "ValidatingAdmissionPolicy")}
    name = cluster_name("jobs")
    rules = [rule for rule in policies[name]["spec"]["validations"] if "c.image.matches" in rule["expression"]]
    (pattern,) = re.findall(r"r'\^\((.*?)\)\(:", rules[0]["expression"])
    assert set(pattern.replace("\\", "").split("|")) == {f"{part}/videotutor/renderer" for part in allowed}


def test_jobs_get_the_registry_credentials_through_an_account_without_rights(everything: list[dict[str, Any]]) -> None:
    (account,) = [a for a in of_kind(everything, "ServiceAccount") if a["metadata"]["name"] == "videotutor-renderer"]
    assert account["imagePullSecrets"] == EVERYTHING["imagePullSecrets"]
    assert '"name": "VIDEOTUTOR_JOB_SERVICE_ACCOUNT", "value": "videotutor-renderer"' in json.dumps(everything)
    assert "videotutor-renderer" not in json.dumps(of_kind(everything, "RoleBinding"))


@pytest.mark.parametrize(("values", "kept"), [({}, "86400"), ({"renderer": {"jobTtlSeconds": 31_536_000}}, "31536000")])
def test_ended_jobs_are_kept_for_a_day_or_as_long_as_is_set(values: dict[str, Any], kept: str) -> None:
    (container,) = dict(pod_specs(rendered(values)))["videotutor-operator"]["containers"]
    (setting,) = [variable for variable in container["env"] if variable["name"] == "VIDEOTUTOR_JOB_TTL_SECONDS"]
    assert setting["value"] == kept


def test_without_convex_nobody_is_told_and_nothing_signs_reports() -> None:
    text = json.dumps(of_kind(rendered(), "Deployment"))
    assert "CONVEX_SITE_URL" not in text
    assert "CALLBACK_SECRET" not in text


def test_the_definition_can_be_kept_removed_with_the_release_or_left_to_others() -> None:
    def definitions(**crds: bool) -> list[dict[str, Any]]:
        return of_kind(rendered({"crds": crds}), "CustomResourceDefinition")

    (kept,) = definitions()
    assert kept["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    (removed,) = definitions(keep=False, deleteAllVideoJobs=True)
    assert "annotations" not in removed["metadata"]
    assert definitions(install=False) == []


def test_the_definition_keeps_annotations_of_its_own(tmp_path: Path) -> None:
    chart = shutil.copytree(CHART, tmp_path / "chart")
    file = chart / "files" / "crd.yaml"
    file.write_text(file.read_text().replace("metadata:\n", "metadata:\n  annotations: {a: b}\n", 1))
    (definition,) = of_kind(rendered(chart=chart), "CustomResourceDefinition")
    assert definition["metadata"]["annotations"] == {"a": "b", "helm.sh/resource-policy": "keep"}


def test_task_pods_may_connect_to_nothing(everything: list[dict[str, Any]]) -> None:
    (policy,) = [p for p in of_kind(everything, "NetworkPolicy") if p["metadata"]["name"] == "videotutor-tasks"]
    assert policy["spec"] == {
        "podSelector": {"matchExpressions": [{"key": "videotutor.dev/task", "operator": "Exists"}]},
        "policyTypes": ["Ingress", "Egress"],
    }


LLM = {
    "url": "http://models.example:8000/v1",
    "model": "teacher-1",
    "existingSecret": "model-key",
    "maxTokens": 1000000,
}


def test_without_a_language_model_nothing_is_told_of_one_and_no_job_gets_out() -> None:
    objects = rendered()
    assert "VIDEOTUTOR_LLM" not in json.dumps(of_kind(objects, "Deployment"))
    assert "videotutor-llm" not in [policy["metadata"]["name"] for policy in of_kind(objects, "NetworkPolicy")]


def test_the_operator_is_given_the_language_model_as_it_reads_it_and_the_name_of_the_secret() -> None:
    (container,) = dict(pod_specs(rendered({"planner": {"llm": LLM}})))["videotutor-operator"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    settings = LlmSettings.model_validate_json(variables["VIDEOTUTOR_LLM"])
    assert (settings.url, settings.model, settings.max_tokens) == (LLM["url"], LLM["model"], LLM["maxTokens"])
    assert variables["VIDEOTUTOR_LLM_CREDENTIALS"] == "model-key"


def test_the_charts_limits_of_the_language_model_are_the_renderers_own() -> None:
    (container,) = dict(pod_specs(rendered({"planner": {"llm": LLM | {"maxTokens": 100000}}})))["videotutor-operator"][
        "containers"
    ]
    (given,) = [variable["value"] for variable in container["env"] if variable["name"] == "VIDEOTUTOR_LLM"]
    assert LlmSettings.model_validate_json(given) == LlmSettings(url=LLM["url"], model=LLM["model"])


SPEECH = {"url": "http://speech.example:8000/v1", "model": "kokoro", "existingSecret": "speech-key"}


def test_without_voices_and_an_endpoint_nothing_is_told_of_them_and_no_job_gets_out() -> None:
    objects = rendered()
    assert not {"VOICES", "SPEECH"} & set(re.findall(r"VOICES|SPEECH", json.dumps(of_kind(objects, "Deployment"))))
    assert "videotutor-speech" not in [policy["metadata"]["name"] for policy in of_kind(objects, "NetworkPolicy")]


def test_the_operator_is_told_of_voices_and_of_the_speech_endpoint() -> None:
    values = {"renderer": {"voices": {"existingClaim": "piper-voices"}, "speech": SPEECH}}
    (container,) = dict(pod_specs(rendered(values)))["videotutor-operator"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert {name: value for name, value in variables.items() if re.search("VOICES|SPEECH", name)} == {
        "VIDEOTUTOR_VOICES_CLAIM": "piper-voices",
        "VIDEOTUTOR_SPEECH_URL": SPEECH["url"],
        "VIDEOTUTOR_SPEECH_MODEL": "kokoro",
        "VIDEOTUTOR_SPEECH_CREDENTIALS": "speech-key",
    }


ANYWHERE = [
    {"namespaceSelector": {}},
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}},
    {"ipBlock": {"cidr": "::/0", "except": ["fd00:ec2::254/128"]}},
]
"""Every address but those of the metadata services, which hand out the credentials of a node."""


@pytest.mark.parametrize(
    ("narrowed", "rule"),
    [
        ({}, {"ports": [{"protocol": "TCP", "port": 8000}], "to": ANYWHERE}),
        (
            {"To": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "Ports": [8080]},
            {"ports": [{"protocol": "TCP", "port": 8080}], "to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}]},
        ),
    ],
)
@pytest.mark.parametrize(
    ("what", "values", "label"),
    [
        ("llm", {"planner": {"llm": LLM}}, {names.LABEL_NETWORK: names.NETWORK_LLM}),
        ("speech", {"renderer": {"speech": SPEECH}}, {names.LABEL_SPEECH: names.SPEECH_ENDPOINT}),
    ],
)
def test_only_jobs_that_may_ask_an_endpoint_reach_it(
    what: str, values: dict[str, Any], label: dict[str, str], narrowed: dict[str, Any], rule: dict[str, Any]
) -> None:
    network = {f"{what}{name}": value for name, value in narrowed.items()}
    objects = rendered({**values, "networkPolicy": network})
    (policy,) = [p for p in of_kind(objects, "NetworkPolicy") if p["metadata"]["name"] == f"videotutor-{what}"]
    assert policy["spec"]["podSelector"] == {"matchLabels": label}
    dns, out = policy["spec"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {53}
    assert out == rule


def test_the_pod_of_helm_test_reaches_the_api_in_a_namespace_that_denies_by_default() -> None:
    objects = rendered(EVERYTHING | {"networkPolicy": {"dnsPort": 5353, "apiFrom": [{"podSelector": {}}]}})
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(objects, "NetworkPolicy")}
    (job,) = of_kind(objects, "Job")
    hooks, api = (policies[f"videotutor-{part}"]["podSelector"] for part in ("test", "api"))
    assert selects(hooks, job["spec"]["template"]["metadata"]["labels"])
    tested = {"matchLabels": api["matchLabels"] | {"app.kubernetes.io/component": "test"}}
    dns, cluster, out = policies["videotutor-test"]["egress"]
    assert {port["port"] for port in dns["ports"]} == {5353}
    assert {port["port"] for port in cluster["ports"]} >= {443, 6443}
    assert out == {"ports": [{"protocol": "TCP", "port": "http"}], "to": [{"podSelector": api}]}
    assert {"podSelector": tested} in policies["videotutor-api"]["ingress"][0]["from"]


def test_the_pod_of_helm_test_fits_a_quota_that_the_api_fits() -> None:
    resources = {"requests": {"cpu": "20m", "memory": "96Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
    pods = dict(pod_specs(rendered({"api": {"resources": resources}})))
    given = pods["videotutor-api"]["containers"][0]["resources"]
    assert given["limits"].items() >= resources["limits"].items()
    assert pods["videotutor-test"]["containers"][0]["resources"] == given


def test_the_port_of_convex_is_opened_for_the_api_and_the_operator() -> None:
    objects = rendered({"publicUrl": "https://a.b", "convex": {"siteUrl": "http://convex.example:3211/path"}})
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(objects, "NetworkPolicy")}
    for name in ("videotutor-api", "videotutor-operator"):
        ports = [port["port"] for rule in policies[name]["egress"] for port in rule["ports"]]
        assert ports == [53, 53, 443, 6443, 3211]


def test_a_port_of_convex_that_is_open_already_is_opened_once() -> None:
    objects = rendered({"publicUrl": "https://a.b", "convex": {"siteUrl": "https://convex.example"}})
    (policy,) = [p for p in of_kind(objects, "NetworkPolicy") if p["metadata"]["name"] == "videotutor-api"]
    assert [port["port"] for port in policy["spec"]["egress"][1]["ports"]] == [443, 6443]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"api": {"service": None}}, "'/api': missing property 'service'"),
        ({"networkPolicy": {"egressPorts": None}}, "'/networkPolicy': missing property 'egressPorts'"),
        ({"renderer": {"runtimeClassName": None}}, "'/renderer': missing property 'runtimeClassName'"),
        ({"images": {"api": {"repository": "Registry/API"}}}, "/images/api/repository"),
        ({"images": {"api": {"repository": "registry/api:1.0"}}}, "/images/api/repository"),
        ({"images": {"api": {"repository": "Team/api"}}}, "/images/api/repository"),
        ({"images": {"registry": "team"}}, "/images/registry"),
        ({"images": {"registry": "https://registry.example"}}, "/images/registry"),
        ({"global": {"imageRegistry": "registry.example/"}}, "/global/imageRegistry"),
        ({"global": {"imageregistry": "registry.example"}}, "global.imageregistry is not a value of this chart"),
        ({"crds": {"keep": False}}, "crds.keep is false: an uninstall would delete the VideoJobs of every namespace"),
        ({"api": {"replicas": -1}}, "/api/replicas"),
        ({"api": {"service": {"type": "Nodeport"}}}, "/api/service/type"),
        ({"api": {"webOrigins": ["https://app.example/"]}}, "/api/webOrigins/0"),
        ({"operator": {"replicas": -1}}, "/operator/replicas"),
        ({"operator": {"scope": "everywhere"}}, "/operator/scope"),
        ({"operator": {"metrics": {"podMonitor": {"interval": "often"}}}}, "/operator/metrics/podMonitor/interval"),
        ({"operator": {"metrics": {"rules": {"labels": {"a": 1}}}}}, "/operator/metrics/rules/labels/a"),
        ({"networkPolicy": {"metricsFrom": ["all"]}}, "/networkPolicy/metricsFrom/0"),
        ({**MONITORED, "networkPolicy": {"metricsFrom": []}}, "networkPolicy.metricsFrom"),
        ({"artifacts": {"sizze": "1Gi"}}, "sizze"),
        ({"artifacts": {"size": "much"}}, "/artifacts/size"),
        ({"images": {"api": {"tag": "sha256:12ab"}}}, "/images/api/tag"),
        ({"artifacts": {"accessMode": "ReadWriteOncePod"}}, "/artifacts/accessMode"),
        ({"convex": {"siteUrl": "convex.example"}}, "/convex/siteUrl"),
        ({"networkPolicy": {"egressPorts": [0]}}, "/networkPolicy/egressPorts/0"),
        ({"renderer": {"resources": {"limits": {"memory": "lots"}}}}, "/renderer/resources/limits/memory"),
        ({"renderer": {"resources": {"limits": {"memory": "512m"}}}}, "/renderer/resources/limits/memory"),
        ({"operator": {"resources": {"requests": {"memory": "128m"}}}}, "/operator/resources/requests/memory"),
        (
            {"renderer": {"resources": {"requests": {"memory": "2Gi"}}}},
            "renderer.resources.requests.memory is 2Gi, more than the limit, 1536Mi: lower the request",
        ),
        ({"renderer": {"resources": {"requests": {"cpu": 2.5}}}}, "renderer.resources.requests.cpu is 2.5"),
        ({"api": {"resources": {"requests": {"memory": 536870913}}}}, "api.resources.requests.memory is"),
        ({"renderer": {"resources": {"requests": {"memory": -1}}}}, "/renderer/resources/requests/memory"),
        ({"renderer": {"resources": {"requests": {"cpu": -1}}}}, "/renderer/resources/requests/cpu"),
        ({"renderer": {"resources": {"requests": {"memory": 0.5}}}}, "/renderer/resources/requests/memory"),
        ({"renderer": {"resources": {"requests": {"gpu": 1}}}}, "/renderer/resources/requests"),
        (
            {"renderer": {"resources": {"requests": {"nvidia.com/gpu": 1}}}},
            "Kubernetes needs the same in renderer.resources.limits.nvidia.com/gpu",
        ),
        ({"renderer": {"allowed": {"maxResources": {"memory": "512m"}}}}, "/renderer/allowed/maxResources/memory"),
        ({"artifacts": {"size": "512m"}}, "/artifacts/size"),
        ({"artifacts": {"existingClaim": "Bad_Name"}}, "/artifacts/existingClaim"),
        ({"artifacts": {"storageClass": "fast disk"}}, "/artifacts/storageClass"),
        ({"secrets": {"existingSecret": "Bad_Name"}}, "/secrets/existingSecret"),
        ({"ingress": {"host": "https://videos.example"}}, "/ingress/host"),
        ({"ingress": {"tlsSecret": "Bad_Name"}}, "/ingress/tlsSecret"),
        ({"ingress": {"className": "Bad_Name"}}, "/ingress/className"),
        ({"renderer": {"jobTtlSeconds": 59}}, "/renderer/jobTtlSeconds"),
        ({"renderer": {"jobTtlSeconds": "1d"}}, "/renderer/jobTtlSeconds"),
        ({"planner": {"llm": {"url": "models.example"}}}, "/planner/llm/url"),
        ({"planner": {"llm": {"url": "https://me:pass@models.example"}}}, "/planner/llm/url"),
        ({"planner": {"llm": {"mode": "magic"}}}, "/planner/llm/mode"),
        ({"planner": {"llm": {"maxCost": 0}}}, "/planner/llm/maxCost"),
        ({"planner": {"llm": {"key": "sk-1"}}}, "key"),
        ({"planner": {"llm": {"url": "https://a.b"}}}, "planner.llm.model"),
        ({"planner": {"llm": {"model": "teacher-1"}}}, "planner.llm.url"),
        ({"planner": {"llm": LLM | {"inputPrice": 1}}}, "planner.llm.outputPrice"),
        ({"planner": {"llm": LLM | {"maxCost": 1}}}, "planner.llm.maxCost"),
        ({"networkPolicy": {"llmPorts": [0]}}, "/networkPolicy/llmPorts/0"),
        ({"renderer": {"voices": {"existingClaim": "Not A Name"}}}, "/renderer/voices/existingClaim"),
        ({"renderer": {"speech": {"url": "speech.example"}}}, "/renderer/speech/url"),
        ({"renderer": {"speech": {"url": "https://me:pass@speech.example"}}}, "/renderer/speech/url"),
        ({"renderer": {"speech": {"key": "sk-1"}}}, "key"),
        ({"networkPolicy": {"speechPorts": [0]}}, "/networkPolicy/speechPorts/0"),
        ({"ingress": {"enabled": True}}, "ingress.host"),
        ({"convexLocal": {"enabled": True}, "convex": {"siteUrl": "https://a.b"}}, "convexLocal.enabled"),
        ({"convex": {"siteUrl": "https://a.b"}}, "publicUrl"),
        ({"podLabels": {"app.kubernetes.io/name": "ours"}}, "podLabels must not set app.kubernetes.io/name"),
        ({"podLabels": {"videotutor.dev/task": "scene"}}, "podLabels must not set videotutor.dev/task"),
        ({"convexLocal": {"enabled": True}}, "publicUrl"),
        ({"secrets": {"existingSecret": "ours", "webhook": "w" * 16}}, "secrets.webhook"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(values: dict[str, Any], named: str) -> None:
    done = template(values)
    assert done.returncode != 0
    assert named in done.stderr


def test_a_short_secret_is_refused_without_being_printed() -> None:
    done = template({"secrets": {"callback": "hunter2"}})
    assert done.returncode != 0
    assert "secrets.callback is too short" in done.stderr
    assert "hunter2" not in done.stderr + done.stdout


def test_releases_of_which_namespace_and_name_together_read_the_same_share_no_object_of_the_cluster() -> None:
    def named(namespace: str, fullname: str) -> set[tuple[str, str]]:
        values = {"operator": {"scope": "cluster"}, "fullnameOverride": fullname, "crds": {"install": False}}
        cluster = ("ClusterRole", "ClusterRoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
        found = of_kind(rendered(values, namespace=namespace), *cluster)
        names = {(thing["kind"], thing["metadata"]["name"]) for thing in found}
        return names - {("ClusterRole", "served-by.videotutor.dev")}  # the same on purpose

    first, second = named("a-b", "c"), named("a", "b-c")
    assert len(first) == 8
    assert first & second == set()
