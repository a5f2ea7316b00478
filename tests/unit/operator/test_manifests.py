"""The Jobs as they are sent, compared with files: `UPDATE_GOLDEN=1 pytest tests/unit/operator` rewrites the files."""

from __future__ import annotations

import copy
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.operator.world import World, a_video
from videojob import names
from videojob.digest import RENDERER_VERSION
from videojob.llm import LlmSettings
from videojob.tasks import ENV_PREFIX, decode_env
from videotutor_operator.core.model import CreateJob
from videotutor_operator.manifests.job import Runtime, job_manifest
from videotutor_operator.manifests.llm import Access
from videotutor_operator.manifests.pod_defaults import PodDefaults
from videotutor_operator.manifests.speech import Speech

GOLDEN = Path(__file__).parent / "golden"
RUNTIME = Runtime(
    image="videotutor/renderer:1",
    pull_policy="IfNotPresent",
    artifacts_claim="videotutor-artifacts",
    job_ttl=86_400,
    service_account="videotutor-renderer",
    pod=PodDefaults.model_validate(
        {
            "labels": {"example.org/team": "lessons"},
            "annotations": {"sidecar.istio.io/inject": "false"},
            "nodeSelector": {"pool": "spot"},
            "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoSchedule"}],
            "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
            "priorityClassName": "batch",
            "runtimeClassName": "gvisor",
            "env": [
                {"name": "TZ", "value": "UTC"},
                {"name": "PROXY", "valueFrom": {"configMapKeyRef": {"name": "proxy", "key": "url", "optional": True}}},
            ],
        }
    ),
)


class _Plain(yaml.SafeDumper):
    """Writes equal dictionaries out in full: a golden file has no aliases."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def manifest_of(video: World, label: str) -> dict[str, Any]:
    create = next(create for create in reversed(video.created) if create.label == label)
    return job_manifest(video.job, create, RUNTIME)


def readable(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest without the compressed task, which depends on the version of zlib."""
    plain = copy.deepcopy(manifest)
    (container,) = plain["spec"]["template"]["spec"]["containers"]
    for entry in container["env"]:
        if entry["name"].startswith(ENV_PREFIX):
            entry["value"] = "(the task)"
    return plain


def environment(manifest: dict[str, Any]) -> dict[str, str]:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


@pytest.mark.parametrize("label", ["plan", "scene-1", "stitch"])
def test_the_job_is_the_golden_one(label: str) -> None:
    manifest = readable(manifest_of(a_video(scenes=2).succeeded(), label))
    path = GOLDEN / f"{label}.yaml"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(yaml.dump(manifest, Dumper=_Plain, sort_keys=False, width=120))

    assert manifest == yaml.safe_load(path.read_text())


def test_the_task_comes_out_of_the_environment_as_it_went_in() -> None:
    video = a_video(prompt="Explain $(HOME) and `rm -rf /` 🎓", scenes=1).planning()

    manifest = manifest_of(video, "plan")

    assert decode_env(environment(manifest), RENDERER_VERSION) == video.task("plan")
    assert "$(HOME)" not in str(manifest)


def test_without_a_service_account_of_its_own_a_job_runs_under_the_default_one_and_without_its_token() -> None:
    video = a_video(scenes=1).planning()

    manifest = job_manifest(video.job, video.created[0], replace(RUNTIME, service_account=""))

    pod = manifest["spec"]["template"]["spec"]
    assert "serviceAccountName" not in pod
    assert pod["automountServiceAccountToken"] is False


def test_more_memory_doubles_the_limit() -> None:
    video = a_video(scenes=1).rendering()
    (scene,) = [create for create in video.created if create.label == "scene-1"]

    manifest = job_manifest(video.job, CreateJob(scene.task, scene.digest, 2, more_memory=True), RUNTIME)

    assert manifest["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"] == "3072Mi"
    assert manifest["metadata"]["name"].endswith("-2")


