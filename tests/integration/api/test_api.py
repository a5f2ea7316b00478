"""The API against a real API server: what it writes is accepted, what it refuses never arrives."""

from __future__ import annotations

import hashlib
import json
import secrets
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any

import httpx
import pytest

from tests.integration.api.conftest import SECRET, Api
from tests.unit.pictures import png_of
from videojob.images import image_id, image_key, text_to_sign
from videojob.names import videojob_name
from videojob.signatures import body_signature
from videojob.spec import VideoJobSpec
from videotutor_api.services.hello import MAX_UNFINISHED, TEST_LABEL

HOSTILE_PROMPTS = {
    "emoji": "Explain gravity 🍎🌍👩‍🚀",
    "right to left": "اشرح قاعدة السلسلة \u202eevil\u202c",
    "quotes": """She said "x' OR '1'='1" `id` \\ {{ 7*7 }} {0} %s""",
    "shell": "$(rm -rf /); ${HOME} | tee /etc/passwd\n$(VIDEOTUTOR_STORE)",
    "control characters": "tab\tbell\x07escape\x1b[31m",
    "the longest": "é" * 10_000,
}
FITTING_FORM = "sha256=" + "0" * 64
PLANNED = {
    "observedGeneration": 1,
    "phase": "Rendering",
    "scenes": [{"id": "scene-1", "title": "One"}, {"id": "scene-2", "title": "Two"}],
}


def planned(api: Api, request: str) -> str:
    """A new video whose scenes are known."""
    name: str = api.generate(requestId=request).json()["jobId"]
    api.set_status(name, PLANNED)
    return name


def edit(api: Api, name: str, scene: str = "scene-2", **change: Any) -> Any:
    return api.post("/jobs/edit", {"jobId": name, "sceneId": scene, "timestamp": int(time.time()), **change})


def test_health_sees_the_real_cluster(api: Api) -> None:
    document = api.http.get("/health").json()

    assert (document["status"], document["kubernetes"]) == ("ok", "ok")


def test_a_signed_request_becomes_a_videojob_that_kubernetes_accepts(api: Api) -> None:
    answer = api.generate(requestId="first", output={"theme": "paper"}, language="de")

    assert answer.status_code == 202
    found = api.videojob(videojob_name("first"))
    spec = VideoJobSpec.model_validate(found["spec"])
    assert (spec.prompt, spec.scene_count, spec.output.language) == ("Calculus", 3, "de")
    assert found["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "videotutor"}


def test_the_same_request_again_is_the_same_job_although_kubernetes_filled_in_defaults(api: Api) -> None:
    first, again, other = (api.generate(requestId="twice", prompt=prompt) for prompt in ("a", "a", "b"))

    assert [first.status_code, again.status_code, other.status_code] == [202, 200, 409]
    assert first.json() == again.json()


def test_of_many_equal_requests_at_once_one_makes_the_job(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.generate(requestId="at-once", prompt="a"), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [202]
    assert len({answer.json()["jobId"] for answer in answers}) == 1


@pytest.mark.parametrize("prompt", HOSTILE_PROMPTS.values(), ids=HOSTILE_PROMPTS)
def test_any_prompt_is_kept_as_it_was_sent(api: Api, prompt: str) -> None:
    answer = api.generate(prompt=prompt)

    assert answer.status_code == 202, answer.text
    assert api.videojob(answer.json()["jobId"])["spec"]["prompt"] == prompt
    assert api.http.get(answer.headers["location"]).json()["prompt"] == prompt


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"sceneCount": 0}, 422, "sceneCount"),
        ({"prompt": "x" * 10_001}, 422, "prompt"),
        ({"prompt": "a\0b"}, 422, "prompt"),
        ({"timestamp": 1_000_000_000}, 401, "timestamp"),
        ({"colour": "red"}, 422, "colour"),
    ],
)
def test_a_bad_request_is_refused_by_its_field(api: Api, change: dict[str, Any], status: int, field: str) -> None:
    answer = api.generate(**change)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}])
def test_a_body_of_two_megabytes_is_refused_while_it_is_sent(api: Api, expect: dict[str, str]) -> None:
    answer = api.http.post(
        "/jobs/generate", content=b"x" * 2_000_000, headers={"X-Webhook-Signature": FITTING_FORM, **expect}
    )

    assert answer.status_code == 413
    assert answer.json()["status"] == 413


def test_a_chunked_body_of_two_megabytes_is_refused(api: Api) -> None:
    chunks = (b"x" * 10_000 for _ in range(200))
    answer = api.http.post("/jobs/generate", content=chunks, headers={"X-Webhook-Signature": FITTING_FORM})

    assert answer.status_code == 413


