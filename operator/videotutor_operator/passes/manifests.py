"""The Jobs that run tasks, as plain dictionaries. Builders only build."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from videojob import API_GROUP, API_VERSION, KIND, names
from videojob.results import EXIT_BAD_INPUT
from videojob.spec import PodTemplate, Resources
from videojob.tasks import encode_env
from videotutor_operator.core.model import CreateJob, VideoJob
from videotutor_operator.core.step import template_of
from videotutor_operator.passes.environment import variables
from videotutor_operator.passes.llm import NO_ACCESS, Access
from videotutor_operator.passes.speech import SILENT, Speech

USER = 10001
"""Uid and gid of the images."""
SCRATCH = "2Gi"
"""Room of /tmp: a scene's pictures pass through it."""
LOST_NODE = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
"""Taints of a node that does not answer."""
LOST_NODE_SECONDS = 60
"""How long a pod waits for such a node to come back; Kubernetes' own 300 s are more than most scenes take."""
LONGEST_WAIT = 7 * 86_400
"""Seconds that a Job may wait for its pod to run. Its deadline is this and the task's together, since Kubernetes counts
both from the Job's start; the operator ends a container that runs for longer than `spec.activeDeadlineSeconds`."""
ARTIFACTS = "/artifacts"


@dataclass(frozen=True, slots=True)
class Runtime:
    """What every pod of this installation runs with."""

    image: str
    pull_policy: str
    artifacts_claim: str
    requests: dict[str, str]
    limits: dict[str, str]
    job_ttl: int
    """Seconds that an ended Job, its pods and their logs are kept."""
    service_account: str = ""
    """Names the registry credentials of the image, nothing else; empty: the namespace's default one."""
    llm: Access = NO_ACCESS
    speech: Speech = SILENT


def job_manifest(videojob: VideoJob, create: CreateJob, runtime: Runtime, removed: int = 0) -> dict[str, Any]:
    """The Job of one attempt, of which so many Jobs were `removed` before their end.

    No name is used twice: Kubernetes may make no pod for five minutes where one was removed and another made under
    its name, since the Job controller expects the pods of the old one (kubernetes/kubernetes#131917, #142236).
    Its result is in the status of the VideoJob soon after its end. Kubernetes removes it when its logs are old; one
    that goes unread all the same is made again, and finds its work in the store.
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
            "labels": {**labels, **dict(videojob.queueing)},
            "annotations": {
                names.ANNOTATION_GENERATION: str(videojob.generation),
                names.ANNOTATION_TEMPLATE: template_of(videojob.spec),
            },
            "ownerReferences": [_owner(videojob)],
        },
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": LONGEST_WAIT + videojob.spec.active_deadline_seconds,
            "ttlSecondsAfterFinished": runtime.job_ttl,
            "podFailurePolicy": _pod_failure_policy(),
            "template": {
                "metadata": {"labels": {**labels, **llm.labels(), **speech.labels()}},
                "spec": _pod(videojob, create, replace(runtime, llm=llm, speech=speech)),
            },
        },
    }


def _labels(videojob: VideoJob, create: CreateJob) -> dict[str, str]:
    scene = {names.LABEL_SCENE: create.scene} if create.scene else {}
    return {
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
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **_placement(template),
        "containers": [_container(create, template.resources, runtime)],
        "volumes": [
            {"name": "artifacts", "persistentVolumeClaim": {"claimName": runtime.artifacts_claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": SCRATCH}},
            *runtime.speech.volumes(),
        ],
    }


def _placement(template: PodTemplate) -> dict[str, Any]:
    fields = template.to_json_object()
    fields.pop("resources", None)
    given = fields.get("tolerations") or []
    named = {toleration.get("key") for toleration in given}  # None stands for every key
    missing = [taint for taint in LOST_NODE if named.isdisjoint({taint, None})]
    fields["tolerations"] = [*given, *(_toleration(taint) for taint in missing)]
    return {name: value for name, value in fields.items() if value}


def _toleration(taint: str) -> dict[str, Any]:
    return {"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": LOST_NODE_SECONDS}


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
        ],
        "resources": _resources(resources, runtime, double_memory=create.more_memory),
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
        ],
    }


def _resources(asked: Resources | None, runtime: Runtime, *, double_memory: bool) -> dict[str, Any]:
    """The installation's resources, overlaid with the VideoJob's, with twice the memory after running out of it.

    A resource that the VideoJob sets on one side only has no default on the other, which might contradict it;
    Kubernetes takes a limit for the request too.
    """
    asked = asked or Resources()
    named = asked.requests.keys() | asked.limits.keys()
    requests = {**{name: value for name, value in runtime.requests.items() if name not in named}, **asked.requests}
    limits = {**{name: value for name, value in runtime.limits.items() if name not in named}, **asked.limits}
    if double_memory and "memory" in limits:
        limits["memory"] = doubled(limits["memory"])
    return {"requests": requests, "limits": limits}


def doubled(quantity: str) -> str:
    """Twice a Kubernetes quantity, for example 3072Mi for 1536Mi; one that is not a number with a unit stays."""
    digits = quantity.rstrip("EPTGMKkim")
    unit = quantity[len(digits) :]
    try:
        return f"{(Decimal(digits) * 2).normalize():f}{unit}"
    except InvalidOperation:
        return quantity
