"""An API server in memory that keeps one Lease."""

from __future__ import annotations

import asyncio
import copy
from itertools import count
from typing import Any

from videotutor_operator.errors import Conflict, Missing


class Leases:
    """One Lease, or none yet. Writes raise `faults`, in their order, and `lost` after they took effect."""

    def __init__(self) -> None:
        self.stored: dict[str, Any] | None = None
        self.lease_versions = count(1)
        self.lease_faults: list[Exception] = []
        self.lost: list[Exception] = []
        self.silent = asyncio.Event()
        self.silent.set()
        self.reads = 0

    async def read_lease(self, namespace: str, name: str) -> dict[str, Any]:
        await self.silent.wait()
        self.reads += 1
        if self.stored is None:
            raise Missing(f"no Lease {namespace}/{name}")
        return copy.deepcopy(self.stored)

    async def write_lease(self, lease: dict[str, Any]) -> dict[str, Any]:
        await self.silent.wait()
        if self.lease_faults:
            raise self.lease_faults.pop(0)
        version = self.stored and self.stored["metadata"]["resourceVersion"]
        if lease["metadata"].get("resourceVersion") != version:
            raise Conflict("the object has been modified")
        self.stored = copy.deepcopy(lease)
        self.stored["metadata"]["resourceVersion"] = str(next(self.lease_versions))
        if self.lost:
            raise self.lost.pop(0)
        return copy.deepcopy(self.stored)

    @property
    def spec(self) -> dict[str, Any]:
        assert self.stored
        return dict(self.stored["spec"])
