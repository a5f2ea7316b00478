"""The rate limits of the controller-manager, whose Job controller makes the pods of both sides.

They are arguments of a static pod: its manifest lies in the node. The original is kept beside the folder that the
kubelet reads until it is put back, so that a run that was killed is made good by the next one.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bench.common.errors import BenchError
from dev.cluster import Cluster, ClusterError, engine

RAISED = 500
"""Requests a second, and as many at once; the defaults are 20 and 30."""

_MANIFEST = "/etc/kubernetes/manifests/kube-controller-manager.yaml"
_ORIGINAL = "/etc/kubernetes/kube-controller-manager.before-bench.yaml"
_PATIENCE_SECONDS = 180
_FRESH = timedelta(seconds=10)


class ControllerManager:
    """The controller-manager of a kind cluster with one node. Raises ClusterError where there is no such cluster."""

    def __init__(self, cluster: Cluster) -> None:
        docker = engine.find(cluster.settings)
        if docker is None or not cluster.context.startswith("kind-"):
            raise ClusterError("the benchmark needs a kind cluster and its Docker engine: python3 -m dev.cluster up")
        self._cluster = cluster
        self._engine = docker
        self._node = f"{cluster.context.removeprefix('kind-')}-control-plane"

    @asynccontextmanager
    async def raised(self) -> AsyncIterator[None]:
        """Raised rate limits while the body runs."""
        before = self._holder()[0]
        self._in_node("cp", _MANIFEST, _ORIGINAL)
        try:
            self._write(with_limits(self._in_node("cat", _MANIFEST), RAISED))
            await self._led_by_another_than(before)
            yield
        finally:
            await self.restore()

    async def restore(self) -> None:
        """Put the original back, if a run has left another."""
        if not self._in_node("find", "/etc/kubernetes", "-name", _ORIGINAL.rpartition("/")[2]).strip():
            return
        before = self._holder()[0]
        self._in_node("mv", _ORIGINAL, _MANIFEST)
        await self._led_by_another_than(before)

    def _write(self, manifest: str) -> None:
        """In one go: the kubelet reads whatever it finds."""
        unfinished = "/etc/kubernetes/kube-controller-manager.unfinished"
        self._in_node("sh", "-c", f'printf %s "$1" > {unfinished} && mv {unfinished} {_MANIFEST}', "sh", manifest)

    def _in_node(self, *command: str) -> str:
        return self._engine.docker("exec", self._node, *command)

    def _holder(self) -> tuple[str, datetime]:
        """Who leads, and when it last said so."""
        lease = ["--namespace=kube-system", "get", "lease", "kube-controller-manager", "--output=json"]
        spec = json.loads(self._cluster.kubectl(*lease))["spec"]
        return spec["holderIdentity"], datetime.fromisoformat(spec["renewTime"])

    async def _led_by_another_than(self, before: str) -> None:
        for _ in range(_PATIENCE_SECONDS):
            holder, renewed = self._holder()
            if holder != before and datetime.now(UTC) - renewed < _FRESH:
                return
            await asyncio.sleep(1)
        raise BenchError(f"no other controller-manager leads after {_PATIENCE_SECONDS} s")


def with_limits(manifest: str, per_second: int) -> str:
    """The manifest with these rate limits.

    Raises:
        BenchError: it starts no controller-manager, or has limits already.
    """
    if "--kube-api-" in manifest:
        raise BenchError("this cluster's controller-manager has rate limits that are not the defaults")
    limits = [f"--kube-api-qps={per_second}", f"--kube-api-burst={per_second}"]
    changed, count = re.subn(
        r"^( *- )kube-controller-manager$",
        lambda found: "\n".join([found[0], *(f"{found[1]}{limit}" for limit in limits)]),
        manifest,
        flags=re.MULTILINE,
    )
    if count != 1:
        raise BenchError("the manifest starts no controller-manager")
    return changed
