from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from kubernetes.aio import client, config

from dev.cluster import Cluster
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace
from tests.integration.operator.process import OperatorProcess
from tests.unit.operator.convex_receiver import SECRET, Receiver, served


@pytest.fixture
async def namespace(cluster: Cluster) -> AsyncIterator[Namespace]:
    """A namespace of its own for each test, which admits restricted pods only; its removal is not waited for."""
    configuration = client.Configuration()
    await config.load_kube_config(str(cluster.kubeconfig), client_configuration=configuration)
    async with client.ApiClient(configuration) as api:
        core = client.CoreV1Api(api)
        name = f"test-operator-{secrets.token_hex(4)}"
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        await core.create_namespace({"metadata": {"name": name, "labels": labels}})
        yield Namespace(api, name)
        await core.delete_namespace(name)


@pytest.fixture
async def kubelet(namespace: Namespace) -> AsyncIterator[FakeKubelet]:
    fake = FakeKubelet(namespace)
    running = asyncio.create_task(fake.run())
    yield fake
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
async def convex() -> AsyncIterator[tuple[Receiver, str]]:
    """A receiver of reports and its address."""
    receiver = Receiver()
    async with served(receiver) as url:
        yield receiver, url


@pytest.fixture
def environment(cluster: Cluster, namespace: Namespace) -> dict[str, str]:
    """Settings of an operator that tells nobody."""
    return {
        "KUBECONFIG": str(cluster.kubeconfig),
        "VIDEOTUTOR_NAMESPACE": namespace.name,
        "VIDEOTUTOR_RENDERER_IMAGE": "videotutor/renderer:test",
        "VIDEOTUTOR_ARTIFACTS_CLAIM": "artifacts",
        "VIDEOTUTOR_PUBLIC_URL": "http://videos.test",
        "VIDEOTUTOR_HEALTH_PORT": "0",
        "HOME": os.environ.get("HOME", "/"),
    }


@pytest.fixture
def operator(environment: dict[str, str], tmp_path: Path) -> Iterator[OperatorProcess]:
    """A running operator that tells nobody."""
    process = OperatorProcess(environment, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()


@pytest.fixture
def reporting_operator(
    environment: dict[str, str], convex: tuple[Receiver, str], tmp_path: Path
) -> Iterator[OperatorProcess]:
    """A running operator that reports to the receiver."""
    _, url = convex
    settings = {**environment, "CONVEX_SITE_URL": url, "CALLBACK_SECRET": SECRET}
    process = OperatorProcess(settings, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()