def test_labels_of_the_installation_are_on_the_job_and_its_pod_and_replace_none_of_the_operators() -> None:
    labels = {"example.org/team": "lessons", "app.kubernetes.io/managed-by": "us", "videotutor.dev/task": "none"}
    pod = PodDefaults.model_construct(labels=labels, env=())
    video = a_video(scenes=1).planning()

    manifest = job_manifest(video.job, video.created[0], replace(RUNTIME, pod=pod))

    for metadata in (manifest["metadata"], manifest["spec"]["template"]["metadata"]):
        assert metadata["labels"]["example.org/team"] == "lessons"
        assert metadata["labels"][names.MANAGED_BY] == names.MANAGER
        assert metadata["labels"][names.LABEL_TASK] == "plan"


def test_the_pod_template_of_a_videojob_takes_precedence_over_the_installation() -> None:
    template = {
        "resources": {"limits": {"memory": "3Gi"}},
        "node_selector": {"disk": "fast"},
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
        "runtime_class_name": "kata",
        "priority_class_name": "low",
    }

    pod = manifest_of(a_video(pod_template=template).planning(), "plan")["spec"]["template"]["spec"]

    assert pod["nodeSelector"] == {"disk": "fast", "pool": "spot"}
    assert [entry["key"] for entry in pod["tolerations"][:2]] == ["gpu", "spot"]
    assert (pod["runtimeClassName"], pod["priorityClassName"]) == ("kata", "low")
    assert pod["containers"][0]["resources"]["limits"]["memory"] == "3Gi"


def test_a_name_is_never_longer_than_a_label_value_may_be() -> None:
    video = a_video(scenes=1).rendering()
    (scene,) = [create for create in video.created if create.label == "scene-1"]
    task = scene.task.model_copy(update={"scene_id": "s" * 30})

    manifest = job_manifest(video.job, CreateJob(task, scene.digest, 12), RUNTIME)

    assert len(manifest["metadata"]["name"]) <= 63


def test_the_labels_of_kueue_are_on_the_job_and_not_on_its_pod() -> None:
    video = a_video(scenes=1).planning()
    video.job = replace(video.job, queueing=((names.LABEL_QUEUE, "lessons"),))

    manifest = manifest_of(video, "plan")

    assert manifest["metadata"]["labels"][names.LABEL_QUEUE] == "lessons"
    assert names.LABEL_QUEUE not in manifest["spec"]["template"]["metadata"]["labels"]


def asking(video: World, label: str, *, with_key: bool = True) -> tuple[dict[str, Any], bool]:
    """What a pod is told of the language model, by variable, and whether a NetworkPolicy lets it out."""
    settings = LlmSettings.model_validate({"url": "https://models.example/v1", "model": "teacher-1"})
    create = next(create for create in reversed(video.created) if create.label == label)
    manifest = job_manifest(video.job, create, replace(RUNTIME, llm=Access(settings, "model-key" if with_key else "")))
    template = manifest["spec"]["template"]
    variables = {entry["name"]: entry for entry in template["spec"]["containers"][0]["env"]}
    assert names.LABEL_NETWORK not in manifest["metadata"]["labels"]
    told = {name: entry for name, entry in variables.items() if name.startswith("VIDEOTUTOR_LLM_")}
    return told, template["metadata"]["labels"].get(names.LABEL_NETWORK) == "llm"


def test_a_pod_that_plans_a_prompt_may_ask_the_model_and_has_its_key_by_reference() -> None:
    told, may_go_out = asking(a_video(scenes=2).planning(), "plan")

    assert may_go_out
    assert told["VIDEOTUTOR_LLM_MODEL"]["value"] == "teacher-1"
    reference = {"secretKeyRef": {"name": "model-key", "key": "VIDEOTUTOR_LLM_KEY"}}
    assert told["VIDEOTUTOR_LLM_KEY"] == {"name": "VIDEOTUTOR_LLM_KEY", "valueFrom": reference}


def test_a_model_without_a_secret_has_no_key() -> None:
    told, _ = asking(a_video(scenes=2).planning(), "plan", with_key=False)

    assert "VIDEOTUTOR_LLM_URL" in told
    assert "VIDEOTUTOR_LLM_KEY" not in told


def test_a_scene_may_ask_the_model_only_when_it_is_edited_in_words() -> None:
    edits = [{"scene": "scene-1", "instruction": "make it shorter"}]
    video = a_video(scenes=2, scene_overrides=edits).rendering()

    assert asking(video, "scene-1")[1]
    assert asking(video, "scene-2") == ({}, False)