@pytest.mark.parametrize("signature", [None, FITTING_FORM], ids=["unsigned", "signed by a stranger"])
def test_callers_that_drip_their_bodies_cost_little_memory(api: Api, signature: str | None) -> None:
    """Without a bound, these would make the process hold 300 MB, and thousands of them would end it."""
    head = b"POST /jobs/generate HTTP/1.1\r\nHost: api\r\nContent-Length: 1000001\r\n"
    head += f"X-Webhook-Signature: {signature}\r\n\r\n".encode() if signature else b"\r\n"
    before = api.memory_bytes()
    with ExitStack() as open_calls:
        for _ in range(300):
            address = (api.http.base_url.host, api.http.base_url.port or 80)
            call = open_calls.enter_context(socket.create_connection(address, timeout=10))
            call.setblocking(False)
            with suppress(BlockingIOError, ConnectionError):
                call.send(head + b"x" * 1_000_000)
        health = api.http.get("/health")
        grown = api.memory_bytes() - before

    assert health.status_code == 200
    assert grown < 150_000_000


def test_what_is_no_http_is_refused(api: Api) -> None:
    with socket.create_connection((api.http.base_url.host, api.http.base_url.port or 80), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01 nonsense\r\n\r\n")
        answer = connection.recv(4096)

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_picture_is_put_into_the_store_once(api: Api) -> None:
    picture = png_of(4000, 3000, secrets.token_bytes(1_000_000))
    image = image_id(picture)
    headers = {"X-Webhook-Signature": body_signature(SECRET, text_to_sign(image))}
    answers = [api.http.put(f"/images/{image}", content=picture, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == {"image": image, "format": "PNG", "width": 4000, "height": 3000}
    assert (api.store / image_key(api.namespace, image)).read_bytes() == picture


def test_a_strangers_picture_is_refused_before_it_is_sent(api: Api) -> None:
    headers = {"X-Webhook-Signature": FITTING_FORM, "Expect": "100-continue"}
    answer = api.http.put(f"/images/{'0' * 64}", content=bytes(8_000_000), headers=headers)

    assert answer.status_code == 401
    assert not list(api.store.rglob("0*"))


def test_a_full_namespace_is_told_as_that(api: Api) -> None:
    count = "count/videojobs.videotutor.dev"
    api.kubectl("create", "quota", "full", f"--hard={count}=0")
    try:
        # Kubernetes counts a kind that is new to it within minutes only; here the test does
        counted = json.dumps({"status": {"hard": {count: "0"}, "used": {count: "0"}}})
        api.kubectl("patch", "quota", "full", "--subresource=status", "--type=merge", "--patch", counted)
        answer = _until_refused(api, "the quota of the namespace is used up")
    finally:
        api.kubectl("delete", "quota", "full")

    assert answer.status_code == 503


def _until_refused(api: Api, words: str) -> httpx.Response:
    """A new request's answer once it has these words: a quota is counted first, and cached, for some seconds."""
    deadline = time.monotonic() + 60
    while words not in (answer := api.generate(requestId=secrets.token_hex(8))).text:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.2)
    return answer


def test_an_edit_is_accepted_by_kubernetes_and_raises_the_generation_once(api: Api) -> None:
    name = planned(api, "edited")
    content = {"title": "Shorter", "beats": [{"say": "Now", "show": {"kind": "bullets", "items": ["a", "b"]}}]}
    answers = [
        edit(api, name, instruction="shorter", requestId="once"),
        edit(api, name, instruction="shorter", requestId="once"),
        edit(api, name, scene="scene-1", content=content),
    ]

    assert [answer.status_code for answer in answers] == [202, 200, 202]
    found = api.videojob(name)
    assert found["metadata"]["generation"] == 3
    assert [entry["scene"] for entry in found["spec"]["sceneOverrides"]] == ["scene-2", "scene-1"]
    assert found["spec"]["sceneOverrides"][0] == {"scene": "scene-2", "instruction": "shorter"}


def test_edits_of_different_scenes_at_once_all_count(api: Api) -> None:
    name = planned(api, "edited-at-once")
    with ThreadPoolExecutor(2) as pool:
        scenes = ["scene-1", "scene-2"]
        answers = list(pool.map(lambda scene: edit(api, name, scene=scene, instruction=scene), scenes))

    assert [answer.status_code for answer in answers] == [202, 202]
    assert {entry["scene"] for entry in api.videojob(name)["spec"]["sceneOverrides"]} == {"scene-1", "scene-2"}


def test_an_edit_of_an_unknown_scene_or_video_is_refused(api: Api) -> None:
    name = planned(api, "wrongly-edited")
    scene = edit(api, name, scene="scene-9", instruction="x")
    video = edit(api, "video-nobody", instruction="x")

    assert (scene.status_code, video.status_code) == (422, 404)
    assert "its scenes are scene-1, scene-2" in scene.json()["detail"]


def test_the_list_comes_in_pages_and_is_filtered(api: Api) -> None:
    made = {api.generate(requestId=f"listed-{n}", sessionId="listed").json()["jobId"] for n in range(5)}
    api.set_status(min(made), {"phase": "Failed", "message": "no"})

    seen: list[str] = []
    query = {"sessionId": "listed", "limit": "2"}
    sizes = []
    while True:
        page = api.http.get("/videos", params=query).json()
        sizes.append(len(page["items"]))
        seen += [item["name"] for item in page["items"]]
        if "continue" not in page:
            break
        query["continue"] = page["continue"]
    failed = api.http.get("/videos", params={"sessionId": "listed", "phase": "Failed"}).json()

    assert sizes == [2, 2, 1]
    assert seen == sorted(made)
    assert [item["name"] for item in failed["items"]] == [min(made)]


def test_a_made_up_continue_token_is_refused(api: Api) -> None:
    answer = api.http.get("/videos", params={"continue": "made-up"})

    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_finished_video_is_streamed_in_parts(api: Api) -> None:
    name: str = api.generate(requestId="finished").json()["jobId"]
    content = bytes(range(256)) * 4096
    path = f"{api.namespace}/videos/{name}/abc/video.mp4"
    (api.store / path).parent.mkdir(parents=True)
    (api.store / path).write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    video = {"path": path, "key": "abc", "durationSeconds": 2.5, "bytes": len(content), "sha256": sha256}
    api.set_status(name, {"observedGeneration": 1, "phase": "Succeeded", "progress": 100, "video": video})

    url = api.http.get(f"/videos/{name}").json()["video"]["url"]
    whole = api.http.get(url)
    part = api.http.get(url, headers={"Range": "bytes=1000-1999", "If-Range": f'"{sha256}"'})
    beyond = api.http.get(url, headers={"Range": f"bytes={len(content)}-"})
    head = api.http.head(url)
    task = api.http.get(f"/test/task/{name}").json()

    assert (whole.status_code, whole.content) == (200, content)
    assert (part.status_code, part.content) == (206, content[1000:2000])
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(content)))
    assert (task["status"], task["result"]["sha256"]) == ("SUCCESS", sha256)


