"""The admission policy holds the operator's account to render Jobs, and lets every Job of the operator pass."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml

from dev.cluster import Cluster
from dev.cluster.process import wait_until
from tests.integration.chart.helm import EVERYTHING, NAMESPACE, of_kind, rendered
from tests.integration.chart.server import kubectl, type_warnings
from tests.integration.chart.settings import settings_of
from tests.unit.operator.world import World
from videotutor_operator.manifests.job import job_manifest

VALUES: dict[str, Any] = {
    "images": {"renderer": {"repository": "registry.example:5000/video/renderer", "tag": "2"}},
    "admissionPolicies": {"rendererRepositories": ["old.example/renderer"]},
    "planner": EVERYTHING["planner"],
    "renderer": {**EVERYTHING["renderer"], "priorityClassName": "", "runtimeClassName": ""},
}
KINDS = (
    "ServiceAccount",
    "Role",
    "RoleBinding",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
)
OPERATOR = f"system:serviceaccount:{NAMESPACE}:videotutor-operator"


@pytest.fixture(scope="module", autouse=True)
def policy(cluster: Cluster, namespace: str) -> Iterator[None]:
    """The operator's account with its rights, and the policy in force."""
    manifests = yaml.safe_dump_all(of_kind(rendered(VALUES), *KINDS))
    done = kubectl("apply", "-n", namespace, "-f", "-", stdin=manifests)
    assert done.returncode == 0, done.stderr
    bare = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "bare"}, "spec": {"template": {"spec": POD}}}
    try:
        assert wait_until(lambda: "denied request" in create(bare).stderr, seconds=60)
        yield
    finally:
        kubectl("delete", "-n", namespace, "--wait=false", "-f", "-", stdin=manifests)


POD: dict[str, Any] = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "busybox"}]}