@pytest.mark.parametrize("planner", ["outline", "template"])
def test_a_video_whose_planner_needs_no_model_never_reaches_one(planner: str) -> None:
    edits = [{"scene": "scene-1", "instruction": "make it shorter"}]
    video = a_video(scenes=1, planner=planner, scene_overrides=edits).rendering()

    assert asking(video, "plan") == ({}, False)
    assert asking(video, "scene-1") == ({}, False)


def test_the_join_and_a_given_storyboard_have_nothing_to_ask() -> None:
    storyboard = {"title": "T", "scenes": [{"id": "scene-1", "title": "S", "beats": [{"say": "Hi."}]}]}

    assert asking(a_video(prompt=None, storyboard=storyboard).planning(), "plan") == ({}, False)
    assert asking(a_video(scenes=1).succeeded(), "stitch") == ({}, False)


SPEECH = Speech("piper-voices", "https://speech.example/v1", "tts-1", "speech-key")


def speaking(label: str, **narration: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The pod of a task where there are mounted voices and a speech endpoint, and the pod's labels."""
    video = a_video(scenes=1, narration=narration).succeeded()
    create = next(create for create in reversed(video.created) if create.label == label)
    template = job_manifest(video.job, create, replace(RUNTIME, speech=SPEECH))["spec"]["template"]
    return template["spec"], template["metadata"]["labels"]


def speech_variables(pod: dict[str, Any]) -> dict[str, Any]:
    entries = {entry["name"]: entry for entry in pod["containers"][0]["env"]}
    return {name: entry for name, entry in entries.items() if "SPEECH" in name or "VOICES" in name}


def test_a_scene_has_the_mounted_voices_read_only_and_knows_nothing_of_the_endpoint() -> None:
    pod, labels = speaking("scene-1")

    assert speech_variables(pod) == {"VIDEOTUTOR_VOICES": {"name": "VIDEOTUTOR_VOICES", "value": "/voices"}}
    claim = {"claimName": "piper-voices", "readOnly": True}
    assert {"name": "voices", "persistentVolumeClaim": claim} in pod["volumes"]
    assert {"name": "voices", "mountPath": "/voices", "readOnly": True} in pod["containers"][0]["volumeMounts"]
    assert names.LABEL_SPEECH not in labels


def test_a_scene_with_a_voice_of_the_endpoint_may_reach_it_and_has_its_key_by_reference() -> None:
    pod, labels = speaking("scene-1", voice="openai:alloy")

    variables = speech_variables(pod)
    assert variables["VIDEOTUTOR_SPEECH_URL"]["value"] == "https://speech.example/v1"
    assert variables["VIDEOTUTOR_SPEECH_MODEL"]["value"] == "tts-1"
    reference = {"secretKeyRef": {"name": "speech-key", "key": "VIDEOTUTOR_SPEECH_KEY"}}
    assert variables["VIDEOTUTOR_SPEECH_KEY"] == {"name": "VIDEOTUTOR_SPEECH_KEY", "valueFrom": reference}
    assert labels[names.LABEL_SPEECH] == names.SPEECH_ENDPOINT


@pytest.mark.parametrize("label", ["plan", "stitch", "scene-1"])
def test_a_task_that_does_not_speak_has_nothing_to_speak_with(label: str) -> None:
    pod, labels = speaking(label, voice="openai:alloy", enabled=label != "scene-1")

    assert speech_variables(pod) == {}
    assert [volume["name"] for volume in pod["volumes"]] == ["artifacts", "tmp"]
    assert names.LABEL_SPEECH not in labels


def test_the_cluster_chooses_the_user_and_the_installation_the_authorities_where_it_says_so() -> None:
    defaults = PodDefaults.model_validate({"fixedUser": False, "caBundle": {"configMap": "cas", "key": "ca.pem"}})
    video = World(1).succeeded()
    job = job_manifest(video.job, video.created[0], replace(RUNTIME, pod=defaults))
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    (container,) = pod["containers"]
    assert {"name": "SSL_CERT_FILE", "value": "/etc/videotutor/ca/ca.pem"} in container["env"]
    assert {"name": "ca", "configMap": {"name": "cas"}} in pod["volumes"]
    assert {"name": "ca", "mountPath": "/etc/videotutor/ca", "readOnly": True} in container["volumeMounts"]
