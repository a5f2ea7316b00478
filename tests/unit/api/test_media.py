"""GET and HEAD of a video's files."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import threading
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.api.conftest import FINISHED, problem_fields
from tests.unit.api.fake_kubernetes import FakeKubernetes
from videotutor_api.http.files import file_name
from videotutor_api.storage import artifacts
from videotutor_api.storage.artifacts import ArtifactStore

CONTENT = bytes(range(256)) * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ETAG = f'"{SHA256}"'
SIZE = len(CONTENT)


@pytest.fixture
def finished(kubernetes: FakeKubernetes, store: Path) -> FakeKubernetes:
    """A video whose files are in the store."""
    video = {**FINISHED["video"], "bytes": SIZE, "sha256": SHA256}
    kubernetes.add("video-1", {"prompt": "Calculus"}, {**FINISHED, "video": video})
    directory = (store / str(video["path"])).parent
    directory.mkdir(parents=True)
    (directory / "video.mp4").write_bytes(CONTENT)
    (directory / "captions.vtt").write_text("WEBVTT\n")
    (directory / "poster.jpg").write_bytes(b"a picture")
    return kubernetes


async def get(api: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await api.get("/videos/video-1/video", headers={name.replace("_", "-"): v for name, v in headers.items()})


async def test_the_whole_video(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    answer = await get(api)

    assert answer.status_code == 200
    assert answer.content == CONTENT
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["etag"] == ETAG


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-299", 100, 300),
        ("bytes=255000-", 255_000, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=0-99999999", 0, SIZE),
    ],
)
async def test_a_range(api: httpx.AsyncClient, finished: FakeKubernetes, asked: str, start: int, end: int) -> None:
    answer = await get(api, range=asked)

    assert answer.status_code == 206
    assert answer.content == CONTENT[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert answer.headers["content-length"] == str(end - start)


async def test_two_ranges_come_in_parts(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    answer = await get(api, range="bytes=0-1,10-11")

    assert answer.status_code == 206
    assert answer.headers["content-type"].startswith("multipart/byteranges")
    assert b"bytes 10-11/" in answer.content


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=999999999-", "bytes=-0"])
async def test_a_range_after_the_end_is_not_satisfiable(
    api: httpx.AsyncClient, finished: FakeKubernetes, asked: str
) -> None:
    answer = await get(api, range=asked)

    assert answer.status_code == 416
    assert problem_fields(answer) == []
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize("asked", ["scenes=1-2", "bytes", "bytes=", "bytes=x-y", "bytes=9-3"])
async def test_a_range_without_sense_is_ignored(api: httpx.AsyncClient, finished: FakeKubernetes, asked: str) -> None:
    answer = await get(api, range=asked)

    assert answer.status_code == 200
    assert answer.content == CONTENT


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.from_regex(r"bytes= ?[0-9]{0,6}-[0-9]{0,6}(,[0-9]{0,6}-[0-9]{0,6}){0,3}", fullmatch=True)
    | st.text("bytes=-,0 9", max_size=12)
)
async def test_any_range_is_answered_by_the_protocol(
    api: httpx.AsyncClient, finished: FakeKubernetes, asked: str
) -> None:
    answer = await get(api, range=asked)

    assert answer.status_code in {200, 206, 416}
    assert len(answer.content) == int(answer.headers["content-length"])


@pytest.mark.parametrize(("etag", "status"), [(ETAG, 206), ('"another"', 200), (f"W/{ETAG}", 200)])
async def test_if_range_wants_the_same_file(
    api: httpx.AsyncClient, finished: FakeKubernetes, etag: str, status: int
) -> None:
    assert (await get(api, range="bytes=0-9", if_range=etag)).status_code == status


@pytest.mark.parametrize(("etags", "status"), [(ETAG, 304), (f'"x", W/{ETAG}', 304), ("*", 304), ('"x"', 200)])
async def test_a_copy_that_is_still_the_same_is_not_sent_again(
    api: httpx.AsyncClient, finished: FakeKubernetes, etags: str, status: int
) -> None:
    answer = await get(api, if_none_match=etags)

    assert answer.status_code == status
    assert answer.headers["etag"] == ETAG
    assert len(answer.content) == (SIZE if status == 200 else 0)


async def test_head_tells_the_size_and_sends_nothing(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    answer = await api.head("/videos/video-1/video")

    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.content == b""


async def test_captions_and_poster_lie_beside_the_video(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    captions = await api.get("/videos/video-1/captions")
    poster = await api.get("/videos/video-1/poster")

    assert (captions.text, captions.headers["content-type"]) == ("WEBVTT\n", "text/vtt; charset=utf-8")
    assert (poster.content, poster.headers["content-type"]) == (b"a picture", "image/jpeg")
    assert captions.headers["etag"] == '"abc-captions.vtt"'


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("video.mp4", "video/mp4"),
        ("captions.vtt", "text/vtt; charset=utf-8"),
        ("poster.jpg", "image/jpeg"),
        ("transcript.txt", "text/plain; charset=utf-8"),
        ("storyboard.json", "application/json"),
        ("thumbnails.vtt", "text/vtt; charset=utf-8"),
        ("thumbnails/scene-1.jpg", "image/jpeg"),
    ],
)
async def test_every_file_beside_the_video_is_served_with_its_type(
    api: httpx.AsyncClient, finished: FakeKubernetes, store: Path, file: str, media_type: str
) -> None:
    path = (store / str(FINISHED["video"]["path"])).parent / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"this is {file}")
    answer = await api.get(f"/videos/video-1/files/{file}")
    head = await api.head(f"/videos/video-1/files/{file}")

    assert (answer.status_code, answer.text) == (200, f"this is {file}")
    assert answer.headers["content-type"] == media_type
    assert (head.status_code, head.headers["content-length"]) == (200, answer.headers["content-length"])


async def test_a_part_of_a_file_beside_the_video(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    answer = await api.get("/videos/video-1/files/captions.vtt", headers={"Range": "bytes=0-2"})

    assert (answer.status_code, answer.text) == (206, "WEB")


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("video.json", 422),
        ("thumbnails/scene-0.jpg", 422),
        ("thumbnails/scene-x.jpg", 422),
        ("thumbnails/..%2Fvideo.json", 404),
        ("..%2Fvideo.json", 404),
    ],
)
async def test_no_other_file_is_served(
    api: httpx.AsyncClient, finished: FakeKubernetes, store: Path, file: str, status: int
) -> None:
    (store / str(FINISHED["video"]["path"])).with_name("video.json").write_text("{}")

    assert (await api.get(f"/videos/video-1/files/{file}")).status_code == status


async def test_a_video_that_is_not_there_yet_says_how_far_it_is(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes
) -> None:
    kubernetes.add(
        "video-1", {"prompt": "Calculus"}, {"phase": "Rendering", "progress": 40, "message": "2 of 3 scenes"}
    )
    answer = await get(api)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "video-1 has no video yet: Rendering, 40 %; 2 of 3 scenes"


async def test_a_file_that_is_gone_is_not_found(api: httpx.AsyncClient, kubernetes: FakeKubernetes) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus"}, FINISHED)
    answer = await get(api)

    assert answer.status_code == 404
    assert "not in the artifact store any more" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["../outside/video.mp4", "/etc/video.mp4", "link/video.mp4"])
async def test_nothing_outside_of_the_store_is_served(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, store: Path, path: str
) -> None:
    outside = store.parent / "outside"
    outside.mkdir()
    (outside / "video.mp4").write_text("private")
    (store / "link").symlink_to(outside)
    video = {**FINISHED["video"], "path": path}
    kubernetes.add("video-1", {"prompt": "Calculus"}, {**FINISHED, "video": video})

    assert (await get(api)).status_code == 404


@pytest.mark.parametrize("path", ["/", ".", "", "..", "a\0b/video.mp4", "x" * 300 + "/video.mp4", "circle/video.mp4"])
async def test_a_path_that_cannot_be_one_of_a_file_is_not_found(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, store: Path, path: str
) -> None:
    (store / "circle").symlink_to(store / "circle")
    kubernetes.add("video-1", {"prompt": "Calculus"}, {**FINISHED, "video": {**FINISHED["video"], "path": path}})
    answer = await get(api)

    assert answer.status_code == 404
    assert "not in the artifact store any more" in answer.json()["detail"]


async def test_a_store_that_is_broken_is_not_told_as_a_missing_file(
    api: httpx.AsyncClient, finished: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "stat", broken)

    answer = await get(api)

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    assert "the artifact store does not answer" in answer.json()["detail"]


async def test_a_store_that_hangs_stops_nothing_else(
    api: httpx.AsyncClient, finished: FakeKubernetes, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_continue = threading.Event()
    monkeypatch.setattr(artifacts, "HANGS_SECONDS", 0.5)
    monkeypatch.setattr(ArtifactStore, "_find", lambda *_: may_continue.wait(30))
    try:
        files = [asyncio.create_task(get(api)) for _ in range(60)]
        health, video = await api.get("/health"), await api.get("/videos/video-1")
        still_hanging = not any(file.done() for file in files)
        statuses = {answer.status_code for answer in await asyncio.gather(*files)}
    finally:
        may_continue.set()

    assert (health.status_code, video.status_code, still_hanging) == (200, 200, True)
    assert statuses == {503}


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (0, 304), (1, 304)])
async def test_a_copy_is_current_by_its_date(
    api: httpx.AsyncClient, finished: FakeKubernetes, seconds: int, status: int
) -> None:
    modified = parsedate_to_datetime((await get(api)).headers["last-modified"])
    since = format_datetime(modified + timedelta(seconds=seconds), usegmt=True)
    by_date, by_both = (
        await get(api, if_modified_since=since),
        await get(api, if_modified_since=since, if_none_match='"x"'),
    )

    assert (by_date.status_code, by_both.status_code) == (status, 200)


@pytest.mark.parametrize("since", ["yesterday", "", "Thu, 99 Jan 1970 00:00:00 GMT"])
async def test_a_date_that_is_none_is_ignored(api: httpx.AsyncClient, finished: FakeKubernetes, since: str) -> None:
    assert (await get(api, if_modified_since=since)).status_code == 200


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("The chain rule", "The chain rule.mp4"),
        ('a/b\\c: *what*?\n<x>|"y"', "a b c what x y.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("\u202egnp.exe", "gnp.exe.mp4"),
        (" . ", "video.mp4"),
        ("", "video.mp4"),
        ("x" * 300, "x" * 200 + ".mp4"),
        ("速" * 100, "速" * 66 + ".mp4"),
        ("Kettenregel für Ärzte", "Kettenregel für Ärzte.mp4"),
    ],
)
def test_a_download_is_named_after_its_title(title: str, name: str) -> None:
    assert file_name(title, ".mp4") == name


async def test_a_browser_saves_files_under_the_title(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    video, captions = await get(api), await api.get("/videos/video-1/captions")

    assert video.headers["content-disposition"] == "inline; filename*=utf-8''The%20chain%20rule.mp4"
    assert captions.headers["content-disposition"] == "inline; filename*=utf-8''The%20chain%20rule.vtt"


@pytest.mark.parametrize(
    "path", ["", "/video-1", "/video-1/video", "/video-1/captions", "/video-1/files/storyboard.json"]
)
async def test_head_is_get_without_a_body(api: httpx.AsyncClient, finished: FakeKubernetes, path: str) -> None:
    got, head = await api.get(f"/videos{path}"), await api.head(f"/videos{path}")
    changing = {"x-request-id", "content-length", "date"}

    assert head.status_code == got.status_code
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }


@pytest.mark.parametrize("path", ["/health", "/ready", "/docs", "/openapi.json", "/problems"])
async def test_head_of_other_pages(api: httpx.AsyncClient, path: str) -> None:
    assert (await api.head(path)).status_code == 200


async def test_a_video_that_has_not_changed_is_not_sent_again(api: httpx.AsyncClient, finished: FakeKubernetes) -> None:
    first = await api.get("/videos/video-1")
    same = await api.get("/videos/video-1", headers={"If-None-Match": first.headers["etag"]})
    finished.objects["video-1"]["status"]["progress"] = 99
    changed = await api.get("/videos/video-1", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (same.status_code, same.content) == (304, b"")
    assert (changed.status_code, changed.json()["progress"]) == (200, 99)
    assert changed.headers["etag"] != first.headers["etag"]
