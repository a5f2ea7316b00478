"""The recipes of docs/operations.md do what the text beside them says: each is run as it stands there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dev.cluster import Cluster
from tests.integration.operator.fake_kubelet import FakeKubelet, Task
from tests.integration.operator.kubernetes import Namespace, eventually
from videojob.results import FailureResult
from videojob.status import Failure, FailureClass

pytestmark = pytest.mark.usefixtures("operator")

OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"
BLOCK = OPERATIONS.read_text().partition("## Recipes")[2].partition("```sh\n")[2].partition("```")[0]
RECIPES = {text.splitlines()[0]: text for text in BLOCK.strip().split("\n\n")}
ANOTHER = {"scene": "scene-1", "instruction": "shorter"}
"""An edit that a recipe must not undo."""


class Reader:
    """Somebody who copies recipes out of the documentation."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._environment = {**os.environ, **cluster.env, "KUBECONFIG": str(cluster.kubeconfig)}
        self._kubectl = f"{cluster.tool('kubectl')} --context {cluster.context} --namespace {namespace}"

    def follow(self, title: str, line: int | None = None) -> None:
        """Run the recipe whose first comment begins so, or one of its commands."""
        (recipe,) = (text for comment, text in RECIPES.items() if comment.startswith(f"# {title}"))
        commands = recipe.replace("NAME", "calculus").replace("kubectl ", f"{self._kubectl} ", 2)
        chosen = commands if line is None else commands.splitlines()[line]
        done = subprocess.run(
            ["/bin/sh", "-ec", chosen], env=self._environment, text=True, capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def reader(cluster: Cluster, namespace: Namespace) -> Reader:
    return Reader(cluster, namespace.name)


async def test_retry_tries_again_what_failed_and_keeps_what_is_finished(
    namespace: Namespace, kubelet: FakeKubelet, reader: Reader
) -> None:
    failure = Failure(class_=FailureClass.BAD_SCENE, message="a formula cannot be drawn")

    def breaks_the_second_scene(task: Task, _attempt: int) -> FailureResult | None:
        return FailureResult(error=failure) if task.task == "scene" and task.scene_id == "scene-2" else None

    kubelet.script = breaks_the_second_scene
    await namespace.create_video("calculus")
    assert (await namespace.phase("calculus", "Failed", "Succeeded"))["phase"] == "Failed"

    kubelet.script = lambda _task, _attempt: None
    reader.follow("Retry what failed")

    await namespace.phase("calculus", "Succeeded")
    assert sorted(kubelet.rendered().values()) == [1, 1, 2]
    assert sum(kubelet.runs.values()) == 1 + 4 + 1


@pytest.mark.parametrize(
    ("title", "tasks"),
    [
        ("Make everything again", 5),
        ("Make one scene", 2),
        ("Another look", 4),
        ("Delete itself an hour after its end", 0),
    ],
)
async def test_a_finished_video_is_made_again_as_far_as_is_asked(
    namespace: Namespace, kubelet: FakeKubelet, reader: Reader, title: str, tasks: int
) -> None:
    await namespace.create_video("calculus", sceneOverrides=[ANOTHER])
    before = await namespace.phase("calculus", "Succeeded")

    reader.follow(title)

    after = await namespace.phase("calculus", "Succeeded")
    assert sum(kubelet.runs.values()) == 5 + tasks
    assert (after["video"]["key"] == before["video"]["key"]) is (tasks == 0)
    assert ANOTHER in (await namespace.video("calculus"))["spec"]["sceneOverrides"]


@pytest.mark.parametrize(("title", "phase"), [("Suspend", "Suspended"), ("Cancel", "Cancelled")])
async def test_what_was_stopped_goes_on_when_it_is_let(
    namespace: Namespace, kubelet: FakeKubelet, reader: Reader, title: str, phase: str
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.pods_of("scene", 3)

    reader.follow(title, line=1)

    await namespace.phase("calculus", phase)
    await namespace.pods_of("scene", 0)
    assert kubelet.rendered() == {}
    kubelet.held = set()
    reader.follow(title, line=2)
    await namespace.phase("calculus", "Succeeded")
    assert sorted(kubelet.rendered().values()) == [1, 1, 1]


async def test_parallelism_lets_more_scenes_run_at_once(
    namespace: Namespace, kubelet: FakeKubelet, reader: Reader
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus", parallelism=1)
    await namespace.phase("calculus", "Rendering")

    reader.follow("How many of its scenes")

    async def two_scenes_have_jobs() -> bool:
        jobs = [job.metadata.labels["videotutor.dev/task"] for job in await namespace.jobs()]
        return jobs.count("scene") == 2

    assert await eventually(two_scenes_have_jobs)


async def test_a_deleted_video_takes_everything_with_it(
    namespace: Namespace, kubelet: FakeKubelet, reader: Reader
) -> None:
    kubelet.held = {"scene"}
    await namespace.create_video("calculus")
    await namespace.phase("calculus", "Rendering")

    reader.follow("Delete it with its Jobs")

    await namespace.empty()
    assert await namespace.videos() == []
