"""Bounds of an administrator and what VideoJobs ask for: the operator and the API server must agree on each."""

from __future__ import annotations

from typing import Any

GPU: dict[str, Any] = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
TEAM: dict[str, Any] = {"key": "team", "value": "video"}
SIZES: dict[str, Any] = {"maxResources": {"cpu": "4", "memory": "8Gi"}}
BOUNDED: dict[str, Any] = {
    "priorityClassNames": ["low", "normal"],
    "runtimeClassNames": ["gvisor"],
    "nodeSelectors": ["disk=fast", "example.org/pool=*"],
    "tolerations": [GPU, TEAM],
    **SIZES,
}
CLOSED: dict[str, Any] = {
    "priorityClassNames": [],
    "runtimeClassNames": [],
    "nodeSelectors": [],
    "tolerations": [],
    "maxResources": {},
}
"""Nothing may be set."""
EVERY_TAINT: dict[str, Any] = {"tolerations": [{"operator": "Exists"}]}

ALLOWED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    (CLOSED, {}),
    (CLOSED, {"resources": {}, "nodeSelector": {}, "tolerations": []}),
    (
        {},
        {
            "priorityClassName": "gold",
            "runtimeClassName": "kata",
            "nodeSelector": {"a": "b"},
            "tolerations": [{"operator": "Exists"}],
            "resources": {"limits": {"memory": "64Ti"}},
        },
    ),
    (BOUNDED, {"priorityClassName": "low", "runtimeClassName": "gvisor"}),
    (BOUNDED, {"nodeSelector": {"disk": "fast", "example.org/pool": "b"}}),
    (BOUNDED, {"tolerations": [GPU, TEAM]}),
    (BOUNDED, {"tolerations": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}),
    (BOUNDED, {"tolerations": [{**TEAM, "effect": "NoExecute", "tolerationSeconds": 60}]}),
    (EVERY_TAINT, {"tolerations": [{"operator": "Exists"}, {"key": "a", "value": "b"}]}),
    (SIZES, {"resources": {"requests": {"cpu": 0, "memory": "0"}}}),
    (SIZES, {"resources": {"requests": {"cpu": 4, "memory": "8192Mi"}, "limits": {"cpu": "4000m", "memory": "8Gi"}}}),
]


def _refusal(path: str, value: str, allowed: str) -> str:
    return f'`spec.podTemplate.{path}`: "{value}" is not allowed here; {allowed}'


REFUSED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {},
        {"priorityClassName": "system-node-critical"},
        _refusal("priorityClassName", "system-node-critical", "classes that begin with system- are reserved"),
    ),
    (
        BOUNDED,
        {"priorityClassName": "system-cluster-critical"},
        _refusal("priorityClassName", "system-cluster-critical", "classes that begin with system- are reserved"),
    ),
    (BOUNDED, {"priorityClassName": "gold"}, _refusal("priorityClassName", "gold", "allowed: low, normal")),
    (CLOSED, {"priorityClassName": "low"}, _refusal("priorityClassName", "low", "leave it out")),
    (BOUNDED, {"runtimeClassName": "kata"}, _refusal("runtimeClassName", "kata", "allowed: gvisor")),
    (
        BOUNDED,
        {"nodeSelector": {"disk": "slow", "a": "b"}},
        _refusal("nodeSelector", "a=b", "allowed: disk=fast, example.org/pool=*"),
    ),
    (CLOSED, {"nodeSelector": {"a": "b"}}, _refusal("nodeSelector", "a=b", "leave it out")),
    (
        BOUNDED,
        {"tolerations": [GPU, {"operator": "Exists"}]},
        _refusal("tolerations", "*:*", "allowed: gpu:NoSchedule, team=video:*"),
    ),
    (
        BOUNDED,
        {"tolerations": [{**GPU, "effect": "NoExecute"}]},
        _refusal("tolerations", "gpu:NoExecute", "allowed: gpu:NoSchedule, team=video:*"),
    ),
    (
        BOUNDED,
        {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
        _refusal("tolerations", "gpu:*", "allowed: gpu:NoSchedule, team=video:*"),
    ),
    (
        BOUNDED,
        {"tolerations": [{"key": "team", "operator": "Exists"}]},
        _refusal("tolerations", "team:*", "allowed: gpu:NoSchedule, team=video:*"),
    ),
    (
        BOUNDED,
        {"tolerations": [{"key": "team", "operator": "Equal", "value": "other"}]},
        _refusal("tolerations", "team=other:*", "allowed: gpu:NoSchedule, team=video:*"),
    ),
    (
        SIZES,
        {"resources": {"limits": {"memory": "8193Mi"}}},
        _refusal("resources.limits", "memory: 8193Mi", "at most 8Gi, above 0"),
    ),
    (
        SIZES,
        {"resources": {"limits": {"memory": "0"}}},
        _refusal("resources.limits", "memory: 0", "at most 8Gi, above 0"),
    ),
    (SIZES, {"resources": {"limits": {"cpu": "0m"}}}, _refusal("resources.limits", "cpu: 0m", "at most 4, above 0")),
    (SIZES, {"resources": {"requests": {"cpu": 5}}}, _refusal("resources.requests", "cpu: 5", "at most 4")),
    (
        SIZES,
        {"resources": {"limits": {"nvidia.com/gpu": 8}}},
        _refusal("resources.limits", "nvidia.com/gpu", "allowed: cpu, memory"),
    ),
    (CLOSED, {"resources": {"requests": {"cpu": "1"}}}, _refusal("resources.requests", "cpu", "leave it out")),
]