def test_hello_makes_a_videojob_that_kubernetes_accepts(api: Api) -> None:
    answer = api.http.post("/test/hello", params={"name": "Ada"})

    assert answer.status_code == 202
    task = answer.json()["taskId"]
    assert api.http.get(f"/test/task/{task}").json() == {"taskId": task, "status": "PENDING", "progress": 0}
    assert api.videojob(task)["spec"]["storyboard"]["scenes"][0]["beats"][0]["show"]["text"] == "Hello, Ada!"


def test_only_so_many_test_videos_are_at_work_at_once(api: Api) -> None:
    """No operator is at work here, so none of them ends but by this test."""
    answers = [api.http.post("/test/hello") for _ in range(MAX_UNFINISHED + 1)]
    started = [answer.json()["taskId"] for answer in answers if answer.is_success]
    assert started
    assert answers[-1].status_code == 429

    api.set_status(started[0], {"phase": "Failed", "message": "no"})
    assert [api.http.post("/test/hello").status_code for _ in range(2)] == [202, 429]
    api.kubectl("delete", "videojob", "--selector", TEST_LABEL)


def signed_action(api: Api, action: str, name: str, **fields: Any) -> httpx.Response:
    """The response to a request to cancel, retry or delete a video."""
    body = {"jobId": name, "action": action, "timestamp": int(time.time()), **fields}
    response: httpx.Response = api.post(f"/jobs/{action}", body)
    return response


def test_a_video_is_cancelled_continued_and_deleted(api: Api) -> None:
    name = planned(api, "cancelled")
    cancelled = [signed_action(api, "cancel", name, order=order) for order in (3, 4)]
    late = signed_action(api, "retry", name, order=2)
    continued = signed_action(api, "retry", name, order=5)
    spec = api.videojob(name)["spec"]
    deleted = [signed_action(api, "delete", name) for _ in range(2)]

    assert [answer.status_code for answer in cancelled] == [202, 200]
    assert (late.status_code, late.json()["status"]) == (200, "superseded")
    assert (continued.status_code, spec["cancel"], spec["retry"]) == (202, False, 1)
    assert [answer.status_code for answer in deleted] == [202, 200]
    assert api.http.get(f"/videos/{name}").status_code == 404
    assert api.generate(requestId="cancelled").status_code == 409


def test_a_deletion_by_kubectl_is_seen(api: Api) -> None:
    name: str = api.generate(requestId="deleted-by-kubectl").json()["jobId"]
    api.kubectl("delete", "videojob", name)
    deadline = time.monotonic() + 10
    while api.http.get(f"/videos/{name}").status_code != httpx.codes.NOT_FOUND:
        assert time.monotonic() < deadline
        time.sleep(0.02)

    assert name not in [item["name"] for item in api.http.get("/videos", params={"limit": 100}).json()["items"]]


def test_a_video_that_exceeds_what_etcd_stores_is_refused_as_too_large(api: Api) -> None:
    name: str = api.generate(requestId="too-large").json()["jobId"]
    scenes = [{"id": f"scene-{number}", "title": "One"} for number in range(100)]
    api.set_status(name, {**PLANNED, "scenes": scenes})
    content = {"title": "Long", "beats": [{"say": secrets.token_hex(490)} for _ in range(24)]}
    answers = (edit(api, name, scene=scene["id"], content=content) for scene in scenes)
    refused = next(answer for answer in answers if answer.status_code != httpx.codes.ACCEPTED)

    assert refused.status_code == 413
    assert refused.json()["type"] == "/problems#video-too-large"
