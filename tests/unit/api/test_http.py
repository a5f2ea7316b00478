"""What holds for every address: errors, ids, logs, the description."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import httpx
import pytest

from tests.unit.api.conftest import SECRET, generate_body, post_signed, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api import logs
from videotutor_api.storage.videojobs import VideoJobs


async def test_an_unknown_address_is_a_problem_document(api: httpx.AsyncClient) -> None:
    answer = await api.get("/nowhere")

    assert answer.status_code == 404
    assert problem_fields(answer) == []
    assert answer.json()["title"] == "Not Found"
    assert answer.json()["type"] == "/problems#no-such-address"


async def test_a_wrong_method_is_a_problem_document_that_says_which_are_allowed(api: httpx.AsyncClient) -> None:
    answer = await api.delete("/videos")

    assert answer.status_code == 405
    assert problem_fields(answer) == []
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


async def test_an_unexpected_error_is_logged_once_and_not_shown(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the inner secret")

    monkeypatch.setattr(VideoJobs, "get", broken)
    answer = await api.get("/videos/video-1", headers={"X-Request-ID": "my-request"})

    assert answer.status_code == 500
    assert problem_fields(answer) == []
    assert "inner secret" not in answer.text
    assert "my-request" in answer.json()["detail"]
    assert [record.exc_info is not None for record in caplog.records if record.levelno == logging.ERROR] == [True]


@pytest.mark.parametrize(("given", "kept"), [("abc-1.2_3", True), ("", False), ("a b", False), ("x" * 65, False)])
async def test_every_answer_has_a_request_id(api: httpx.AsyncClient, given: str, *, kept: bool) -> None:
    answer = await api.get("/health", headers={"X-Request-ID": given})

    assert (answer.headers["x-request-id"] == given) == kept
    assert answer.headers["x-request-id"]


async def test_the_log_tells_requests_without_secrets_and_bodies(api: httpx.AsyncClient) -> None:
    written = io.StringIO()
    handler = logs.json_handler(written)
    logger = logging.getLogger("videotutor_api")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        answer = await post_signed(api, "/jobs/generate", generate_body(prompt="a private prompt"))
        await api.get("/health")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)

    [line] = [json.loads(line) for line in written.getvalue().splitlines()]
    assert (line["level"], line["message"], line["method"]) == ("INFO", "request", "POST")
    assert (line["path"], line["status"]) == ("/jobs/generate", 202)
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["milliseconds"] > 0
    assert SECRET not in written.getvalue()
    assert "private" not in written.getvalue()


async def test_the_documentation_needs_no_other_host(api: httpx.AsyncClient) -> None:
    page = await api.get("/docs")
    script = await api.get("/static-offline-docs/swagger-ui-bundle.js")

    assert page.status_code == 200
    assert "https://" not in page.text
    assert script.status_code == 200


async def test_the_description_is_whole(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()

    assert set(document["paths"]) == {
        "/jobs/generate",
        "/jobs/edit",
        "/jobs/cancel",
        "/jobs/retry",
        "/jobs/delete",
        "/images/{image}",
        "/videos",
        "/videos/{name}",
        "/videos/{name}/video",
        "/videos/{name}/captions",
        "/videos/{name}/poster",
        "/videos/{name}/files/{file}",
        "/videos/{name}/files/thumbnails/scene-{number}.jpg",
        "/videos/{name}/live.m3u8",
        "/videos/{name}/live/{key}/{playlist}",
        "/videos/{name}/scenes/{digest}/{file}",
        "/health",
        "/ready",
    }
    assert "every client that reaches this API can read every video" in document["info"]["description"]
    missing = [ref for ref in references(document) if not resolves(document, ref)]
    assert missing == []
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert "HTTPValidationError" not in json.dumps(operation), (method, path)


async def test_signed_requests_are_described_with_their_signature_and_body(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()

    for path, model in [("/jobs/generate", "GenerateRequest"), ("/jobs/edit", "EditRequest")]:
        operation = document["paths"][path]["post"]
        assert [(part["name"], part["required"]) for part in operation["parameters"]] == [("X-Webhook-Signature", True)]
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert schema == {"$ref": f"#/components/schemas/{model}"}
        assert "application/problem+json" in operation["responses"]["401"]["content"]


def references(part: object) -> set[str]:
    """Every $ref in a document."""
    if isinstance(part, list):
        return set().union(*map(references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(references, part.values()))


def resolves(document: dict[str, object], reference: str) -> bool:
    part: object = document
    for name in reference.removeprefix("#/").split("/"):
        part = part.get(name) if isinstance(part, dict) else None
    return part is not None


async def test_two_requests_at_once_keep_their_own_ids(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    answers = await asyncio.gather(*(api.get("/videos", headers={"X-Request-ID": f"id-{n}"}) for n in range(20)))

    assert [answer.headers["x-request-id"] for answer in answers] == [f"id-{n}" for n in range(20)]


@pytest.mark.parametrize(("method", "path"), [("GET", "/videos/"), ("POST", "/jobs/generate/"), ("GET", "/health/")])
async def test_no_answer_leads_to_the_host_that_a_request_names(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path, headers={"Host": "evil.example"})

    assert answer.status_code == 404
    assert "evil" not in answer.text + str(answer.headers)


async def test_a_page_of_a_configured_origin_reads_responses_and_errors(
    environment: dict[str, str], kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin = {"Origin": "https://app.example"}
    asked = {
        **origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "range, if-range, x-request-id",
    }
    async with running({**environment, "VIDEOTUTOR_WEB_ORIGINS": "https://app.example"}, kubernetes) as api:
        preflight = await api.options("/videos/video-1/video", headers=asked)
        missing = await api.get("/videos/video-1", headers=origin)
        foreign = await api.get("/videos", headers={"Origin": "https://evil.example"})

        async def broken(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(VideoJobs, "get", broken)
        unexpected = await api.get("/videos/video-1", headers=origin)

    assert preflight.status_code == 200
    assert (missing.status_code, unexpected.status_code) == (404, 500)
    for answer in (missing, unexpected):
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        exposed = set(answer.headers["access-control-expose-headers"].split(", "))
        assert {"Content-Range", "ETag", "Location", "Retry-After", "X-Request-ID"} <= exposed
    assert "access-control-allow-origin" not in foreign.headers


async def test_a_number_of_too_many_digits_is_refused_in_words_for_callers(api: httpx.AsyncClient) -> None:
    answer = await post_signed(api, "/jobs/generate", b'{"sceneCount": ' + b"9" * 5000 + b"}")

    assert answer.json()["detail"] == "the body is not valid JSON: a number has too many digits"
