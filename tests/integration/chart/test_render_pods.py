"""From the chart's values to the render pods: through the operator's settings into the manifests of Jobs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.chart.helm import EVERYTHING, of_kind, rendered, template
from tests.integration.chart.policies import selects
from tests.integration.chart.settings import settings_of
from tests.unit.operator.world import World, a_video
from videojob import names
from videotutor_operator.manifests.job import job_manifest
from videotutor_operator.settings import Settings

STORYBOARD = {"title": "T", "scenes": [{"id": "scene-1", "title": "S", "beats": [{"say": "Hi."}]}]}


def pod_of(video: World, label: str, settings: Settings) -> dict[str, Any]:
    """The pod template of a video's Job."""
    create = next(create for create in reversed(video.created) if create.label == label)
    return dict(job_manifest(video.job, create, settings.runtime())["spec"]["template"])


def test_by_default_no_sidecar_is_injected_and_the_autoscaler_may_move_a_render_pod(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pod = pod_of(a_video(scenes=1).planning(), "plan", settings_of(rendered(), monkeypatch))

    assert pod["metadata"]["annotations"] == {
        "sidecar.istio.io/inject": "false",
        "linkerd.io/inject": "disabled",
        "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes": "tmp",
    }
    assert pod["spec"]["containers"][0]["resources"] == {
        "requests": {"cpu": "250m", "memory": "512Mi", "ephemeral-storage": "512Mi"},
        "limits": {"cpu": "2", "memory": "1536Mi", "ephemeral-storage": "2560Mi"},
    }


def test_the_room_of_tmp_is_within_the_limit_of_ephemeral_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    pod = pod_of(a_video(scenes=1).planning(), "plan", settings_of(rendered(), monkeypatch))["spec"]

    assert {"name": "tmp", "emptyDir": {"sizeLimit": "2Gi"}} in pod["volumes"]  # 2048Mi of 2560Mi
    assert pod["containers"][0]["resources"]["limits"]["ephemeral-storage"] == "2560Mi"


def test_every_setting_of_render_pods_reaches_the_manifest(monkeypatch: pytest.MonkeyPatch) -> None:
    given = EVERYTHING["renderer"]

    pod = pod_of(a_video(scenes=1).planning(), "plan", settings_of(rendered(EVERYTHING), monkeypatch))

    assert pod["metadata"]["labels"]["example.org/team"] == "12"
    assert pod["metadata"]["annotations"]["example.org/flag"] == "true"
    assert "linkerd.io/inject" not in pod["metadata"]["annotations"]
    spec = pod["spec"]
    assert spec["tolerations"][0] == given["tolerations"][0]
    for field in ("nodeSelector", "affinity", "priorityClassName", "runtimeClassName"):
        assert spec[field] == given[field]
    assert spec["containers"][0]["env"][-3:] == given["extraEnv"]


@pytest.mark.parametrize(
    ("renderer", "refusal"),
    [
        ({"podLabels": {"videotutor.dev/task": "x"}}, "renderer.podLabels must not set videotutor.dev/task"),
        ({"podLabels": {"app.kubernetes.io/name": "x"}}, "renderer.podLabels must not set app.kubernetes.io/name"),
        ({"podLabels": {"job-name": "x"}}, "renderer.podLabels must not set job-name"),
        ({"podAnnotations": {"videotutor.dev/x": "x"}}, "renderer.podAnnotations must not set videotutor.dev/x"),
        ({"priorityClassName": "system-node-critical"}, "renderer.priorityClassName must not begin with system-"),
        ({"podLabels": {"team": "a b"}}, "/renderer/podLabels/team"),
        ({"podLabels": {"-": "a"}}, "/renderer/podLabels"),
        ({"podLabels": None}, "podLabels"),
        ({"podAnnotations": {"flag": True}}, "/renderer/podAnnotations/flag"),
        ({"nodeSelector": {"pool": 1}}, "/renderer/nodeSelector/pool"),
        ({"tolerations": [{"key": "a", "efect": "NoSchedule"}]}, "efect"),
        ({"tolerations": [{"effect": "Never"}]}, "/renderer/tolerations/0/effect"),
        ({"affinity": {"nodeAfinity": {}}}, "nodeAfinity"),
        ({"priorityClassName": "Not A Name"}, "/renderer/priorityClassName"),
        ({"runtimeClassName": "Not A Name"}, "/renderer/runtimeClassName"),
        ({"extraEnv": [{"name": "VIDEOTUTOR_STORE", "value": "x"}]}, "renderer.extraEnv must not set VIDEOTUTOR_STORE"),
        ({"extraEnv": [{"name": "TZ"}]}, "renderer.extraEnv: TZ needs exactly one of value and valueFrom"),
        ({"extraEnv": [{"name": "TZ", "value": 1}]}, "/renderer/extraEnv/0/value"),
        ({"extraEnv": [{"name": "A-B", "value": ""}]}, "/renderer/extraEnv/0/name"),
        ({"extraEnv": [{"name": "TZ", "valueFrom": {"fieldRef": {}}}]}, "/renderer/extraEnv/0/valueFrom"),
        ({"extraEnv": [{"name": "TZ", "valueFrom": {}}]}, "/renderer/extraEnv/0/valueFrom"),
        ({"resources": None}, "resources"),
    ],
)
def test_a_wrong_setting_of_render_pods_is_refused_by_its_name(renderer: dict[str, Any], refusal: str) -> None:
    done = template({"renderer": renderer})

    assert done.returncode != 0
    assert refusal in done.stderr


def pods(objects: list[dict[str, Any]], settings: Settings) -> Iterator[tuple[str, dict[str, str]]]:
    """Name and labels of every pod: those of the chart, and those of each kind of task."""
    for deployment in of_kind(objects, "Deployment"):
        yield deployment["metadata"]["name"], deployment["spec"]["template"]["metadata"]["labels"]
    for pod in [job["spec"]["template"] | {"metadata": job["metadata"]} for job in of_kind(objects, "Job")]:
        yield pod["metadata"]["name"], pod["metadata"]["labels"]
    planned, spoken = a_video(scenes=1).succeeded(), a_video(scenes=1, narration={"voice": "openai:a"}).succeeded()
    given = a_video(prompt=None, storyboard=STORYBOARD).planning()
    tasks = [("plan-asks", planned, "plan"), ("plan-given", given, "plan"), ("stitch", planned, "stitch")]
    for name, video, label in [*tasks, ("scene", planned, "scene-1"), ("scene-spoken", spoken, "scene-1")]:
        yield name, pod_of(video, label, settings)["metadata"]["labels"]


def test_each_network_policy_selects_exactly_the_pods_that_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    objects = rendered(EVERYTHING)
    running = dict(pods(objects, settings_of(objects, monkeypatch)))

    selected = {
        policy["metadata"]["name"]: {
            name for name, labels in running.items() if selects(policy["spec"]["podSelector"], labels)
        }
        for policy in of_kind(objects, "NetworkPolicy")
    }

    assert selected == {
        "videotutor-api": {"videotutor-api"},
        "videotutor-operator": {"videotutor-operator"},
        "videotutor-convex": {"videotutor-convex"},
        "videotutor-test": {"videotutor-test"},
        "videotutor-tasks": {"plan-asks", "plan-given", "scene", "scene-spoken", "stitch"},
        "videotutor-llm": {"plan-asks"},
        "videotutor-speech": {"scene-spoken"},
    }


@pytest.mark.parametrize(
    ("policy", "label"),
    [("tasks", names.LABEL_TASK), ("llm", names.LABEL_NETWORK), ("speech", names.LABEL_SPEECH)],
)
def test_a_render_pod_without_its_label_is_not_selected(
    policy: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = rendered(EVERYTHING)
    (selector,) = [
        found["spec"]["podSelector"]
        for found in of_kind(objects, "NetworkPolicy")
        if found["metadata"]["name"] == f"videotutor-{policy}"
    ]
    running = dict(pods(objects, settings_of(objects, monkeypatch)))

    assert any(selects(selector, labels) for labels in running.values())
    for labels in running.values():
        assert not selects(selector, {key: value for key, value in labels.items() if key != label})