def create(job: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    """What the API server answers to the operator that creates a Job."""
    how = ["-n", NAMESPACE, "--dry-run=server", "-f", "-", *(options or ("--as", OPERATOR))]
    return kubectl("create", *how, stdin=json.dumps(job))


def a_job(monkeypatch: pytest.MonkeyPatch, label: str = "plan", **spec: Any) -> dict[str, Any]:
    """A Job as the operator of this installation makes it."""
    settings = settings_of(rendered(VALUES), monkeypatch)
    video = World(1, settings.site(), **spec).succeeded()
    attempt = next(create for create in reversed(video.created) if create.label == label)
    manifest = job_manifest(video.job, attempt, settings.runtime())
    manifest["metadata"]["namespace"] = NAMESPACE
    return manifest


@pytest.mark.parametrize("label", ["plan", "scene-1", "stitch"])
def test_every_job_of_the_operator_is_accepted(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    done = create(a_job(monkeypatch, label, narration={"voice": "openai:alloy"}))

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "image",
    [
        "registry.example:5000/video/renderer",
        "registry.example:5000/video/renderer:1",
        f"registry.example:5000/video/renderer@sha256:{'0' * 64}",
        f"old.example/renderer:1@sha256:{'0' * 64}",
    ],
)
def test_a_video_may_end_with_the_image_that_it_began_with(image: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_job(monkeypatch)
    job["spec"]["template"]["spec"]["containers"][0]["image"] = image

    done = create(job)

    assert done.returncode == 0, done.stderr


Change = Callable[[dict[str, Any], dict[str, Any], dict[str, Any]], object]
"""Of the Job, its pod and its container."""
IMAGE, ACCOUNT, MOUNTS = "runs the image", "runs under the service account", "mounts emptyDir and the claims"
SECRETS, PRIVILEGE, LABELS = "reads the Secrets", "has no privilege", "have the label"
OVERRIDES: dict[str, dict[str, Any]] = {
    "root": {"runAsNonRoot": False},
    "user": {"runAsUser": 0, "runAsNonRoot": False},
    "seccomp": {"seccompProfile": {"type": "Unconfined"}},
    "apparmor": {"appArmorProfile": {"type": "Unconfined"}},
    "selinux": {"seLinuxOptions": {"type": "spc_t"}},
}
"""What a container may set as well as its pod, and then takes precedence."""


def override(whose: str, fields: dict[str, Any]) -> Change:
    """Set fields of the security context of the pod or of the container."""
    return lambda _job, pod, container: {"pod": pod, "container": container}[whose]["securityContext"].update(fields)


REFUSED: dict[str, tuple[Change, str]] = {
    "image": (lambda _j, _p, c: c.update(image="docker.io/evil"), IMAGE),
    "image of a longer name": (lambda _j, _p, c: c.update(image="old.example/renderer-evil:1"), IMAGE),
    "image below the repository": (lambda _j, _p, c: c.update(image="old.example/renderer/evil"), IMAGE),
    "account": (lambda _j, p, _c: p.update(serviceAccountName="default"), ACCOUNT),
    "token": (lambda _j, p, _c: p.update(automountServiceAccountToken=True), ACCOUNT),
    "hostPath": (lambda _j, p, _c: p["volumes"].append({"name": "h", "hostPath": {"path": "/"}}), MOUNTS),
    "secret volume": (lambda _j, p, _c: p["volumes"].append({"name": "s", "secret": {"secretName": "x"}}), MOUNTS),
    "projected token": (lambda _j, p, _c: p["volumes"].append({"name": "t", "projected": {"sources": []}}), MOUNTS),
    "another claim": (
        lambda _j, p, _c: p["volumes"].append({"name": "o", "persistentVolumeClaim": {"claimName": "other"}}),
        MOUNTS,
    ),
    "secret variable": (
        lambda _j, _p, c: c["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}),
        SECRETS,
    ),
    "secrets as variables": (lambda _j, _p, c: c.update(envFrom=[{"secretRef": {"name": "x"}}]), SECRETS),
    "host network": (lambda _j, p, _c: p.update(hostNetwork=True), PRIVILEGE),
    "host pid": (lambda _j, p, _c: p.update(hostPID=True), PRIVILEGE),
    "privileged": (lambda _j, _p, c: c.update(securityContext={"privileged": True}), PRIVILEGE),
    "capability": (lambda _j, _p, c: c["securityContext"].update(capabilities={"add": ["NET_RAW"]}), PRIVILEGE),
    "seccomp": (lambda _j, p, _c: p["securityContext"].pop("seccompProfile"), PRIVILEGE),
    "sysctl": (
        lambda _j, p, _c: p["securityContext"].update(sysctls=[{"name": "net.ipv4.tcp_syncookies", "value": "0"}]),
        PRIVILEGE,
    ),
    **{
        f"{name} of the {whose}": (override(whose, fields), PRIVILEGE)
        for whose in ("pod", "container")
        for name, fields in OVERRIDES.items()
    },
    "proc mount": (
        lambda _j, p, c: (p.update(hostUsers=False), c["securityContext"].update(procMount="Unmasked")),
        PRIVILEGE,
    ),
    "node": (lambda _j, p, _c: p.update(nodeName="node-1"), "does not set nodeName"),
    "init container": (lambda _j, p, c: p.update(initContainers=[{**c, "name": "i"}]), "has one container"),
    "second container": (lambda _j, p, c: p["containers"].append({**c, "name": "i"}), "has one container"),
    "label of the Job": (lambda j, _p, _c: j["metadata"]["labels"].pop("app.kubernetes.io/managed-by"), LABELS),
    "label of the pod": (
        lambda j, _p, _c: j["spec"]["template"]["metadata"]["labels"].pop("videotutor.dev/task"),
        LABELS,
    ),
    "owner": (lambda j, _p, _c: j["metadata"].pop("ownerReferences"), "is owned by a VideoJob"),
    "priority": (lambda _j, p, _c: p.update(priorityClassName="system-node-critical"), "has no priority class"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_another_job_of_the_operators_account_is_refused(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    change, sentence = REFUSED[what]
    job = a_job(monkeypatch)
    pod = job["spec"]["template"]["spec"]
    change(job, pod, pod["containers"][0])

    done = create(job)

    assert done.returncode != 0
    assert f"denied request: a render Job {'and its pod ' if sentence == LABELS else ''}{sentence}" in done.stderr


def test_the_type_check_of_the_api_server_has_no_warning() -> None:
    assert type_warnings(f"{NAMESPACE}-videotutor-") == []


def test_jobs_of_others_are_not_bounded() -> None:
    spec = {"template": {"spec": POD}}
    done = create({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "another"}, "spec": spec}, "--v=0")

    assert done.returncode == 0, done.stderr


def test_a_job_from_before_can_be_given_another_deadline_but_not_another_pod(namespace: str) -> None:
    spec = {"suspend": True, "template": {"spec": POD}}
    older = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "older"}, "spec": spec}
    done = kubectl("create", "-n", namespace, "-f", "-", stdin=json.dumps(older))
    assert done.returncode == 0, done.stderr

    def patch(spec: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        options = ["-n", namespace, "--as", OPERATOR, "--type=merge", "--dry-run=server"]
        return kubectl("patch", "job", "older", *options, "--patch", json.dumps({"spec": spec}))

    deadline = patch({"activeDeadlineSeconds": 60})
    assert deadline.returncode == 0, deadline.stderr
    moved = patch({"template": {"spec": {"nodeSelector": {"a": "b"}}}})
    assert "denied request: a render Job" in moved.stderr


def test_the_policies_can_be_left_out() -> None:
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    assert len(of_kind(rendered(), *kinds)) == 4
    assert of_kind(rendered({"admissionPolicies": {"enabled": False}}), *kinds) == []
