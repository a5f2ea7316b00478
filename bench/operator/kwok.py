"""Fake nodes: kwok plays the kubelet, so that what is measured is the control plane and not two cores' containers."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.common.errors import BenchError
from bench.operator.api import CORE, Api
from bench.operator.namespaces import LABEL
from bench.operator.process import MARKER, end
from bench.operator.stages import HOLDING, SMALL, stages
from dev.cluster import Cluster, tools
from videojob.spec import PodTemplate, Toleration

SOURCE = Path(__file__).parents[1] / "kwok"
NODE = "bench-fake"
"""Its pods succeed at once; those of HOLDING run forever."""
PLACES = 20
"""How many pods SMALL runs at once."""

_PACKAGE = "sigs.k8s.io/kwok/cmd/kwok"
_BUILD_SECONDS = 150
_TAINT = "kwok.x-k8s.io/node"
_HOST_LABEL = "kubernetes.io/hostname"
_CAPACITY = {"cpu": "10000", "memory": "40000Gi"}
_PODS = {NODE: 100_000, HOLDING: 100_000, SMALL: PLACES}
"""How many pods each fake node has room for."""
_READY_SECONDS = 60


def on(node: str) -> PodTemplate:
    """What a VideoJob says for its pods to run on a fake node."""
    tolerated = Toleration(key=_TAINT, operator="Exists", effect="NoSchedule")
    return PodTemplate(node_selector={_HOST_LABEL: node}, tolerations=(tolerated,))


@asynccontextmanager
async def fake_nodes(api: Api, cluster: Cluster, scenes: int, folder: Path) -> AsyncIterator[None]:
    """The fake nodes, ready, while the body runs. Plans made on them have so many scenes."""
    program = tools.build_other(cluster.settings, SOURCE, _PACKAGE, seconds=_BUILD_SECONDS)
    configuration = folder / "stages.yaml"
    configuration.write_text("\n---\n".join(json.dumps(stage) for stage in stages(scenes)))
    command = [
        f"--kubeconfig={cluster.kubeconfig}",
        f"--config={configuration}",
        f"--manage-nodes-with-annotation-selector={_TAINT}=fake",
        "--node-lease-duration-seconds=40",
    ]
    with (folder / "kwok.log").open("wb") as log:
        marked = {**os.environ, MARKER: "1"}
        process = await asyncio.create_subprocess_exec(program, *command, env=marked, stdout=log, stderr=log)
    try:
        for name in _PODS:
            await api.call("POST", f"{CORE}/nodes", _node(name))
        for name in _PODS:
            await _ready(api, name)
        yield
        if process.returncode is not None:
            raise BenchError(f"kwok ended by itself: {folder / 'kwok.log'}")
    finally:
        for name in _PODS:
            await api.call("DELETE", f"{CORE}/nodes/{name}", missing=True)
        await end(process)


def _node(name: str) -> dict[str, Any]:
    capacity = {**_CAPACITY, "pods": str(_PODS[name])}
    return {
        "metadata": {
            "name": name,
            "annotations": {_TAINT: "fake"},
            "labels": {LABEL: "", _HOST_LABEL: name},
        },
        "spec": {"taints": [{"key": _TAINT, "value": "fake", "effect": "NoSchedule"}]},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


async def _ready(api: Api, name: str) -> None:
    for _ in range(_READY_SECONDS):
        conditions = (await api.call("GET", f"{CORE}/nodes/{name}"))["status"].get("conditions", ())
        if any(found["type"] == "Ready" and found["status"] == "True" for found in conditions):
            return
        await asyncio.sleep(1)
    raise BenchError(f"the fake node {name} is not ready after {_READY_SECONDS} s")
