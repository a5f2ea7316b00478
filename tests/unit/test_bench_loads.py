"""What the benchmark lets videos run on answers as a renderer would: fake pods, and the image that does nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest

from bench.operator.hostile import ANNOTATION
from bench.operator.kwok import NODE
from bench.operator.population import SIZES, Population
from bench.operator.simulation import Simulation
from bench.operator.stages import HOLDING, SMALL, pod_status, stages
from bench.operator.work import Load, default_settings, unlimited_settings, videojob_manifest
from videojob import names
from videojob.phases import Phase, ScenePhase
from videojob.results import AnyResult, PlanResult, SceneResult, StitchResult, decode_result
from videojob.spec import PodTemplate, VideoJobSpec
from videojob.status import VideoJobStatus
from videotutor_operator.settings import Settings

LABELS = {names.LABEL_DIGEST: "0123456789abcdef", names.LABEL_SCENE: "scene-2"}


def answer_of(task: str) -> AnyResult | None:
    """The termination message that the template has for a task, with the pod's labels put in."""
    condition = {"plan": '{{ if eq $task "plan" }}', "scene": '{{ else if eq $task "scene" }}', "stitch": "{{ else }}"}
    message = pod_status(3).partition(condition[task])[2].partition("message: '")[2].partition("'\n")[0]
    message = message.replace("{{ $.metadata.namespace }}", "bench")
    return decode_result(re.sub(r'{{ index \$\.metadata\.labels "([^"]+)" }}', lambda found: LABELS[found[1]], message))


def test_a_fake_plan_has_its_scenes_and_no_two_plans_share_one() -> None:
    plan = answer_of("plan")
    assert isinstance(plan, PlanResult)
    assert [scene.id for scene in plan.scenes] == ["scene-1", "scene-2", "scene-3"]
    assert all(scene.digest.startswith("0123456789abcdef-") for scene in plan.scenes)


def test_a_fake_scene_answers_for_itself() -> None:
    scene = answer_of("scene")
    assert isinstance(scene, SceneResult)
    assert (scene.scene_id, scene.digest) == ("scene-2", "0123456789abcdef")


def test_a_fake_stitch_has_a_chapter_for_each_scene() -> None:
    stitch = answer_of("stitch")
    assert isinstance(stitch, StitchResult)
    assert stitch.chapters == 3
    assert stitch.path == "bench/videos/0123456789abcdef/video.mp4"


def test_every_fake_pod_is_in_one_stage_at_a_time() -> None:
    found = {stage["metadata"]["name"]: stage["spec"]["selector"]["matchExpressions"] for stage in stages(3)}
    places = [(NODE, "Pending"), (SMALL, "Pending"), (SMALL, "Running"), (HOLDING, "Pending"), (HOLDING, "Running")]
    ended = [(node, phase) for node in (NODE, SMALL, HOLDING) for phase in ("Succeeded", "Failed")]
    assert {place: stages_of(found, *place) for place in places} == {
        (NODE, "Pending"): ["pod-succeeded"],
        (SMALL, "Pending"): ["pod-running"],
        (SMALL, "Running"): ["pod-ran"],
        (HOLDING, "Pending"): ["pod-running"],
        (HOLDING, "Running"): [],
    }
    assert {place: stages_of(found, *place) for place in ended} == {place: [] for place in ended}


def test_a_pod_whose_answer_is_given_is_in_no_other_stage() -> None:
    found = {stage["metadata"]["name"]: stage["spec"]["selector"]["matchExpressions"] for stage in stages(3)}
    answer = {f'.metadata.annotations["{ANNOTATION}"]': "words"}
    assert stages_of(found, NODE, "Pending", answer) == ["pod-answered"]
    assert stages_of(found, NODE, "Succeeded", answer) == []


def stages_of(
    found: dict[str, list[dict[str, Any]]], node: str, phase: str, others: dict[str, str] | None = None
) -> list[str]:
    """Stages that take up a pod of this node in this phase which is not being deleted."""
    values = {".spec.nodeName": node, ".status.phase": phase, **(others or {})}
    return [name for name, rules in found.items() if name.startswith("pod") and all(_holds(r, values) for r in rules)]


def _holds(rule: dict[str, Any], values: dict[str, str]) -> bool:
    value = values.get(rule["key"])
    match rule["operator"]:
        case "In":
            return value in rule["values"]
        case "NotIn":
            return value not in rule["values"]
        case "Exists":
            return value is not None
        case _:
            return value is None


def test_videos_of_a_load_have_nothing_in_common() -> None:
    load = Load(3, 3, PodTemplate())
    assert len({load.spec(name).prompt for name in load.names()}) == 3
    assert load.pods == 15


def test_a_videojob_is_written_as_a_user_would() -> None:
    manifest = videojob_manifest("a", Load(1, 3, PodTemplate()).spec("a"))
    assert manifest["spec"] == {"prompt": "Nothing (a)", "sceneCount": 3}


def test_a_videojob_of_a_load_has_its_deadline() -> None:
    load = Load(1, 3, PodTemplate(), deadline=120)
    assert videojob_manifest("a", load.spec("a"))["spec"]["activeDeadlineSeconds"] == 120


def test_an_operator_has_its_default_limits_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in default_settings("lessons", "image").items():
        monkeypatch.setenv(name, value)
    default = Settings()
    for name, value in unlimited_settings("lessons", "image").items():
        monkeypatch.setenv(name, value)
    unlimited = Settings()
    assert (default.max_active_jobs, default.writes_per_second) == (50, 50)
    assert (unlimited.max_active_jobs, unlimited.writes_per_second) == (0, 500)


def test_a_population_is_as_large_and_as_busy_as_it_says_and_fits_the_models() -> None:
    pairs = list(Population(40, 4, PodTemplate()).manifests())
    statuses = [VideoJobStatus.model_validate(status) for _, status in pairs]
    assert len({manifest["metadata"]["name"] for manifest, _ in pairs}) == 40
    assert [status.phase for status in statuses].count(Phase.RENDERING) == 4
    assert [status.phase for status in statuses].count(Phase.SUCCEEDED) == 36
    assert {len(status.scenes) for status in statuses} >= {3, 100}
    assert all(VideoJobSpec.model_validate(manifest["spec"]) for manifest, _ in pairs)


def test_active_videos_of_a_population_are_short_and_long() -> None:
    statuses = [status for _, status in Population(100, 10, PodTemplate()).manifests()]
    active = [len(status["scenes"]) for status in statuses if status["phase"] == "Rendering"]
    assert sorted(active) == sorted(SIZES)


def test_finished_videos_of_a_population_share_no_digest() -> None:
    statuses = [status for _, status in Population(20, 0, PodTemplate()).manifests()]
    digests = [scene["digest"] for status in statuses for scene in status["scenes"]]
    assert len(set(digests)) == len(digests)


def test_a_simulation_stops_in_the_middle_of_rendering() -> None:
    simulation = Simulation(20)
    simulation.advance(10)
    phases = [scene.phase for scene in simulation.decision().status.scenes]
    assert (phases.count(ScenePhase.SUCCEEDED), phases.count(ScenePhase.RUNNING)) == (10, 10)
