"""Hostile and mistaken input at every door: a clear refusal that names the field, or a correct video."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from convex import ConvexError
from dev.demo.webapp import WebApp
from tests.e2e.system import RUN, System
from videojob.signatures import body_signature
from videojob.spec import MAX_PROMPT

PROMPTS = {
    "emoji": "Explain 🧮 counting with 🍎🍎 and 👩‍🏫",
    "arabic": "اشرح المشتقة لطالب في السنة الأولى",
    "quotes": """He said "it's" `quoted` and \\ more' " """,
    "shell": "$(rm -rf /) ; rm -rf / && echo ${HOME} | cat #",
    # What is shown of it says which run it is of, so that an earlier run's scene is not reused.
    "long": (f"Explain why the sky is blue, run {RUN}. " * 400)[: MAX_PROMPT - len(RUN) - 1],
}


@pytest.mark.parametrize("kind", PROMPTS)
def test_a_hostile_prompt_becomes_a_correct_video(system: System, kind: str) -> None:
    name, prompt = f"hostile-{kind}-{RUN}", f"{PROMPTS[kind]} {RUN}"
    system.apply(name, {"prompt": prompt, "sceneCount": 1})
    video = system.wait_ready(name)
    assert video["spec"]["prompt"] == prompt
    assert not video["status"]["scenes"][0]["reused"]
    assert video["status"]["video"]["durationSeconds"] > 1


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"prompt": "x", "storyboard": {"title": "t", "scenes": []}}, "spec.storyboard.scenes"),
        (
            {
                "prompt": "x",
                "storyboard": {"title": "t", "scenes": [{"id": "a", "title": "t", "beats": [{"say": "x"}]}]},
            },
            "give exactly one of prompt and storyboard",
        ),
        ({}, "give exactly one of prompt and storyboard"),
        ({"prompt": "x", "sceneCount": 0}, "spec.sceneCount"),
        ({"prompt": "x" * 10_001}, "spec.prompt"),
        ({"prompt": "x", "planner": "oracle"}, "spec.planner"),
        ({"prompt": "x", "sceneOverrides": [{"scene": "a"}]}, "at least one of instruction, content and rerun"),
        ({"prompt": "x", "output": {"resolution": "8k"}}, "spec.output.resolution"),
        ({"prompt": "x", "colour": "red"}, 'unknown field "spec.colour"'),
    ],
)
def test_kubectl_refuses_a_bad_video_by_the_name_of_its_field(system: System, spec: dict[str, Any], said: str) -> None:
    assert said in system.refusal("refused", spec)


def post(system: System, path: str, body: bytes, signature: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - our own API
        system.cluster.api_url + path,
        data=body,
        headers={"Content-Type": "application/json", "X-Webhook-Signature": signature},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def test_a_wrong_signature_is_refused(system: System) -> None:
    status, problem = post(system, "/jobs/generate", b"{}", body_signature("guessed", b"{}"))
    assert status == 401
    assert "signature" in json.dumps(problem)


def test_a_body_of_two_megabytes_is_refused(system: System) -> None:
    body = b"x" * 2_000_000
    status, problem = post(system, "/jobs/generate", body, body_signature("guessed", body))
    assert status == 413
    assert problem["status"] == 413


@pytest.mark.parametrize(
    ("change", "expected", "field"),
    [
        ({"timestamp": 1_000_000_000}, 401, "timestamp"),
        ({"sceneCount": 0}, 422, "sceneCount"),
        ({"projectId": "nobody"}, 404, "projectId"),
    ],
)
def test_a_signed_but_bad_request_names_the_field(
    system: System, secret: str, change: dict[str, Any], expected: int, field: str
) -> None:
    app = WebApp(system.cluster.convex_url, "bad requests")
    wish = {"projectId": app.project, "sessionId": app.session, "sceneCount": 1, "prompt": "x"}
    body = json.dumps({**wish, "timestamp": int(time.time()), **change}).encode()
    status, problem = post(system, "/jobs/generate", body, body_signature(secret, body))
    assert status == expected
    assert field in json.dumps(problem)


def test_convex_refuses_a_scene_count_of_zero_by_name(system: System) -> None:
    app = WebApp(system.cluster.convex_url, "zero")
    with pytest.raises(ConvexError) as refusal:
        app.generate("Explain limits", 0)
    assert refusal.value.data["field"] == "sceneCount"
