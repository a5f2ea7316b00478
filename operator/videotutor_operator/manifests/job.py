"""The Jobs that run tasks, as plain dictionaries. Nothing here sends a request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from videojob import API_GROUP, API_VERSION, KIND, names
from videojob.results import EXIT_BAD_INPUT
from videojob.spec import Resources
from videojob.tasks import encode_env
from videotutor_operator.core.model import CreateJob, VideoJob
from videotutor_operator.core.step import template_of
from videotutor_operator.manifests.environment import variables
from videotutor_operator.manifests.llm import NO_ACCESS, Access
from videotutor_operator.manifests.pod_defaults import PodDefaults
from videotutor_operator.manifests.speech import SILENT, Speech

USER = 10001
"""Uid and gid of the images."""
FIXED_USER = {"runAsUser": USER, "runAsGroup": USER, "fsGroup": USER, "fsGroupChangePolicy": "OnRootMismatch"}
SCRATCH = "2Gi"
"""Size of /tmp, which holds a scene's pictures."""
LONGEST_WAIT = 7 * 86_400
"""Seconds that a Job may wait for its pod to run. Its deadline is this and the task's together, since Kubernetes counts
both from the Job's start; the operator ends a container that runs for longer than `spec.activeDeadlineSeconds`."""
ARTIFACTS = "/artifacts"


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings of every pod of this installation."""

    image: str
    pull_policy: str
    artifacts_claim: str
    job_ttl: int
    """Seconds that an ended Job, its pods and their logs are kept."""
    service_account: str = ""
    """Service account, for the registry credentials of the image only; empty: the namespace's default one."""
    pod: PodDefaults = field(default_factory=PodDefaults)
    llm: Access = NO_ACCESS
    speech: Speech = SILENT


def job_manifest(videojob: VideoJob, create: CreateJob, runtime: Runtime, removed: int = 0) -> dict[str, Any]:
    """The Job of one attempt. `removed`: how many Jobs of this attempt were deleted.

    No name is used twice: Kubernetes may create no pod for five minutes where a Job is deleted and created again under
    one name, since the Job controller expects the pods of the old one (kubernetes/kubernetes#131917, #142236).
    Its result is in the status of the VideoJob soon after its end. Kubernetes deletes it after its TTL; where its
    result was not read until then, it is created again and reuses its result in the store.
    """
    labels = _labels(videojob, create)
    llm = runtime.llm.of(videojob.spec, create.task)
    speech = runtime.speech.of(create.task)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": names.job_name(videojob.name, create.label, create.attempt, videojob.uid, create.digest, removed),
            "namespace": videojob.namespace,
            "labels": {**runtime.pod.labels, **labels, **dict(videojob.queueing)},
            "annotations": {
                names.ANNOTATION_GENERATION: str(videojob.generation),
                names.ANNOTATION_TEMPLATE: template_of(videojob.spec),
                names.ANNOTATION_RENDERER: create.task.version,
            },
            "ownerReferences": [_owner(videojob)],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": LONGEST_WAIT + videojob.spec.active_deadline_seconds,
            "ttlSecondsAfterFinished": runtime.job_ttl,
            "podFailurePolicy": _pod_failure_policy(),
            "template": {
                "metadata": runtime.pod.metadata({**labels, **llm.labels(), **speech.labels()}),
                "spec": _pod(videojob, create, replace(runtime, llm=llm, speech=speech)),
            },
        },
    }


def _labels(videojob: VideoJob, create: CreateJob) -> dict[str, str]:
    scene = {names.LABEL_SCENE: create.scene} if create.scene else {}
    return {
        **names.RECOMMENDED,
        names.MANAGED_BY: names.MANAGER,
        names.LABEL_VIDEOJOB: videojob.name,
        names.LABEL_TASK: create.task.task,
        names.LABEL_DIGEST: create.digest,
        names.LABEL_ATTEMPT: str(create.attempt),
        **scene,
    }


def _owner(videojob: VideoJob) -> dict[str, Any]:
    return {
        "apiVersion": f"{API_GROUP}/{API_VERSION}",
        "kind": KIND,
        "name": videojob.name,
        "uid": videojob.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _pod_failure_policy() -> dict[str, Any]:
    """Disruptions are not the task's fault and cost nothing; bad input ends the Job at once."""
    bad_input = {"containerName": names.CONTAINER, "operator": "In", "values": [EXIT_BAD_INPUT]}
    return {
        "rules": [
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
            {"action": "FailJob", "onExitCodes": bad_input},
        ]
    }


def _pod(videojob: VideoJob, create: CreateJob, runtime: Runtime) -> dict[str, Any]:
    template = videojob.spec.pod_template
    return {
        "restartPolicy": "Never",
        **({"serviceAccountName": runtime.service_account} if runtime.service_account else {}),
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 5,
        "securityContext": {
            "runAsNonRoot": True,
            **(FIXED_USER if runtime.pod.fixed_user else {}),
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **runtime.pod.placement(template),
        "containers": [_container(create, template.resources, runtime)],
        "volumes": [
            {"name": "artifacts", "persistentVolumeClaim": {"claimName": runtime.artifacts_claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}},
            *runtime.speech.volumes(),
            *runtime.pod.volumes(),
        ],
    }


def _container(create: CreateJob, resources: Resources | None, runtime: Runtime) -> dict[str, Any]:
    environment = {"VIDEOTUTOR_STORE": f"file://{ARTIFACTS}", **encode_env(create.task)}
    return {
        "name": names.CONTAINER,
        "image": create.image or runtime.image,
        "imagePullPolicy": runtime.pull_policy,
        "env": [
            *variables(environment),
            *runtime.llm.variables(),
            *runtime.speech.variables(),
            *runtime.pod.variables(),
        ],
        "resources": runtime.pod.resources(resources, double_memory=create.more_memory),
        "terminationMessagePolicy": "File",
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "artifacts", "mountPath": ARTIFACTS},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 -- a volume of the pod
            *runtime.speech.mounts(),
            *runtime.pod.mounts(),
        ],
    }
