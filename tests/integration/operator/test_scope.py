"""One operator for all namespaces: VideoJobs of the same name do not get in each other's way."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from kubernetes.aio import client

from tests.integration.operator.fake_kubelet import FakeKubelet
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess

pytestmark = pytest.mark.alone


@pytest.fixture
async def elsewhere(namespace: Namespace) -> AsyncIterator[Namespace]:
    """A second namespace, which is not the operator's own."""
    name = f"test-operator-{secrets.token_hex(4)}"
    await namespace.core.create_namespace({"metadata": {"name": name}})
    yield Namespace(namespace.api, name)
    with suppress(client.ApiException):  # a test may have deleted it
        await namespace.core.delete_namespace(name)


@pytest.fixture
async def kubelets(namespace: Namespace, elsewhere: Namespace) -> AsyncIterator[tuple[FakeKubelet, FakeKubelet]]:
    """One for each namespace."""
    fakes = FakeKubelet(namespace), FakeKubelet(elsewhere)
    running = [asyncio.create_task(fake.run()) for fake in fakes]
    yield fakes
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
def clusterwide(environment: dict[str, str], tmp_path: Path) -> Iterator[OperatorProcess]:
    """A running operator that serves all namespaces."""
    process = OperatorProcess({**environment, "VIDEOTUTOR_SCOPE": "cluster"}, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()


async def test_videos_of_one_name_in_two_namespaces_are_both_made(
    namespace: Namespace,
    elsewhere: Namespace,
    kubelets: tuple[FakeKubelet, FakeKubelet],
    clusterwide: OperatorProcess,
) -> None:
    await asyncio.gather(namespace.create_video("calculus"), elsewhere.create_video("calculus", sceneCount=2))

    ends = await asyncio.gather(*(place.phase("calculus", "Succeeded", "Failed") for place in (namespace, elsewhere)))

    assert [(end["phase"], end["scenesReady"]) for end in ends] == [("Succeeded", "3/3"), ("Succeeded", "2/2")]
    assert [len(await place.jobs()) for place in (namespace, elsewhere)] == [5, 4]
    assert [sorted(kubelet.runs.values()) for kubelet in kubelets] == [[1] * 5, [1] * 4]


@pytest.fixture
def of_both(
    namespace: Namespace, elsewhere: Namespace, environment: dict[str, str], tmp_path: Path
) -> Iterator[OperatorProcess]:
    """A running operator that serves the two namespaces and no other."""
    served = {"VIDEOTUTOR_NAMESPACES": f"{namespace.name},{elsewhere.name}"}
    process = OperatorProcess({**environment, **served}, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()


async def test_an_operator_of_two_namespaces_makes_the_videos_of_both(
    namespace: Namespace,
    elsewhere: Namespace,
    kubelets: tuple[FakeKubelet, FakeKubelet],
    of_both: OperatorProcess,
) -> None:
    await asyncio.gather(*(place.create_video("calculus", sceneCount=1) for place in (namespace, elsewhere)))
    await asyncio.gather(*(place.phase("calculus", "Succeeded") for place in (namespace, elsewhere)))

    assert of_both.terminate() == 0
    assert "Traceback" not in of_both.log()


async def test_a_namespace_that_is_deleted_while_its_videos_render_is_gone_soon_and_disturbs_no_other(
    namespace: Namespace,
    elsewhere: Namespace,
    kubelets: tuple[FakeKubelet, FakeKubelet],
    of_both: OperatorProcess,
) -> None:
    kubelets[1].held = {"scene"}
    for name in ("algebra", "calculus", "geometry"):
        await elsewhere.create_video(name)
    await asyncio.gather(*(elsewhere.phase(name, "Rendering") for name in ("algebra", "calculus", "geometry")))

    await elsewhere.core.delete_namespace(elsewhere.name)

    async def is_gone() -> bool:
        found = await namespace.core.list_namespace(field_selector=f"metadata.name={elsewhere.name}")
        return not found.items

    await eventually(is_gone, within=60)
    await namespace.create_video("calculus", sceneCount=1)
    await namespace.phase("calculus", "Succeeded")
    assert of_both.ended() is None
    assert "Traceback" not in of_both.log()
    assert "forbids" not in of_both.log()


async def test_the_end_of_one_leaves_its_namesake_at_work(
    namespace: Namespace,
    elsewhere: Namespace,
    kubelets: tuple[FakeKubelet, FakeKubelet],
    clusterwide: OperatorProcess,
) -> None:
    for kubelet in kubelets:
        kubelet.held = {"scene"}
    await asyncio.gather(namespace.create_video("calculus"), elsewhere.create_video("calculus"))
    await asyncio.gather(*(place.phase("calculus", "Rendering") for place in (namespace, elsewhere)))
    await namespace.delete_video("calculus")
    await namespace.empty()
    for kubelet in kubelets:
        kubelet.held = set()

    await elsewhere.phase("calculus", "Succeeded")

    assert set(kubelets[1].rendered().values()) == {1}


async def test_an_operator_of_one_namespace_leaves_the_others_alone(
    namespace: Namespace,
    elsewhere: Namespace,
    kubelets: tuple[FakeKubelet, FakeKubelet],
    operator: OperatorProcess,
) -> None:
    await elsewhere.create_video("calculus", sceneCount=1)
    await namespace.create_video("calculus", sceneCount=1)

    await namespace.phase("calculus", "Succeeded")

    assert "phase" not in (await elsewhere.video("calculus"))["status"]
    assert await elsewhere.jobs() == []
