"""Namespaces of the benchmark: made for one measurement, found again by label, removed for good."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bench.common.errors import BenchError
from bench.operator.api import BATCH, CORE, VIDEOJOBS, Api

LABEL = "videotutor.dev/bench"
CLAIM = "artifacts"

_SELECTOR = {"labelSelector": LABEL}
_PATIENCE_SECONDS = 300
_POLL_SECONDS = 0.5
_CHUNK = "500"


@asynccontextmanager
async def fresh(api: Api, purpose: str) -> AsyncIterator[str]:
    """A namespace that admits restricted pods only, with a claim that is bound to a folder of the node."""
    name = f"bench-{purpose}-{secrets.token_hex(3)}"
    restricted = {"pod-security.kubernetes.io/enforce": "restricted"}
    await api.call("POST", f"{CORE}/namespaces", {"metadata": {"name": name, "labels": {LABEL: "", **restricted}}})
    try:
        await _make_claim(api, name)
        yield name
    finally:
        await api.call("DELETE", f"{CORE}/namespaces/{name}", missing=True)


async def _make_claim(api: Api, namespace: str) -> None:
    """The volume has no node of its own: pods on fake nodes mount it too. Nothing is written to it."""
    size = {"storage": "1Mi"}
    shared = {"accessModes": ["ReadWriteMany"], "storageClassName": ""}
    volume = {
        **shared,
        "capacity": size,
        "hostPath": {"path": "/var/local"},
        "claimRef": {"namespace": namespace, "name": CLAIM},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    claim = {**shared, "resources": {"requests": size}, "volumeName": namespace}
    labelled = {"name": namespace, "labels": {LABEL: ""}}
    claims = f"{CORE}/namespaces/{namespace}/persistentvolumeclaims"
    await api.call("POST", f"{CORE}/persistentvolumes", {"metadata": labelled, "spec": volume})
    await api.call("POST", claims, {"metadata": {"name": CLAIM}, "spec": claim})
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        if (await api.call("GET", f"{claims}/{CLAIM}"))["status"].get("phase") == "Bound":
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"the claim of {namespace} is not bound after {_PATIENCE_SECONDS} s")


async def sweep(api: Api) -> None:
    """Removes every namespace, volume and node of this and of earlier runs, and waits until they are gone."""
    namespaces = [found["metadata"]["name"] for found in await api.items(f"{CORE}/namespaces", _SELECTOR)]
    for name in namespaces:
        await empty(api, name)
        await api.call("DELETE", f"{CORE}/namespaces/{name}", missing=True)
    await gone(api)
    for plural in ("nodes", "persistentvolumes"):
        await api.call("DELETE", f"{CORE}/{plural}", query=_SELECTOR)
        await _gone(api, plural)


async def empty(api: Api, namespace: str) -> None:
    """Deletes the VideoJobs, Jobs and pods of a namespace in parts, which etcd and the watchers bear better."""
    background: dict[str, Any] = {"propagationPolicy": "Background"}
    part = {"limit": _CHUNK}
    for group, plural in ((VIDEOJOBS, "videojobs"), (BATCH, "jobs"), (CORE, "pods")):
        path = f"{group}/namespaces/{namespace}/{plural}"
        options = {**background, "gracePeriodSeconds": 0} if plural == "pods" else background
        while any("deletionTimestamp" not in found["metadata"] for found in await api.items(path, part)):
            await api.call("DELETE", path, options, query=part)


async def gone(api: Api) -> None:
    """Wait until what earlier measurements made is gone, so that its end does not disturb the next one."""
    await _gone(api, "namespaces")


async def _gone(api: Api, plural: str) -> None:
    left: list[str] = []
    for _ in range(int(_PATIENCE_SECONDS / _POLL_SECONDS)):
        left = [found["metadata"]["name"] for found in await api.items(f"{CORE}/{plural}", _SELECTOR)]
        if not left:
            return
        await asyncio.sleep(_POLL_SECONDS)
    raise BenchError(f"{plural} still there after {_PATIENCE_SECONDS} s: {', '.join(left)}")
