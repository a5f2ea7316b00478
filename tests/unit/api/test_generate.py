"""POST /jobs/generate."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import generate_body, post_signed, problem_fields
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videojob.names import videojob_name

HOSTILE_PROMPTS = {
    "emoji": "Explain gravity 🍎🌍👩‍🚀",
    "right to left": "اشرح قاعدة السلسلة \u202eevil\u202c",
    "quotes": """She said "x' OR '1'='1" `id` \\ {{ 7*7 }} {0} %s""",
    "shell": "$(rm -rf /); ${HOME} | tee /etc/passwd\n$(VIDEOTUTOR_STORE)",
    "the longest": "x" * 10_000,
}


async def test_a_signed_request_makes_one_videojob(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(requestId="request-1"))

    name = videojob_name("request-1")
    assert answer.status_code == 202
    assert answer.json() == {"jobId": name, "status": "accepted", "name": name, "namespace": "videos"}
    assert answer.headers["location"] == f"/videos/{name}"
    assert list(kubernetes.objects) == [name]
    made = kubernetes.objects[name]
    assert made["spec"]["prompt"] == "Create a video about calculus"
    assert made["spec"]["sceneCount"] == 3
    assert made["spec"]["projectId"] == "project1"
    assert made["spec"]["sessionId"] == "session1"
    assert made["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "videotutor"}


async def test_the_same_request_again_answers_the_same_job(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    body = generate_body(requestId="request-1")
    first = await post_signed(api, "/jobs/generate", body)
    again = await post_signed(api, "/jobs/generate", body)

    assert again.status_code == 200
    assert again.json() == first.json()
    assert kubernetes.writes == 1


async def test_a_retry_signed_anew_is_the_same_request(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    body = generate_body(requestId="request-1")
    await post_signed(api, "/jobs/generate", body)
    again = await post_signed(api, "/jobs/generate", {**body, "timestamp": body["timestamp"] - 20})

    assert again.status_code == 200
    assert kubernetes.writes == 1


async def test_an_edited_video_is_still_the_answer_to_its_request(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    body = generate_body(requestId="request-1")
    job = (await post_signed(api, "/jobs/generate", body)).json()["jobId"]
    overrides = [{"scene": "scene-1", "instruction": "shorter"}, {"scene": "scene-2", "rerun": 1}]
    kubernetes.objects[job]["spec"] |= {"retry": 1, "rerun": 1, "sceneOverrides": overrides}

    assert (await post_signed(api, "/jobs/generate", body)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"prompt": "another"},
        {"sceneCount": 4},
        {"output": {"theme": "paper"}},
        {"narration": {"enabled": False}},
    ],
)
async def test_the_same_request_id_with_other_content_is_a_conflict(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, change: dict[str, Any]
) -> None:
    body = generate_body(requestId="request-1")
    await post_signed(api, "/jobs/generate", body)
    answer = await post_signed(api, "/jobs/generate", {**body, **change})

    assert answer.status_code == 409
    assert problem_fields(answer) == ["requestId"]
    assert kubernetes.writes == 1


async def test_two_sessions_may_use_the_same_request_id(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    bodies = [generate_body(requestId="1", sessionId=session) for session in ("session1", "session2", "session3")]
    answers = [await post_signed(api, "/jobs/generate", body) for body in [*bodies, *bodies]]
    names = [answer.json()["jobId"] for answer in answers]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 200, 200, 200]
    assert names[:3] == names[3:]
    sessions = {name: kubernetes.objects[name]["spec"]["sessionId"] for name in names}
    assert sorted(sessions.values()) == ["session1", "session2", "session3"]


async def test_a_session_is_not_answered_by_the_deletion_of_another(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    bodies = [generate_body(requestId="1", sessionId=session) for session in ("session1", "session2", "session3")]
    names = [(await post_signed(api, "/jobs/generate", body)).json()["jobId"] for body in bodies[:2]]
    del kubernetes.objects[names[0]]
    answers = [await post_signed(api, "/jobs/generate", body) for body in bodies]

    assert [answer.status_code for answer in answers] == [409, 200, 202]
    assert answers[1].json()["jobId"] == names[1]


async def test_a_repeat_does_not_make_a_deleted_video_again(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    body = generate_body(requestId="request-1")
    name = (await post_signed(api, "/jobs/generate", body)).json()["jobId"]
    await api.get(f"/videos/{name}")
    del kubernetes.objects[name]
    answer = await post_signed(api, "/jobs/generate", body)

    assert answer.status_code == 409
    assert problem_fields(answer) == ["requestId"]
    assert kubernetes.objects == {}


async def test_without_a_request_id_the_body_is_the_identity(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    body = generate_body()
    first = await post_signed(api, "/jobs/generate", body)
    again = await post_signed(api, "/jobs/generate", body)
    other = await post_signed(api, "/jobs/generate", {**body, "prompt": "another"})

    assert [first.status_code, again.status_code, other.status_code] == [202, 200, 202]
    assert first.json()["jobId"] == again.json()["jobId"] != other.json()["jobId"]


@pytest.mark.parametrize("prompt", HOSTILE_PROMPTS.values(), ids=HOSTILE_PROMPTS)
async def test_any_prompt_arrives_as_it_was_sent(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, prompt: str
) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(prompt=prompt))

    assert answer.status_code == 202
    assert kubernetes.objects[answer.json()["jobId"]]["spec"]["prompt"] == prompt


@pytest.mark.parametrize(
    ("change", "field", "told"),
    [
        ({"sceneCount": 0}, "sceneCount", "must be from 1 to 100, not 0"),
        ({"sceneCount": 101}, "sceneCount", "must be from 1 to 100, not 101"),
        ({"sceneCount": "3"}, "sceneCount", "without quotes"),
        ({"sceneCount": True}, "sceneCount", "whole number"),
        ({"sceneCount": 2.5}, "sceneCount", "whole number"),
        ({"prompt": "x" * 10_001}, "prompt", "at most 10000 characters, not 10001"),
        ({"prompt": " \n"}, "prompt", "must contain text"),
        ({"prompt": ["a"]}, "prompt", "must be a string"),
        ({"prompt": "a\0b"}, "prompt", "NUL"),
        ({"projectId": None}, "projectId", "is required"),
        ({"sessionId": "a b"}, "sessionId", "must match"),
        ({"planner": "oracle"}, "planner", "must be one of 'auto', 'outline', 'template' or 'llm'"),
        ({"output": {"resolution": "8k"}}, "output.resolution", "must be one of"),
        ({"output": {"colour": "red"}}, "output.colour", "is not a field"),
        ({"language": "English!"}, "language", "must match"),
        ({"language": "de", "output": {"language": "fr"}}, "language", "send one"),
        ({"wish": 1}, "wish", "is not a field of this request; remove it"),
        ({"timestamp": None}, "timestamp", "is required"),
        ({"timestamp": 1_700_000_000_000}, "timestamp", "milliseconds"),
        ({"timestamp": "now"}, "timestamp", "whole number"),
    ],
)
async def test_a_bad_field_is_refused_by_its_name(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, change: dict[str, Any], field: str, told: str
) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(**change))

    assert answer.status_code == 422
    assert problem_fields(answer) == [field]
    assert told in answer.json()["errors"][0]["message"]
    assert kubernetes.objects == {}


async def test_half_a_surrogate_pair_is_refused_by_name(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    raw = b'{"projectId":"p","sessionId":"s","prompt":"a\\ud83d","timestamp":1}'
    answer = await post_signed(api, "/jobs/generate", raw)

    assert answer.status_code == 422
    assert problem_fields(answer) == ["prompt"]
    assert kubernetes.objects == {}


async def test_every_bad_field_is_named_at_once(api: httpx.AsyncClient) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(sceneCount=0, prompt="", wish=1, another=2))

    assert set(problem_fields(answer)) == {"sceneCount", "prompt", "wish", "another"}


async def test_language_is_short_for_the_outputs(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(language="de", output={"theme": "paper"}))

    output = kubernetes.objects[answer.json()["jobId"]]["spec"]["output"]
    assert (output["language"], output["theme"]) == ("de", "paper")


async def test_what_kubernetes_refuses_is_told_with_its_fields(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    causes = [{"reason": "FieldValueInvalid", "message": "too odd", "field": "spec.prompt"}]
    kubernetes.refuse(422, {"kind": "Status", "message": "VideoJob is invalid", "details": {"causes": causes}})
    answer = await post_signed(api, "/jobs/generate", generate_body())

    assert answer.status_code == 422
    assert answer.json()["errors"] == [{"field": "spec.prompt", "message": "too odd"}]
