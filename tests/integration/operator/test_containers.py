"""Failures that only a real kubelet and a real container make: an image that is not there, and the kernel's limit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.cluster import Cluster
from tests.integration.operator.kubernetes import Namespace, eventually
from tests.integration.operator.process import OperatorProcess

pytestmark = pytest.mark.alone

NO_IMAGE = "registry.invalid/videotutor/renderer:none"
"""A name that no resolver knows (RFC 2606)."""
TOO_LITTLE = "16Mi"
"""Less than Python needs to import the renderer, twice over, and enough for a container to begin."""
STARTING_SECONDS = 180
"""Patience with a real kubelet: a volume is made, an image is asked for, containers begin."""


@pytest.fixture
async def claim(namespace: Namespace) -> None:
    """A volume of the cluster's own storage class."""
    resources = {"requests": {"storage": "1Gi"}}
    body = {"metadata": {"name": "artifacts"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": resources}}
    await namespace.core.create_namespaced_persistent_volume_claim(namespace.name, body)


@pytest.fixture
def image(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """The image that a test asks for, else the renderer as the cluster has it."""
    return str(getattr(request, "param", "")) or cluster.image("renderer")


@pytest.fixture
def operator(environment: dict[str, str], image: str, claim: None, tmp_path: Path) -> Iterator[OperatorProcess]:
    """A running operator whose pods a real kubelet runs."""
    process = OperatorProcess({**environment, "VIDEOTUTOR_RENDERER_IMAGE": image}, tmp_path / "operator.log")
    process.start()
    yield process
    process.terminate()


def ready(status: dict[str, Any]) -> str:
    """Reason of the condition Ready."""
    return next((str(c["reason"]) for c in status.get("conditions") or [] if c["type"] == "Ready"), "")


async def the_image_is_in_the_page_cache(namespace: Namespace) -> None:
    """A container that has read the renderer's files, so that they count for its memory and for nobody's after it.

    Else the kernel takes them back from the next one page by page as it reads them, for minutes, before it kills it.
    """
    await namespace.create_video("first", podTemplate={})
    await namespace.phase("first", "Rendering", within=STARTING_SECONDS)
    await namespace.delete_video("first")
    await namespace.empty()


@pytest.mark.parametrize("image", [NO_IMAGE], indirect=True)
async def test_an_image_that_is_not_there_is_said_at_once_and_fails_as_that_at_the_deadline(
    namespace: Namespace, operator: OperatorProcess
) -> None:
    await namespace.create_video("calculus", podTemplate={}, activeDeadlineSeconds=60)

    async def waits() -> str:
        status = await namespace.status("calculus")
        return str(status["message"]) if ready(status) == "ImagePull" else ""

    said = await eventually(waits, STARTING_SECONDS)
    status = await namespace.phase("calculus", "Failed", within=STARTING_SECONDS)

    what, _, cause = said.partition(" cannot be pulled: ")
    assert what == f"Planning the scenes; it waits: the image {NO_IMAGE}"
    assert NO_IMAGE in cause, "Kubernetes' own words"
    assert (ready(status), len(await namespace.jobs())) == ("ImagePull", 1)
    assert NO_IMAGE in status["message"]


async def test_a_container_that_the_kernel_kills_for_its_memory_gets_twice_as_much_once(
    namespace: Namespace, operator: OperatorProcess
) -> None:
    await the_image_is_in_the_page_cache(namespace)
    memory = {"requests": {"memory": TOO_LITTLE}, "limits": {"memory": TOO_LITTLE}}
    await namespace.create_video("calculus", podTemplate={"resources": memory})

    status = await namespace.phase("calculus", "Failed", "Succeeded", within=STARTING_SECONDS)

    assert ready(status) == "OutOfMemory"
    assert status["message"].startswith("The plan failed: The renderer ran out of memory. Raise spec.podTemplate")
    limits = [job.spec.template.spec.containers[0].resources.limits["memory"] for job in await namespace.jobs()]
    assert sorted(limits) == [TOO_LITTLE, "32Mi"]
