from __future__ import annotations

import json
from typing import Any, cast

from dev.cluster.kind import PUBLISHED_IMAGE, configuration

PORTS = {"api": 18080, "convex": 3210, "convex-site": 3211}


def kubelet(image: str) -> dict[str, Any]:
    (patch,) = cast("list[str]", configuration("vt", image, PORTS)["kubeadmConfigPatches"])
    return cast("dict[str, Any]", json.loads(patch))


def test_every_service_is_published_on_the_loopback_address_only() -> None:
    (node,) = cast("list[dict[str, Any]]", configuration("vt", "an/image:1", PORTS)["nodes"])

    assert node["image"] == "an/image:1"
    assert [(entry["hostPort"], entry["containerPort"]) for entry in node["extraPortMappings"]] == [
        (18080, 30080),
        (3210, 30210),
        (3211, 30211),
    ]
    assert {entry["listenAddress"] for entry in node["extraPortMappings"]} == {"127.0.0.1"}


def test_the_image_built_here_gets_the_cgroup_driver_and_resolver_it_was_made_for() -> None:
    assert kubelet("videotutor/node:1") == {
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "cgroupDriver": "cgroupfs",
        "resolvConf": "/kind/pod-resolv.conf",
    }


def test_kinds_own_image_keeps_its_own_cgroup_driver_and_resolver() -> None:
    assert kubelet(PUBLISHED_IMAGE) == {"kind": "KubeletConfiguration", "failCgroupV1": False}
