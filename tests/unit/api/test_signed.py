"""What a signed webhook must be before anything in it counts."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.api.conftest import SECRET, generate_body, post_signed, problem_fields, running
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videojob.signatures import body_signature
from videotutor_api.http import signed
from videotutor_api.http.dependencies import WEBHOOK
from videotutor_api.http.problems import Problem
from videotutor_api.schemas.requests import EditRequest, GenerateRequest

ONE_APP = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FITTING_FORM = "sha256=" + "0" * 64
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(st.text(st.characters()), parts, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (None, "is missing"),
        ("", "is malformed: it must be"),
        ("sha256=", "is malformed: it must be"),
        ("sha256=" + "0" * 63, "is malformed: it must be"),
        ("SHA256=" + "0" * 64, "is malformed: it must be"),
        (FITTING_FORM, "does not match: compute the HMAC-SHA256 over the raw request body"),
        ("é", "is malformed: it must be"),
    ],
)
async def test_a_missing_or_wrong_signature_is_unauthorized(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, header: str | None, told: str
) -> None:
    headers = {} if header is None else {b"X-Webhook-Signature": header.encode("latin-1")}
    answer = await api.post("/jobs/generate", json=generate_body(), headers=headers)

    assert answer.status_code == 401
    assert problem_fields(answer) == ["X-Webhook-Signature"]
    assert told in answer.json()["detail"]
    assert answer.headers["www-authenticate"] == "HMAC-SHA256"
    assert kubernetes.objects == {}


async def test_a_signature_by_another_secret_is_unauthorized(api: httpx.AsyncClient) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(), "some-other-secret-here")

    assert answer.status_code == 401


async def test_the_previous_secret_still_counts(environment: dict[str, str], kubernetes: FakeKubernetes) -> None:
    newer = "a-newer-secret-than-that"
    async with running({**environment, "WEBHOOK_SECRET": newer, "WEBHOOK_SECRET_PREVIOUS": SECRET}, kubernetes) as api:
        answers = [
            await post_signed(api, "/jobs/generate", generate_body(requestId=secret), secret)
            for secret in (SECRET, newer, "neither-of-the-two")
        ]

    assert [answer.status_code for answer in answers] == [202, 202, 401]


@pytest.mark.parametrize("seconds", [-301, -86400, 301, 86400])
async def test_a_timestamp_out_of_the_window_is_unauthorized(api: httpx.AsyncClient, seconds: int) -> None:
    answer = await post_signed(
        api, "/jobs/generate", generate_body(timestamp=int(time.time()) + seconds + seconds // 300)
    )

    assert answer.status_code == 401
    assert problem_fields(answer) == ["timestamp"]
    assert "within 300 seconds" in answer.json()["detail"]


@pytest.mark.parametrize("seconds", [-290, 0, 290])
async def test_a_timestamp_in_the_window_counts(api: httpx.AsyncClient, seconds: int) -> None:
    answer = await post_signed(api, "/jobs/generate", generate_body(timestamp=int(time.time()) + seconds))

    assert answer.status_code == 202


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "not valid JSON"),
        (b"{", "not valid JSON"),
        (b'{"prompt": "\xff"}', "not valid UTF-8 at byte 12"),
        (b"[1]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"sceneCount": NaN}', "NaN is not a number in JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b'{"sceneCount": ' + b"9" * 5000 + b"}", "not valid JSON"),
    ],
    ids=["empty", "half", "no UTF-8", "list", "null", "NaN", "deep lists", "deep objects", "huge number"],
)
async def test_what_is_no_json_object_is_a_bad_request(api: httpx.AsyncClient, raw: bytes, told: str) -> None:
    answer = await post_signed(api, "/jobs/generate", raw)

    assert answer.status_code == 400
    assert problem_fields(answer) == []
    assert told in answer.json()["detail"]


@pytest.mark.parametrize("depth", [10, 300, 900])
async def test_a_deeply_nested_unknown_field_is_refused_by_name(api: httpx.AsyncClient, depth: int) -> None:
    raw = b'{"deep":' + b"[" * depth + b"]" * depth + b"}"
    answer = await post_signed(api, "/jobs/generate", raw)

    assert answer.status_code == 422
    assert "deep" in problem_fields(answer)


async def test_a_body_that_says_it_is_too_long_is_not_read(api: httpx.AsyncClient) -> None:
    answer = await post_signed(api, "/jobs/generate", b"x" * (WEBHOOK.size + 1))

    assert answer.status_code == 413
    assert problem_fields(answer) == []
    assert "at most 1048576 bytes" in answer.json()["detail"]


async def test_a_body_that_does_not_say_its_length_is_read_no_further_than_allowed(api: httpx.AsyncClient) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 100 * WEBHOOK.size:
            taken += 65_536
            yield b"x" * 65_536

    answer = await api.post("/jobs/generate", content=endless(), headers={"X-Webhook-Signature": FITTING_FORM})

    assert answer.status_code == 413
    assert taken <= WEBHOOK.size + 2 * 65_536


@pytest.mark.parametrize("headers", [{}, {"X-Webhook-Signature": "sha256=0"}], ids=["no signature", "half a one"])
async def test_a_body_that_no_signature_can_fit_is_not_read(api: httpx.AsyncClient, headers: dict[str, str]) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"{}"

    answer = await api.post("/jobs/generate", content=body(), headers=headers)

    assert answer.status_code == 401
    assert read == 0


async def test_a_body_of_just_the_limit_is_read(api: httpx.AsyncClient) -> None:
    raw = json.dumps(generate_body()).encode()
    answer = await post_signed(api, "/jobs/generate", raw + b" " * (WEBHOOK.size - len(raw)))

    assert answer.status_code == 202


@ONE_APP
@given(raw=st.binary(max_size=300))
async def test_no_bytes_are_an_unexpected_error(api: httpx.AsyncClient, raw: bytes) -> None:
    answer = await post_signed(api, "/jobs/generate", raw)

    assert answer.status_code in {400, 401, 422}
    assert answer.headers["content-type"] == "application/problem+json"


@ONE_APP
@given(changes=st.dictionaries(st.sampled_from([*GenerateRequest.model_fields, "sceneCount", "x"]), JSON, max_size=5))
async def test_no_fields_are_an_unexpected_error(api: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    raw = json.dumps({**generate_body(), **changes}).encode()
    answer = await post_signed(api, "/jobs/generate", raw)

    assert answer.status_code in {200, 202, 400, 401, 422}


@given(value=JSON)
def test_an_edit_is_parsed_or_refused(value: Any) -> None:
    text = json.dumps(
        {"jobId": "video-1", "sceneId": "scene-1", "timestamp": 1, "content": value, "instruction": value}
    )
    outcome: EditRequest | Problem
    try:
        outcome = signed.parse(EditRequest, text)
    except Problem as problem:
        outcome = problem
    if isinstance(outcome, Problem):
        assert outcome.status in {400, 422}
        assert outcome.response().body
    else:
        assert (outcome.instruction is None) != (outcome.content is None)


@given(body=st.binary(max_size=200), flipped=st.integers(min_value=0))
def test_one_other_bit_needs_another_signature(body: bytes, flipped: int) -> None:
    changed = bytearray(body or b"\0")
    changed[flipped // 8 % len(changed)] ^= 1 << flipped % 8

    assert body_signature(SECRET, bytes(changed)) != body_signature(SECRET, body or b"\0")
