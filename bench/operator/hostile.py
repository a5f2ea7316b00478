"""What a container could answer to do harm: termination messages within Kubernetes' limit of 4096 bytes."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from videojob.results import COMPRESSED, LIMIT

ANNOTATION = "videotutor.dev/bench-message"
"""On a pod of a fake node: its termination message."""

_UNPACKED = 3_000_000
_PLAN = {
    "task": "plan",
    "planner": "p",
    "title": "T",
    "storyboard": "storyboards/x.json",
    "scenes": [{"id": "a", "digest": "d"}],
}
_SCENE = {
    "task": "scene",
    "sceneId": "scene-1",
    "title": "T",
    "digest": "d",
    "durationSeconds": 1,
    "frames": 1,
    "bytes": 1,
    "sha256": "0" * 64,
}
_FAILURE = {"class": "Internal", "message": "m"}


def messages() -> dict[str, str]:
    """The messages by name; no two alike."""
    return {
        "bomb": _packed(_PLAN | {"note": "n" * _UNPACKED}),
        "bomb of a scene": _packed(_SCENE | {"title": "t" * _UNPACKED}),
        "bomb of a failure": _packed({"task": "failure", "error": _FAILURE | {"message": "m" * _UNPACKED}}),
        "long texts": _packed(_PLAN | {"note": "n" * 60_000}),
        "long message": _packed({"task": "failure", "error": _FAILURE | {"message": "ä" * 10_000}}),
        "NaN": _text(_SCENE | {"durationSeconds": float("nan")}),
        "infinity": _text(_SCENE | {"durationSeconds": float("inf")}),
        "huge integer": _text(_SCENE).replace('"frames": 1,', f'"frames": {"9" * 3800},'),
        "negative integer": _text(_SCENE | {"bytes": -1}),
        "bad id": _text(_SCENE | {"sceneId": "../../etc/passwd"}),
        "bad path": _text(_PLAN | {"storyboard": "../../../etc/shadow"}),
        "same id twice": _text(_PLAN | {"scenes": [{"id": "a", "digest": "d"}] * 2}),
        "lone surrogate": _text(_SCENE | {"title": "\ud800\udbff" * 100}),
        "lone surrogate of a failure": _text({"task": "failure", "error": _FAILURE | {"message": "\udfff" * 300}}),
        "control characters": _text({"task": "failure", "error": _FAILURE | {"message": "\0\x1b[2J\r\n" * 100}}),
        "deep": "[" * LIMIT,
        "deep and packed": COMPRESSED + base64.b85encode(zlib.compress(b"[" * 60_000)).decode(),
        "not packed": COMPRESSED + "~" * 4000,
        "words": "Killed " * 500,
    }


def _packed(value: dict[str, Any]) -> str:
    return COMPRESSED + base64.b85encode(zlib.compress(json.dumps(value).encode(), 9)).decode()


def _text(value: dict[str, Any]) -> str:
    """JSON, with what is not ASCII as escapes: a lone surrogate has no UTF-8."""
    return json.dumps(value)[:LIMIT]
