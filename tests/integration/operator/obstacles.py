"""Why Kubernetes makes no pod for a Job that it has accepted: one way to cause each, and its cure."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from kubernetes.aio import client

from tests.integration.operator.kubernetes import Namespace

Act = Callable[[Namespace, str], Awaitable[object]]
"""Does something in a namespace; the text is a name of its own for what is cluster-wide."""


async def nothing(_namespace: Namespace, _name: str) -> None:
    """There is nothing to do."""


@dataclass(frozen=True)
class Obstacle:
    """`words`: part of what Kubernetes says, `{name}` in it for the name. `spec`, `environment`: what meets it."""

    words: str
    cure: Act
    cause: Act = nothing
    spec: Callable[[str], dict[str, Any]] = lambda _name: {}
    environment: dict[str, str] = field(default_factory=dict)
    reason: str = "NoPod"


def quota(**hard: str) -> Act:
    async def create(namespace: Namespace, _name: str) -> None:
        body = {"metadata": {"name": "tight"}, "spec": {"hard": {key.replace("_", "."): v for key, v in hard.items()}}}
        await namespace.core.create_namespaced_resource_quota(namespace.name, body)

    return create


async def more_quota(namespace: Namespace, _name: str) -> None:
    await namespace.core.delete_namespaced_resource_quota("tight", namespace.name)


async def limit_range(namespace: Namespace, _name: str) -> None:
    limits = [{"type": "Container", "max": {"memory": "128Mi"}}]
    await namespace.core.create_namespaced_limit_range(
        namespace.name, {"metadata": {"name": "small"}, "spec": {"limits": limits}}
    )


async def no_limit_range(namespace: Namespace, _name: str) -> None:
    await namespace.core.delete_namespaced_limit_range("small", namespace.name)


async def priority_class(namespace: Namespace, name: str) -> None:
    await namespace.scheduling.create_priority_class({"metadata": {"name": name}, "value": 10})


async def runtime_class(namespace: Namespace, name: str) -> None:
    body = {"metadata": {"name": name}, "handler": "runc"}
    await client.NodeV1Api(namespace.api).create_runtime_class(body)


async def service_account(namespace: Namespace, _name: str) -> None:
    await namespace.core.create_namespaced_service_account(namespace.name, {"metadata": {"name": "absent"}})


async def webhook(namespace: Namespace, name: str) -> None:
    """One that cannot be reached and fails closed, for the pods of this namespace."""
    hook = {
        "name": f"{name}.videotutor.test",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "timeoutSeconds": 1,
        "admissionReviewVersions": ["v1"],
    }
    await client.AdmissionregistrationV1Api(namespace.api).create_validating_webhook_configuration(
        {"metadata": {"name": name}, "webhooks": [hook]}
    )


async def no_webhook(namespace: Namespace, name: str) -> None:
    await client.AdmissionregistrationV1Api(namespace.api).delete_validating_webhook_configuration(name)


MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"


async def host_network(namespace: Namespace, name: str) -> None:
    """A policy of the cluster that gives pods the host's network, which Pod Security then refuses."""
    expression = "Object{spec: Object.spec{hostNetwork: true}}"
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace.name}},
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ],
            },
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
        },
    }
    binding = {**policy, "kind": "MutatingAdmissionPolicyBinding", "spec": {"policyName": name}}
    await _call(namespace, "POST", MUTATING, policy)
    await _call(namespace, "POST", MUTATING.replace("policies", "policybindings"), binding)


async def no_host_network(namespace: Namespace, name: str) -> None:
    await _call(namespace, "DELETE", f"{MUTATING.replace('policies', 'policybindings')}/{name}")
    await _call(namespace, "DELETE", f"{MUTATING}/{name}")


async def _call(namespace: Namespace, method: str, path: str, body: dict[str, Any] | None = None) -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = await namespace.api.param_serialize(
        method, path, body=body, header_params=headers, auth_settings=["BearerToken"]
    )
    response = await namespace.api.call_api(*request)
    await response.read()
    assert response.status < 300, response.data


def own_name() -> str:
    """A name for cluster-wide objects of one test."""
    return f"videotutor-test-{secrets.token_hex(4)}"


OBSTACLES: dict[str, Obstacle] = {
    "quota on cpu": Obstacle("exceeded quota: tight", more_quota, quota(requests_cpu="100m"), reason="Quota"),
    "quota on memory": Obstacle("exceeded quota: tight", more_quota, quota(requests_memory="100Mi"), reason="Quota"),
    "quota on pods": Obstacle("exceeded quota: tight", more_quota, quota(pods="0"), reason="Quota"),
    "limit range": Obstacle("maximum memory usage per Container is 128Mi", no_limit_range, limit_range),
    "priority class": Obstacle(
        "no PriorityClass with name {name} was found",
        priority_class,
        spec=lambda name: {"podTemplate": {"priorityClassName": name}},
    ),
    "runtime class": Obstacle(
        'RuntimeClass "{name}" not found',
        runtime_class,
        spec=lambda name: {"podTemplate": {"runtimeClassName": name}},
    ),
    "service account": Obstacle(
        'serviceaccount "absent" not found', service_account, environment={"VIDEOTUTOR_JOB_SERVICE_ACCOUNT": "absent"}
    ),
    "webhook": Obstacle("failed calling webhook", no_webhook, webhook),
    "pod security": Obstacle('violates PodSecurity "restricted:latest"', no_host_network, host_network),
}
