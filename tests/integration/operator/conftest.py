from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dev.cluster import Cluster
from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, own_namespace
from tests.integration.operator.process import OperatorProcess, settings
from tests.unit.operator.convex_receiver import SECRET, Receiver, served


@pytest.fixture
async def namespace(cluster: Cluster) -> AsyncIterator[Namespace]:
    """A namespace of its own for each test, which admits restricted pods only; its removal is not waited for."""
    async with own_namespace(cluster.kubeconfig, "test-operator") as found:
        yield found


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
    return settings(cluster.kubeconfig, namespace.name)


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
