"""What Kueue does to Jobs, without Kueue: they are made suspended, and go on when a test says so.

Kueue's own webhook and controller change nothing of a Job but this, its labels and where its pods may run
(kueue.sigs.k8s.io/docs/tasks/run/jobs). The Job controller, which acts on it, is the real one.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from kubernetes.aio import client

from tests.integration.operator.kubernetes import Namespace, eventually
from videojob.names import LABEL_QUEUE

QUEUE = {LABEL_QUEUE: "lessons"}


class FakeKueue:
    """The queue of one namespace. An admission policy plays the webhook, so that no Job starts before its turn."""

    def __init__(self, namespace: Namespace) -> None:
        self._namespace = namespace
        self._admission = client.AdmissionregistrationV1Api(namespace.api)
        self._name = f"fake-kueue-{secrets.token_hex(4)}"

    async def install(self) -> None:
        """From now on every Job with a queue is made suspended."""
        await self._admission.create_mutating_admission_policy(self._policy())
        here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self._namespace.name}}}
        binding = {"metadata": {"name": self._name}, "spec": {"policyName": self._name, "matchResources": here}}
        await self._admission.create_mutating_admission_policy_binding(binding)
        await eventually(self._works)

    def _policy(self) -> dict[str, Any]:
        rule = {"apiGroups": ["batch"], "apiVersions": ["v1"], "resources": ["jobs"], "operations": ["CREATE"]}
        queued = f"has(object.metadata.labels) && '{LABEL_QUEUE}' in object.metadata.labels"
        suspended = {"expression": "Object{spec: Object.spec{suspend: true}}"}
        spec = {
            "matchConstraints": {"resourceRules": [rule]},
            "matchConditions": [{"name": "queued", "expression": queued}],
            "failurePolicy": "Fail",
            "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": suspended}],
        }
        return {"metadata": {"name": self._name}, "spec": spec}

    async def _works(self) -> bool:
        pod = {"restartPolicy": "Never", "containers": [{"name": "c", "image": "none"}]}
        job = {"metadata": {"name": "probe", "labels": QUEUE}, "spec": {"template": {"spec": pod}}}
        made = await self._namespace.batch.create_namespaced_job(self._namespace.name, job, dry_run="All")
        return bool(made.spec.suspend)

    async def remove(self) -> None:
        """Remove what is not in the namespace."""
        await self._admission.delete_mutating_admission_policy_binding(self._name)
        await self._admission.delete_mutating_admission_policy(self._name)

    async def admit(self, task: str) -> Any:
        """Let the one suspended Job of a task (plan, stitch or a scene's id) go on, once it is there."""

        async def waiting() -> Any:
            return next((job for job in await self.suspended() if f"-{task}-" in job.metadata.name), None)

        job = await eventually(waiting)
        await self._suspend(job.metadata.name, suspend=False)
        return job

    async def suspended(self) -> list[Any]:
        """The Jobs that wait for their turn."""
        return [job for job in await self._namespace.jobs() if job.spec.suspend]

    async def take_back(self, job: str) -> None:
        """Somebody more important needs the room."""
        await self._suspend(job, suspend=True)

    async def _suspend(self, job: str, *, suspend: bool) -> None:
        patch = {"spec": {"suspend": suspend}}
        await self._namespace.batch.patch_namespaced_job(job, self._namespace.name, patch, field_manager="fake-kueue")


@asynccontextmanager
async def fake_kueue(namespace: Namespace) -> AsyncIterator[FakeKueue]:
    """A queue for the time of a test."""
    queue = FakeKueue(namespace)
    await queue.install()
    try:
        yield queue
    finally:
        await queue.remove()
