"""A policy of the cluster adds a container to render pods that never ends, as meshes and agents do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.e2e.system import NAMESPACE, RUN, System

PROMPT = f"# Proxies ({RUN})\n## One\n- a point\n"


def proxy(image: str, name: str, *, native: bool) -> str:
    """A JSON patch in CEL that puts a container which never ends before the others, or makes it a native sidecar."""
    security = '{"allowPrivilegeEscalation": dyn(false), "capabilities": dyn({"drop": ["ALL"]})}'
    fields = {
        "name": f'"{name}"',
        "image": f'"{image}"',
        "command": '["sleep", "infinity"]',
        "securityContext": security,
        **({"restartPolicy": '"Always"'} if native else {}),
    }
    container = "{" + ", ".join(f'"{field}": dyn({value})' for field, value in fields.items()) + "}"
    path, value = ("/spec/initContainers", f"[{container}]") if native else ("/spec/containers/0", container)
    return f'[JSONPatch{{op: "add", path: "{path}", value: {value}}}]'


@contextmanager
def injected(system: System, video: str, expression: str) -> Iterator[None]:
    """The policy, for the pods of one video."""
    name = f"videotutor-test-{RUN}-{video}"
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    selector = {"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}}
    condition = f"object.metadata.?labels['videotutor.dev/videojob'].orValue('') == '{video}'"
    spec = {
        "failurePolicy": "Fail",
        "reinvocationPolicy": "Never",
        "matchConstraints": {"namespaceSelector": selector, "resourceRules": [rule]},
        "matchConditions": [{"name": "of-this-video", "expression": condition}],
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
    }
    objects = [
        manifest("MutatingAdmissionPolicy", name, spec),
        manifest("MutatingAdmissionPolicyBinding", name, {"policyName": name}),
    ]
    for found in objects:
        system.kubectl("apply", "-f", "-", stdin=json.dumps(found))
    try:
        wait_until_mutated(system, video)
        yield
    finally:
        for found in reversed(objects):
            system.kubectl("delete", "--wait=false", found["kind"], name)


def wait_until_mutated(system: System, video: str) -> None:
    """Wait until the API server applies the policy, which it reads from a cache."""
    container = {
        "name": "c",
        "image": "c",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod_security = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {"securityContext": pod_security, "containers": [container]}
    metadata = {"name": f"probe-{video}", "labels": {"videotutor.dev/videojob": video}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        created = system.kubectl("create", "--dry-run=server", "-o", "json", "-f", "-", stdin=json.dumps(pod))
        found = json.loads(created)["spec"]
        if len(found["containers"]) + len(found.get("initContainers", [])) > 1:
            return
        time.sleep(0.2)
    raise AssertionError("the policy is not applied")


def manifest(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    }


@pytest.mark.parametrize(
    ("video", "name", "native"),
    [("first", "aaa-proxy", False), ("last", "zzz-agent", False), ("native", "mesh-proxy", True)],
)
def test_a_video_is_made_beside_a_container_that_never_ends(
    system: System, video: str, name: str, *, native: bool
) -> None:
    video = f"beside-{video}-{RUN}"
    image = system.cluster.image("renderer")
    with injected(system, video, proxy(image, name, native=native)):
        system.apply(video, {"prompt": PROMPT, "output": {"draft": True}})
        made = system.wait_ready(video)

    assert made["status"]["scenesReady"] == "1/1"
    assert [scene["attempts"] for scene in made["status"]["scenes"]] == [1]
    ended = "jsonpath={.status.phase}=Succeeded" if native else "delete"
    selector = f"videotutor.dev/videojob={video}"
    system.kubectl("wait", "pod", "-l", selector, f"--for={ended}", "--timeout=60s")  # it holds no place any more
