"""PUT of a picture: signed by its id, kept as it is, refused by its header."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.api.conftest import SECRET, post_signed, problem_fields, running
from tests.unit.api.fake_kubernetes import NAMESPACE, FakeKubernetes
from tests.unit.pictures import encoded, png_of, quarters
from videojob.images import MAX_BYTES, image_id, text_to_sign
from videojob.signatures import body_signature
from videotutor_api.storage import artifacts
from videotutor_api.storage.artifacts import ArtifactStore

PICTURE = encoded(quarters(64, 48))
ID = image_id(PICTURE)


def signature(image: str, secret: str = SECRET) -> dict[str, str]:
    return {"X-Webhook-Signature": body_signature(secret, text_to_sign(image))}


async def put(
    api: httpx.AsyncClient, content: Any = PICTURE, image: str | None = None, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Put a picture, by its own id and well signed unless said otherwise."""
    name = image or image_id(content)
    return await api.put(f"/images/{name}", content=content, headers=signature(name) if headers is None else headers)


def kept(store: Path) -> list[Path]:
    return [path for path in store.rglob("*") if path.is_file()]


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WebP"])
async def test_a_picture_is_kept_as_it_is_under_its_id(api: httpx.AsyncClient, store: Path, format_: str) -> None:
    content = encoded(quarters(64, 48), format_)
    answer = await put(api, content)

    assert answer.status_code == 201
    assert answer.json() == {"image": image_id(content), "format": format_, "width": 64, "height": 48}
    assert kept(store) == [store / NAMESPACE / "images" / image_id(content)]
    assert kept(store)[0].read_bytes() == content


async def test_the_same_picture_again_is_the_same_and_mends_what_was_damaged(
    api: httpx.AsyncClient, store: Path
) -> None:
    first = await put(api)
    kept(store)[0].write_bytes(b"damaged")
    again = await put(api)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert [path.read_bytes() for path in kept(store)] == [PICTURE]


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({}, "is missing"),
        (signature("0" * 64), f"does not match: sign the text image:{ID}"),
        (signature(ID, "some-other-secret-here"), "does not match: sign the text"),
        ({"X-Webhook-Signature": body_signature(SECRET, PICTURE)}, "does not match: sign the text"),
        ({"X-Webhook-Signature": "sha256=0"}, "is malformed"),
    ],
    ids=["none", "of another id", "by another secret", "of the file", "half a one"],
)
async def test_without_a_good_signature_the_body_is_not_even_read(
    api: httpx.AsyncClient, store: Path, headers: dict[str, str], told: str
) -> None:
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield PICTURE

    answer = await put(api, body(), ID, headers)

    assert (answer.status_code, read, kept(store)) == (401, 0, [])
    assert problem_fields(answer) == ["X-Webhook-Signature"]
    assert told in answer.json()["detail"]


async def test_the_signature_of_a_picture_is_none_of_a_webhook(api: httpx.AsyncClient) -> None:
    body = text_to_sign(ID)
    assert (await post_signed(api, "/jobs/generate", body)).status_code == 400


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "body is neither PNG, JPEG nor WebP; save it as one of these"),
        (b"GIF89a" + bytes(90), "body is neither PNG, JPEG nor WebP; save it as one of these"),
        (png_of(10_000, 10_000), "body has 10000 x 10000 pixels; it may have 40 megapixels"),
        (PICTURE[:20], "body is broken: its PNG header has no size; save it again"),
        (PICTURE[:-9], "body is cut off: the end of the PNG file is missing; save it again"),
    ],
    ids=["empty", "GIF", "a bomb", "only a header", "cut off"],
)
async def test_what_is_no_picture_is_refused_by_its_header(
    api: httpx.AsyncClient, store: Path, content: bytes, told: str
) -> None:
    answer = await put(api, content)

    assert (answer.status_code, kept(store)) == (422, [])
    assert problem_fields(answer) == ["body"]
    assert told in answer.json()["detail"]


async def test_another_file_than_the_id_names_is_refused(api: httpx.AsyncClient, store: Path) -> None:
    answer = await put(api, PICTURE, "0" * 64)

    assert (answer.status_code, kept(store)) == (422, [])
    assert problem_fields(answer) == ["image"]
    assert ID in answer.json()["detail"]


@pytest.mark.parametrize("image", ["x", "0" * 63, "F" * 64, "..%2F..%2Fetc", "%00"])
async def test_an_id_is_64_hex_digits(api: httpx.AsyncClient, store: Path, image: str) -> None:
    answer = await put(api, PICTURE, image)

    assert answer.status_code in {404, 422}
    assert kept(store) == []


async def test_a_file_of_more_than_8_mib_is_refused_while_it_arrives(api: httpx.AsyncClient, store: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 2 * MAX_BYTES:
            taken += 1 << 20
            yield bytes(1 << 20)

    answer = await put(api, endless(), ID)

    assert (answer.status_code, kept(store)) == (413, [])
    assert taken <= MAX_BYTES + (2 << 20)


async def test_a_store_that_cannot_be_written_is_told_and_may_be_tried_again(
    api: httpx.AsyncClient, store: Path
) -> None:
    (store / NAMESPACE).write_text("a file where a folder should be")
    answer = await put(api)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert answer.json()["detail"] == "the artifact store cannot be written: Not a directory; try again in 60 s"


async def test_what_a_killed_upload_left_is_removed_at_the_next_start(
    environment: dict[str, str], kubernetes: FakeKubernetes, store: Path
) -> None:
    folder = store / NAMESPACE / "images"
    folder.mkdir(parents=True)
    for name in (".new-old", ".new-young", ID):
        (folder / name).write_bytes(b"x")
    for name in (".new-old", ID):
        os.utime(folder / name, (0, 0))
    async with running(environment, kubernetes):
        pass

    assert sorted(file.name for file in folder.iterdir()) == sorted([".new-young", ID])


async def test_the_api_starts_while_the_store_hangs(
    environment: dict[str, str], kubernetes: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_continue = threading.Event()
    monkeypatch.setattr(artifacts, "HANGS_SECONDS", 0.1)
    monkeypatch.setattr(ArtifactStore, "_remove_abandoned", lambda *_: may_continue.wait(30))
    try:
        async with running(environment, kubernetes) as api:
            assert (await api.get("/health")).status_code == 200
    finally:
        may_continue.set()
