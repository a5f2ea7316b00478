"""A Node object without a machine: the real scheduler and controllers act on it, and no kubelet does."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kubernetes.aio.client import ApiException

from tests.integration.operator.kubernetes import Namespace, eventually
from videojob import names

NOT_FOUND = 404


class FakeNode:
    """One node that pods of one namespace may be sent to; the test plays its kubelet."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._core = namespace.core
        self.name = f"fake-{secrets.token_hex(4)}"

    @property
    def selector(self) -> dict[str, str]:
        """Node selector that leads here."""
        return {"videotutor.dev/test-node": self.name}

    async def create(self, cpu: str = "8") -> None:
        """Register the node, ready to take pods, with a claim that they can mount."""
        room = {"cpu": cpu, "memory": "64Gi", "pods": "110", "ephemeral-storage": "100Gi"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
        status = {"capacity": room, "allocatable": room, "conditions": [ready]}
        metadata = {"name": self.name, "labels": self.selector}
        await self._core.create_node({"metadata": metadata, "status": status})
        await self._core.create_persistent_volume(self._volume())
        claim = {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": self.name}
        resources = {"requests": {"storage": "1Gi"}}
        body = {"metadata": {"name": "artifacts"}, "spec": {**claim, "resources": resources}}
        await self._core.create_namespaced_persistent_volume_claim(self._namespace.name, body)

    def _volume(self) -> dict[str, Any]:
        claim = {"namespace": self._namespace.name, "name": "artifacts"}
        spec = {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "hostPath": {"path": "/nowhere"},
            "claimRef": claim,
        }
        return {"metadata": {"name": self.name}, "spec": spec}

    async def delete(self) -> None:
        """The machine is gone for good, and its Node object with it."""
        try:
            await self._core.delete_node(self.name)
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise

    async def clean_up(self) -> None:
        """Remove what is not in the namespace."""
        await self.delete()
        await self._core.delete_persistent_volume(self.name)

    async def taint(self, effect: str = "NoExecute") -> None:
        """What happens to a node that does not answer: nothing on it may stay."""
        taints = [{"key": "videotutor.dev/out-of-service", "effect": effect}]
        await self._core.patch_node(self.name, {"spec": {"taints": taints}})

    async def pods(self) -> list[Any]:
        """The pods that the scheduler sent here."""
        return [pod for pod in await self._namespace.pods() if pod.spec.node_name == self.name]

    async def started(self, task: str) -> Any:
        """The pod of a task, once it is here; its container runs from now on."""

        async def here() -> Any:
            mine = [pod for pod in await self.pods() if (pod.metadata.labels or {}).get(names.LABEL_TASK) == task]
            return next((pod for pod in mine if not pod.metadata.deletion_timestamp), None)

        pod = await eventually(here)
        await self._core.patch_namespaced_pod_status(
            pod.metadata.name, self._namespace.name, {"status": {"phase": "Running"}}
        )
        return pod

    async def end_told(self) -> None:
        """End every pod that was told to end, as a kubelet would: its container is killed, then its object removed."""

        async def told() -> list[Any]:
            return [pod for pod in await self.pods() if pod.metadata.deletion_timestamp]

        for pod in await eventually(told):
            name, space = pod.metadata.name, self._namespace.name
            await self._core.patch_namespaced_pod_status(name, space, {"status": {"phase": "Failed"}})
            await self._core.delete_namespaced_pod(name, space, grace_period_seconds=0)


def important_pod(node: FakeNode, rank: str) -> dict[str, Any]:
    """A pod that needs five CPUs of a node before anything less important does."""
    contained = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    resources = {"requests": {"cpu": "5"}}
    container = {"name": "c", "image": "none", "resources": resources, "securityContext": contained}
    spec = {"nodeSelector": node.selector, "priorityClassName": rank, "containers": [container]}
    return {"metadata": {"name": "important"}, "spec": spec}


@asynccontextmanager
async def fake_node(namespace: Namespace, cpu: str = "8") -> AsyncIterator[FakeNode]:
    """A fake node for the time of a test."""
    node = FakeNode(namespace)
    await node.create(cpu)
    try:
        yield node
    finally:
        await node.clean_up()
