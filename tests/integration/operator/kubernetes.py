"""A test's own view of one namespace, independent of the operator's client."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from kubernetes.aio import client, config

from videojob import API_GROUP, API_VERSION, KIND, PLURAL, names

NOWHERE = {"videotutor.dev/no-such-node": "true"}
"""Node selector that keeps pods off every kubelet."""
PATIENCE_SECONDS = 40
POLL_SECONDS = 0.1

T = TypeVar("T")


async def eventually(check: Callable[[], Awaitable[T]], within: float = PATIENCE_SECONDS) -> T:
    """The first answer that counts as true."""
    async with asyncio.timeout(within):
        while True:
            answer = await check()
            if answer:
                return answer
            await asyncio.sleep(POLL_SECONDS)


class Namespace:
    """One namespace of a real API server."""

    def __init__(self, api: client.ApiClient, name: str) -> None:
        self.api = api
        self.name = name
        self.custom = client.CustomObjectsApi(api)
        self.batch = client.BatchV1Api(api)
        self.core = client.CoreV1Api(api)
        self.scheduling = client.SchedulingV1Api(api)

    async def create_video(self, name: str, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
        """Create a VideoJob whose pods no kubelet will touch."""
        body = {
            "apiVersion": f"{API_GROUP}/{API_VERSION}",
            "kind": KIND,
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {"prompt": "Calculus", "sceneCount": 3, "podTemplate": {"nodeSelector": NOWHERE}, **spec},
        }
        created: dict[str, Any] = await self.custom.create_namespaced_custom_object(
            API_GROUP, API_VERSION, self.name, PLURAL, body
        )
        return created

    async def video(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.custom.get_namespaced_custom_object(
            API_GROUP, API_VERSION, self.name, PLURAL, name
        )
        return found

    async def status(self, name: str) -> dict[str, Any]:
        video = await self.video(name)
        status = video.get("status") or {}
        current = status.get("observedGeneration") == video["metadata"]["generation"]
        return status if current else {**status, "phase": "(older generation)"}

    async def edit(self, name: str, **spec: Any) -> None:
        """Change the spec; what is not named stays."""
        await self.custom.patch_namespaced_custom_object(
            API_GROUP,
            API_VERSION,
            self.name,
            PLURAL,
            name,
            {"spec": spec},
            _content_type="application/merge-patch+json",
        )

    async def videos(self) -> list[dict[str, Any]]:
        found = await self.custom.list_namespaced_custom_object(API_GROUP, API_VERSION, self.name, PLURAL)
        return list(found["items"])

    async def delete_video(self, name: str) -> None:
        await self.custom.delete_namespaced_custom_object(API_GROUP, API_VERSION, self.name, PLURAL, name)

    async def jobs(self) -> list[Any]:
        return list((await self.batch.list_namespaced_job(self.name)).items)

    async def pods(self) -> list[Any]:
        return list((await self.core.list_namespaced_pod(self.name)).items)

    async def phase(self, name: str, *phases: str, within: float = PATIENCE_SECONDS) -> dict[str, Any]:
        """The status, once it is in one of these phases."""

        async def reached() -> dict[str, Any] | None:
            status = await self.status(name)
            return status if status.get("phase") in phases else None

        try:
            return await eventually(reached, within) or {}
        except TimeoutError:
            status = json.dumps(await self.status(name), indent=1)
            raise AssertionError(f"{name} is not {phases}: {status}") from None

    async def empty(self) -> None:
        """Wait until no Job and no pod is left."""

        async def is_empty() -> bool:
            return not await self.jobs() and not await self.pods()

        await eventually(is_empty)

    async def pods_of(self, task: str, count: int) -> None:
        """Wait until there are so many pods of these tasks: one whose Job is being deleted may still end well."""

        async def are_there() -> bool:
            tasks = [(pod.metadata.labels or {}).get(names.LABEL_TASK) for pod in await self.pods()]
            return tasks.count(task) == count

        await eventually(are_there)

    async def no_pod_pending(self) -> None:
        """Wait until every pod there is has ended."""

        async def all_ended() -> bool:
            return all(pod.status.phase != "Pending" for pod in await self.pods())

        await eventually(all_ended)


@asynccontextmanager
async def own_namespace(kubeconfig: Path, prefix: str) -> AsyncIterator[Namespace]:
    """A namespace that admits restricted pods only; it is removed afterwards, which is not waited for."""
    configuration = client.Configuration()
    await config.load_kube_config(str(kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        core = client.CoreV1Api(api)
        name = f"{prefix}-{secrets.token_hex(4)}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        await core.create_namespace({"metadata": {"name": name, "labels": labels}})
        try:
            yield Namespace(api, name)
        finally:
            await core.delete_namespace(name)
