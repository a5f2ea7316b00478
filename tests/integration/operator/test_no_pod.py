"""A Job without a pod: the status and an event say why in Kubernetes' words, and it continues when that is cured."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from kubernetes.aio import client
from kubernetes.aio.client import ApiException

from tests.integration.operator.kubernetes import NOWHERE, Namespace, eventually
from tests.integration.operator.obstacles import OBSTACLES, Obstacle, own_name
from tests.integration.operator.process import OperatorProcess
from tests.integration.operator.test_failures import ready_reason, told


@pytest.fixture
async def name(namespace: Namespace) -> AsyncIterator[str]:
    """The name of what a test makes cluster-wide, which is removed after it."""
    name = own_name()
    yield name
    for api, method in (
        (namespace.scheduling, "delete_priority_class"),
        (client.NodeV1Api(namespace.api), "delete_runtime_class"),
        (client.AdmissionregistrationV1Api(namespace.api), "delete_validating_webhook_configuration"),
    ):
        try:
            await getattr(api, method)(name)
        except ApiException as error:
            if error.status != 404:
                raise


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[[dict[str, str]], None]]:
    """Starts an operator with further settings."""
    started: list[OperatorProcess] = []

    def begin(further: dict[str, str]) -> None:
        started.append(OperatorProcess({**environment, **further}, tmp_path / "operator.log"))
        started[-1].start()

    yield begin
    for operator in started:
        operator.terminate()


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=list(OBSTACLES))
@pytest.mark.usefixtures("kubelet")
async def test_why_no_pod_comes_is_named_and_gone_when_it_is_cured(
    obstacle: Obstacle,
    namespace: Namespace,
    start: Callable[[dict[str, str]], None],
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    """The seconds that it took are properties of the test: `--junitxml` has them."""
    words = obstacle.words.format(name=name)
    start(obstacle.environment)
    await obstacle.cause(namespace, name)
    spec = obstacle.spec(name)
    template = {"nodeSelector": NOWHERE, **spec.pop("podTemplate", {})}
    await namespace.create_video("calculus", sceneCount=1, activeDeadlineSeconds=10, podTemplate=template, **spec)
    began = time.monotonic()

    note = await told(namespace, obstacle.reason)
    record_property("named after", round(time.monotonic() - began, 1))
    assert words in note
    assert words in (await namespace.status("calculus"))["message"]
    assert await ready_reason(namespace) == obstacle.reason

    await obstacle.cure(namespace, name)
    cured = time.monotonic()

    async def is_gone() -> bool:
        return words not in (await namespace.status("calculus"))["message"]

    await eventually(is_gone)
    record_property("gone after", round(time.monotonic() - cured, 1))
    assert (await namespace.phase("calculus", "Succeeded", "Failed"))["phase"] == "Succeeded"
