"""The CustomResourceDefinition, generated from the models, so that `kubectl apply` has the same checks."""

from __future__ import annotations

from typing import Any

from videojob import API_GROUP, API_VERSION, KIND, PLURAL
from videojob.names import MAX_VIDEOJOB_NAME
from videojob.schema import RULES, structural_schema
from videojob.spec import VideoJobSpec
from videojob.status import VideoJobStatus

COLUMNS: tuple[tuple[str, str, str, int, str], ...] = (
    ("Phase", "string", ".status.phase", 0, "Current phase."),
    ("Progress", "integer", ".status.progress", 0, "Percent done."),
    ("Scenes", "string", ".status.scenesReady", 0, "Finished scenes / total."),
    ("Planner", "string", ".status.planner", 0, "Planner that made the storyboard."),
    ("Age", "date", ".metadata.creationTimestamp", 0, "Time since it was created."),
    ("Duration", "number", ".status.video.durationSeconds", 1, "Length of the video in seconds."),
    ("Message", "string", ".status.message", 1, "Current state, or why it failed."),
)

SELECTABLE = (".spec.projectId", ".spec.sessionId", ".status.phase")
"""Fields that a list can be filtered by on the server: `kubectl get videojobs --field-selector status.phase=Failed`."""


def custom_resource_definition() -> dict[str, Any]:
    """The whole definition as one JSON object."""
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{PLURAL}.{API_GROUP}"},
        "spec": {
            "group": API_GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "plural": PLURAL,
                "singular": KIND.lower(),
                "shortNames": ["vj"],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": API_VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "selectableFields": [{"jsonPath": path} for path in SELECTABLE],
        "additionalPrinterColumns": [
            {"name": name, "type": type_, "jsonPath": path, "priority": priority, "description": description}
            for name, type_, path, priority, description in COLUMNS
        ],
        "schema": {"openAPIV3Schema": _root_schema()},
    }


def _root_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "A teaching video from a prompt or a storyboard: planned, rendered scene by scene, stitched.",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": {
                **structural_schema(VideoJobSpec, defaults=True),
                "description": "The video to make.",
            },
            "status": {
                **structural_schema(VideoJobStatus, defaults=False),
                "description": "What the operator has observed; written by the operator only.",
                # kstatus reports an object without a status as ready (fluxcd/helm-controller#294)
                "default": {"observedGeneration": -1},
            },
        },
        RULES: [
            {
                "rule": f"self.metadata.name.size() <= {MAX_VIDEOJOB_NAME}",
                "message": f"metadata.name must have at most {MAX_VIDEOJOB_NAME} characters: Jobs are named after it",
            },
            {
                "rule": "!self.metadata.name.contains('.')",
                "message": "metadata.name must have no dot: it becomes the value of a label and part of names",
            },
        ],
    }
