"""What the API server's copy of the contract takes is what the models take, where it is easy to differ."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest
from kubernetes.aio.client import ApiException
from pydantic import ValidationError

from dev.stills import examples
from tests.integration.operator.kubernetes import NOWHERE, Namespace
from videojob.spec import VideoJobSpec

CONTENT = {"title": "A", "beats": [{"say": "Hello."}]}


def a_visual(kind: str, **fields: Any) -> dict[str, Any]:
    beats = [{"show": {"kind": kind, **fields}}]
    return {"prompt": None, "storyboard": {"title": "T", "scenes": [{"id": "a", "title": "A", "beats": beats}]}}


def a_plot(**fields: Any) -> dict[str, Any]:
    return a_visual("plot", expressions=["x"], **fields)


@pytest.mark.parametrize(
    ("spec", "accepted"),
    [
        ({"prompt": "\u00a0\u2003\u3000"}, False),
        ({"prompt": "\x0b\x1f\x85 \t\n"}, False),
        ({"prompt": "\u00a0é"}, True),
        ({"prompt": "\u200b"}, True),
        (a_plot(xMin=6), False),
        (a_plot(xMax=-5), False),
        (a_plot(xMin=6, xMax=7), True),
        (a_plot(xMin=-7), True),
        (a_plot(tangent={"at": 5}), True),
        (a_plot(tangent={"at": 6}), False),
        (a_plot(tangent={"at": 6}, xMax=6), True),
        (a_plot(tangent={"at": 1, "curve": 2}), False),
        (a_plot(area={"start": 1, "end": 1}), False),
        (a_plot(area={"start": 0, "end": 1, "other": 1}), False),
        (a_plot(movingPoint={"start": 5, "end": -5}), True),
        (a_plot(movingPoint={"start": 5, "end": 5.5}), False),
        (a_plot(sweep={"name": "x", "start": 0, "end": 1}), False),
        (a_visual("plane", vectors=[{"by": [1, 1]}], namedPoints=[]), True),
        (a_visual("geometry", namedPoints=[]), False),
        ({"podTemplate": {"nodeSelector": NOWHERE, "resources": {"limits": {"cpu": 2}}}}, True),
        ({"suspend": True, "sceneOverrides": [{"scene": "a"}]}, False),
        ({"suspend": True, "sceneOverrides": [{"scene": "a", "instruction": "i", "content": CONTENT}]}, False),
        ({"suspend": True, "sceneOverrides": [{"scene": "a", "instruction": "i", "rerun": 1}]}, True),
        ({"suspend": True, "sceneOverrides": [{"scene": "a", "rerun": 1}]}, True),
        ({"suspend": True, "retry": 1_700_000_000, "rerun": 1}, True),
        ({"retry": -1}, False),
        ({"rerun": 2**31}, False),
    ],
)
async def test_the_api_server_and_the_models_agree(
    namespace: Namespace,
    spec: dict[str, Any],
    accepted: bool,  # noqa: FBT001
) -> None:
    assert the_models_take({"prompt": "Calculus", **spec}) is accepted
    assert await the_api_server_takes(namespace, spec) is accepted


async def test_the_api_server_takes_every_visual(namespace: Namespace) -> None:
    scenes = [{"id": path.stem, **content.to_json_object()} for path, content in examples().items()]
    board = {"title": "T", "scenes": scenes}
    made = await namespace.create_video("calculus", storyboard=board, prompt=None, sceneCount=1)

    assert [scene["id"] for scene in made["spec"]["storyboard"]["scenes"]] == [scene["id"] for scene in scenes]


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("plot", {}, "kind plot needs expressions"),
        ("quiz", {"question": "Why?"}, "kind quiz needs question, options, answer"),
        ("equation", {"latex": "x", "text": "x"}, "kind equation has no fields but latex"),
        ("plane", {"items": ["a"]}, "kind plane has no fields but vectors, namedPoints, matrix"),
        ("plot", {"expressions": ["x"], "xMin": 6}, "xMin must be less than xMax"),
        ("plot", {"expressions": ["x"], "area": {"start": 1, "end": 9}}, "area.end must lie between xMin and xMax"),
        ("chart", {"style": "pie", "labels": ["a"], "values": [-1]}, "values of a pie must not be negative"),
        ("quiz", {"question": "Q", "options": ["a", "b"], "answer": 3}, "answer must be the number of one of the"),
    ],
)
async def test_the_api_server_says_what_is_wrong_with_a_visual(
    namespace: Namespace, kind: str, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ApiException) as refusal:
        await namespace.create_video("calculus", **a_visual(kind, **fields), sceneCount=1)

    causes = json.loads(refusal.value.body)["details"]["causes"]
    assert [(cause["field"], message in cause["message"]) for cause in causes] == [
        ("spec.storyboard.scenes[0].beats[0].show", True)
    ]


def the_models_take(spec: dict[str, Any]) -> bool:
    try:
        VideoJobSpec.model_validate(spec)
    except ValidationError:
        return False
    return True


async def the_api_server_takes(namespace: Namespace, spec: dict[str, Any]) -> bool:
    try:
        await namespace.create_video("calculus", **{**spec, "sceneCount": 1})
    except ApiException as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise
        return False
    return True
