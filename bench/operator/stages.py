"""What kwok makes of nodes and pods: the steps of their lives, as templates over the object.

A pod's answer is written from its labels alone, since kwok cannot read the task in its environment.
"""

from __future__ import annotations

import json
from typing import Any

from bench.operator.hostile import ANNOTATION
from videojob import names
from videojob.results import AnyResult, PlannedScene, PlanResult, SceneResult, StitchResult

HOLDING = "bench-fake-holding"
"""The node whose pods never end."""

SMALL = "bench-fake-small"
"""The node with few places, whose pods run for a while before they succeed."""

DELAY_MILLISECONDS = 100
"""How long a fake container runs."""
SMALL_MILLISECONDS = 10_000
"""How long one runs on SMALL."""

_ENDED = ["Succeeded", "Failed"]
_ANSWER = f'.metadata.annotations["{ANNOTATION}"]'
_NOW = "{{ Now | Quote }}"
_STARTED = "{{ or $.status.startTime Now | Quote }}"
_ADDRESS = "192.0.2.77"  # RFC 5737: belongs to nobody


def stages(scenes: int) -> list[dict[str, Any]]:
    """Every stage; plans have so many scenes."""
    node, phase = ".spec.nodeName", ".status.phase"
    alive = _where(".metadata.deletionTimestamp", "DoesNotExist")
    ready = '.status.conditions.[] | select( .type == "Ready" ) | .status'
    return [
        _stage("node-ready", "Node", [_where(ready, "NotIn", ["True"])], {"statusTemplate": _NODE_STATUS}),
        _stage(
            "pod-answered",
            "Pod",
            [alive, _where(_ANSWER, "Exists"), _where(phase, "NotIn", _ENDED)],
            {"statusTemplate": _succeeded(f'message: {{{{ index $.metadata.annotations "{ANNOTATION}" | Quote }}}}')},
            delay=DELAY_MILLISECONDS,
        ),
        _stage(
            "pod-succeeded",
            "Pod",
            [
                alive,
                _where(_ANSWER, "DoesNotExist"),
                _where(node, "NotIn", [HOLDING, SMALL]),
                _where(phase, "NotIn", _ENDED),
            ],
            {"statusTemplate": pod_status(scenes)},
            delay=DELAY_MILLISECONDS,
        ),
        _stage(
            "pod-running",
            "Pod",
            [alive, _where(node, "In", [HOLDING, SMALL]), _where(phase, "NotIn", [*_ENDED, "Running"])],
            {"statusTemplate": _RUNNING},
        ),
        _stage(
            "pod-ran",
            "Pod",
            [alive, _where(node, "In", [SMALL]), _where(phase, "In", ["Running"])],
            {"statusTemplate": pod_status(scenes)},
            delay=SMALL_MILLISECONDS,
        ),
        _stage("pod-deleted", "Pod", [_where(".metadata.deletionTimestamp", "Exists")], {"delete": True}),
    ]


def pod_status(scenes: int) -> str:
    """Template of the status of a pod whose container has ended well, with the answer to its task."""
    return _succeeded(f"""\
{{{{ if eq $task "plan" }}}}message: {_message(plan(scenes))}
      {{{{ else if eq $task "scene" }}}}message: {_message(scene())}
      {{{{ else }}}}message: {_message(stitch(scenes))}
      {{{{ end }}}}""")


def _succeeded(message: str) -> str:
    """The same with this termination message, which may use $task."""
    return f"""
phase: Succeeded
startTime: {_STARTED}
conditions:
- {{type: Ready, status: "False", reason: PodCompleted, lastTransitionTime: {_NOW}}}
containerStatuses:
{{{{ $task := {_label(names.LABEL_TASK)} }}}}
{{{{ range .spec.containers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: ""
  ready: false
  restartCount: 0
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {_STARTED}
      finishedAt: {_NOW}
      {message}
{{{{ end }}}}
"""


def plan(scenes: int) -> PlanResult:
    """What a plan's pod answers. The content of a scene is named after the plan, so that no two videos share one.

    These answers are templates, whose texts kwok replaces: they are not validated here.
    """
    digest = f"{{{{ {_label(names.LABEL_DIGEST)} }}}}"
    planned = tuple(PlannedScene.model_construct(id=f"scene-{n}", digest=f"{digest}-{n}") for n in range(1, scenes + 1))
    return PlanResult.model_construct(
        planner="template", title="Nothing", storyboard=f"storyboards/{digest}.json", scenes=planned
    )


def scene() -> SceneResult:
    """What a scene's pod answers."""
    name, digest = f"{{{{ {_label(names.LABEL_SCENE)} }}}}", f"{{{{ {_label(names.LABEL_DIGEST)} }}}}"
    return SceneResult.model_construct(
        scene_id=name, title=name, digest=digest, duration_seconds=10, frames=300, bytes=1000, sha256="0" * 64
    )


def stitch(scenes: int) -> StitchResult:
    """What a stitch's pod answers."""
    return StitchResult.model_construct(
        path=f"{{{{ $.metadata.namespace }}}}/videos/{{{{ {_label(names.LABEL_DIGEST)} }}}}/video.mp4",
        duration_seconds=10 * scenes,
        bytes=1000 * scenes,
        sha256="0" * 64,
        width=1280,
        height=720,
        frames_per_second=30,
        chapters=scenes,
    )


def _message(result: AnyResult) -> str:
    """As a quoted text of YAML, with actions that need no such quotes: `$` is the pod, `.` is its container."""
    return f"'{json.dumps(result.to_json_object(), separators=(',', ':')).replace(chr(92), '')}'"


def _label(name: str) -> str:
    return f'index $.metadata.labels "{name}"'


def _where(key: str, operator: str, values: list[str] | None = None) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": values} if values else {})}


def _stage(
    name: str, kind: str, where: list[dict[str, Any]], change: dict[str, Any], *, delay: int = 0
) -> dict[str, Any]:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": kind},
            "selector": {"matchExpressions": where},
            **({"delay": {"durationMilliseconds": delay}} if delay else {}),
            "next": change,
        },
    }


_NODE_STATUS = f"""
conditions:
- {{type: Ready, status: "True", reason: Fake, message: fake, lastHeartbeatTime: {_NOW}, lastTransitionTime: {_NOW}}}
addresses: [{{type: InternalIP, address: {_ADDRESS}}}]
"""

_RUNNING = f"""
phase: Running
startTime: {_NOW}
conditions:
- {{type: Ready, status: "True", lastTransitionTime: {_NOW}}}
containerStatuses:
{{{{ range .spec.containers }}}}
- name: {{{{ .name | Quote }}}}
  image: {{{{ .image | Quote }}}}
  imageID: ""
  ready: true
  restartCount: 0
  state: {{running: {{startedAt: {_NOW}}}}}
{{{{ end }}}}
"""
