"""A video that is watched while it is made, as an HLS player asks for it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from tests.unit.api.conftest import FINISHED, running
from tests.unit.api.fake_kubernetes import NAMESPACE, FakeKubernetes
from tests.unit.videojob.hls_rules import growth_faults, media_faults, multivariant_faults
from videojob import hls
from videojob.base import canonical_json
from videojob.hls import Part, Segment, Stream
from videotutor_api.http.files import PLAYLIST_TYPE

DIGESTS = ["1" * 16, "2" * 16, "3" * 16]
MEDIA = bytes(range(100))
STREAM = Stream(
    codecs="avc1.64001f,mp4a.40.2",
    width=1280,
    height=720,
    frames_per_second=30,
    header_bytes=20,
    segments=(Segment(frames=60, bytes=50), Segment(frames=30, bytes=30)),
)
LIVE = "http://api.test/videos/video-1/live.m3u8"


@pytest.fixture
def scenes(store: Path) -> Path:
    """Three rendered scenes in the store."""
    folder = store / NAMESPACE / "scenes"
    for digest in DIGESTS:
        (folder / digest).mkdir(parents=True)
        (folder / digest / hls.MEDIA).write_bytes(MEDIA)
        for number in range(1, len(STREAM.segments) + 1):
            (folder / digest / hls.captions_file(number)).write_text(f"WEBVTT\n\n{digest} {number}\n")
        (folder / digest / hls.INDEX).write_text(canonical_json(STREAM.to_json_object()))
        (folder / digest / "scene.json").write_text("{}")
    return folder


def rendering(*phases: str, digests: list[str] = DIGESTS, **changes: Any) -> dict[str, Any]:
    """Status of a video whose scenes are in these phases."""
    scenes = [
        {"id": f"scene-{i}", "phase": phase, "digest": digest}
        for i, (phase, digest) in enumerate(zip(phases, digests, strict=True), 1)
    ]
    plan = {"key": "k", "storyboard": "k.json", "title": "The chain rule"}
    return {"phase": "Rendering", "progress": 40, "message": "1 of 3 scenes", "plan": plan, "scenes": scenes, **changes}


def add(kubernetes: FakeKubernetes, status: dict[str, Any], **spec: Any) -> None:
    kubernetes.add("video-1", {"prompt": "Calculus", **spec}, status)


def addresses(base: str, playlist: str) -> list[str]:
    """Everything that a playlist names, as a player resolves it."""
    names = re.findall(r'URI="([^"]+)"', playlist) + [line for line in playlist.splitlines() if line[0] != "#"]
    return [urljoin(base, name) for name in names]


async def opened(api: httpx.AsyncClient, address: str = LIVE) -> tuple[str, str]:
    """Addresses of the captions' playlist and of the video's."""
    captions, video = addresses(address, (await api.get(address)).text)
    return captions, video


async def test_nothing_can_be_watched_before_the_first_scene(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Running", "Succeeded", "Pending"))
    answer = await api.get(LIVE)

    assert answer.status_code == 404
    assert answer.json()["detail"] == (
        "video-1 has nothing to watch until its first scene is ready: Rendering, 40 %; 1 of 3 scenes"
    )


async def test_the_master_playlist_is_there_with_the_first_scene(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"), output={"language": "de"})
    answer = await api.get(LIVE)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert answer.headers["cache-control"] == "no-cache"
    assert 'LANGUAGE="de"' in answer.text


async def test_the_language_is_the_storyboards_where_it_has_one(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    status = rendering("Succeeded", "Running", "Pending")
    status["plan"]["language"] = "fr"
    add(kubernetes, status, output={"language": "de"})

    assert 'LANGUAGE="fr"' in (await api.get(LIVE)).text


@pytest.mark.parametrize(
    ("phases", "ready"),
    [
        (("Succeeded", "Running", "Succeeded"), 1),
        (("Succeeded", "Succeeded", "Failed"), 2),
        (("Succeeded", "Succeeded", "Succeeded"), 3),
    ],
)
async def test_the_scenes_before_one_that_is_not_ready_are_played(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path, phases: tuple[str, ...], ready: int
) -> None:
    add(kubernetes, rendering(*phases))
    captions, video = await opened(api)
    parts = [Part(f"../../scenes/{digest}", STREAM) for digest in DIGESTS[:ready]]

    assert (await api.get(video)).text == hls.video_playlist(parts, ended=ready == 3)
    assert (await api.get(captions)).text == hls.captions_playlist(parts, ended=ready == 3)


@pytest.mark.parametrize(("phase", "ended"), [("Rendering", False), ("Failed", True), ("Cancelled", True)])
async def test_the_playlist_ends_when_no_more_scenes_will_come(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path, phase: str, *, ended: bool
) -> None:
    add(kubernetes, rendering("Succeeded", "Failed", "Pending", phase=phase))
    _, video = await opened(api)

    assert (await api.get(video)).text.endswith("#EXT-X-ENDLIST\n") == ended


async def test_a_player_reaches_all_that_the_playlists_name(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Succeeded", "Running"))
    captions, video = await opened(api)
    texts = {await get_text(api, address) for address in addresses(captions, await get_text(api, captions))}
    found = {(await api.get(address)).content for address in addresses(video, await get_text(api, video))}

    assert texts == {f"WEBVTT\n\n{digest} {number}\n" for digest in DIGESTS[:2] for number in (1, 2)}
    assert found == {MEDIA}


async def test_what_is_served_keeps_the_rules_of_hls_while_it_grows(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    before = {"video": "", "captions": ""}
    for ready in (1, 2, 3):
        add(kubernetes, rendering(*["Succeeded"] * ready, *["Running"] * (3 - ready)))
        assert [*multivariant_faults(await get_text(api, LIVE))] == []
        for kind, address in zip(("captions", "video"), await opened(api), strict=True):
            playlist = await get_text(api, address)
            assert [*media_faults(playlist, fragmented=kind == "video"), *growth_faults(before[kind], playlist)] == []
            before[kind] = playlist


async def test_everything_has_the_type_that_players_expect(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    captions, video = await opened(api)
    first_captions = addresses(captions, await get_text(api, captions))[0]
    media = addresses(video, await get_text(api, video))[0]
    types = [(await api.get(address)).headers["content-type"] for address in (LIVE, video, media, first_captions)]

    assert types == [PLAYLIST_TYPE, PLAYLIST_TYPE, "video/mp4", "text/vtt; charset=utf-8"]


@pytest.mark.parametrize(("origin", "may"), [("https://app.example", True), ("https://app.example.evil", False)])
async def test_only_pages_of_the_origins_that_were_named_may_play(
    environment: dict[str, str], kubernetes: FakeKubernetes, scenes: Path, origin: str, *, may: bool
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    origins = "http://localhost:3000 https://app.example"
    media = f"http://api.test/videos/video-1/scenes/{DIGESTS[0]}/stream.mp4"
    async with running({**environment, "VIDEOTUTOR_WEB_ORIGINS": origins}, kubernetes) as api:
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
        preflight = await api.options(media, headers={"Origin": origin, **asked})
        answers = [await api.get(address, headers={"Origin": origin}) for address in (LIVE, media)]

    assert preflight.is_success == may
    assert [answer.headers.get("access-control-allow-origin") for answer in answers] == [origin if may else None] * 2


async def test_no_page_of_another_origin_may_play_unless_it_was_named(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    answer = await api.get(LIVE, headers={"Origin": "https://app.example"})

    assert "access-control-allow-origin" not in answer.headers


async def get_text(api: httpx.AsyncClient, address: str) -> str:
    answer = await api.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_after_an_edit_the_old_playlists_are_gone_and_the_master_names_new_ones(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Succeeded", "Running"))
    _, before = await opened(api)
    edited = [DIGESTS[0], "e" * 16, DIGESTS[2]]
    add(kubernetes, rendering("Succeeded", "Running", "Running", digests=edited))
    _, after = await opened(api)
    gone = await api.get(before)

    assert gone.status_code == 410
    assert gone.json()["detail"] == "video-1 has changed since; load /videos/video-1/live.m3u8 again"
    assert (await api.get(after)).status_code == 200


async def test_a_scene_is_loaded_in_parts_of_which_browsers_keep_none(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    address = f"/videos/video-1/scenes/{DIGESTS[0]}/stream.mp4"
    captions = await api.get(f"/videos/video-1/scenes/{DIGESTS[0]}/stream-1.vtt")
    part = await api.get(address, headers={"Range": "bytes=20-69"})
    again = await api.get(address, headers={"If-None-Match": part.headers["etag"]})

    assert (part.status_code, part.content) == (206, MEDIA[20:70])
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["cache-control"] == "no-store"
    assert captions.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{DIGESTS[1]}/stream.mp4", 404),  # is still rendered
        (f"{'9' * 16}/stream.mp4", 404),  # of no scene of this video
        (f"{DIGESTS[0]}/scene.json", 422),
        ("not-a-digest/stream.mp4", 422),
        ("..%2Fscenes/stream.mp4", 404),
    ],
)
async def test_only_streams_of_ready_scenes_of_this_video_are_served(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path, path: str, status: int
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))

    assert (await api.get(f"/videos/video-1/scenes/{path}")).status_code == status


async def test_a_stream_that_is_gone_is_told(api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    (scenes / DIGESTS[0] / hls.INDEX).unlink()
    answer = await api.get(LIVE)

    assert answer.status_code == 404
    assert answer.json()["detail"] == "stream.json of this video is not in the artifact store any more"


async def test_the_finished_videos_playlists_play_while_an_edit_is_rendered(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path, store: Path
) -> None:
    folder = store / NAMESPACE / "videos" / "video-1" / "abc"
    folder.mkdir(parents=True)
    parts = [Part(f"{hls.SCENES}/{digest}", STREAM) for digest in DIGESTS]
    (folder / "playlist.m3u8").write_text(hls.master_playlist([STREAM], "en"))
    (folder / "video.m3u8").write_text(hls.video_playlist(parts, ended=True))
    (folder / "captions.m3u8").write_text(hls.captions_playlist(parts, ended=True))
    edited = rendering("Running", "Running", "Running", digests=["e" * 16, "e" * 16, "f" * 16])
    add(kubernetes, {**edited, "video": FINISHED["video"]})
    captions, video = await opened(api, "http://api.test/videos/video-1/files/playlist.m3u8")
    named = addresses(captions, await get_text(api, captions)) + addresses(video, await get_text(api, video))

    assert {(await api.get(address)).status_code for address in named} == {200}
    assert len(set(named)) == 9
    assert (await api.get(f"/videos/video-1/scenes/{'9' * 16}/stream.mp4")).status_code == 404


async def test_a_playlist_that_has_ended_never_continues(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    """RFC 8216, section 6.2.1: a failed video that is tried again has other playlists."""
    seen: dict[str, list[str]] = {}
    states = [
        rendering("Succeeded", "Running", "Pending", observedGeneration=1),
        rendering("Succeeded", "Failed", "Pending", phase="Failed", observedGeneration=1),
        rendering("Succeeded", "Running", "Pending", observedGeneration=2),
        rendering("Succeeded", "Succeeded", "Failed", phase="Cancelled", observedGeneration=3),
        rendering("Succeeded", "Succeeded", "Running", observedGeneration=4),
        rendering("Succeeded", "Succeeded", "Succeeded", phase="Succeeded", observedGeneration=4),
    ]
    ended = []
    for state in states:
        add(kubernetes, state)
        _, video = await opened(api)
        for address in {video, *seen}:
            answer = await api.get(address)
            if answer.status_code == 200:
                seen.setdefault(address, []).append(answer.text)
            else:
                assert answer.status_code == 410
        ended.append(seen[video][-1].endswith("#EXT-X-ENDLIST\n"))

    assert ended == [False, True, False, True, False, True]
    for texts in seen.values():
        for before, after in itertools.pairwise(texts):
            assert list(growth_faults(before, after)) == []
            assert before == after or "#EXT-X-ENDLIST" not in before


async def test_an_edit_that_was_taken_back_leaves_the_ended_playlist(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    complete = rendering("Succeeded", "Succeeded", "Succeeded", phase="Succeeded")
    add(kubernetes, complete)
    _, video = await opened(api)
    key = video.split("/")[-2]
    before = (await api.get(video)).text
    made = {**FINISHED["video"], "key": key}
    add(kubernetes, rendering("Succeeded", "Pending", "Pending", video=made))

    assert before.endswith("#EXT-X-ENDLIST\n")
    assert (await api.get(video)).text == before


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"segments": []}', "\udcff"])
async def test_a_damaged_layout_ends_the_playlist_before_its_scene(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path, content: str
) -> None:
    (scenes / DIGESTS[1] / hls.INDEX).write_bytes(content.encode(errors="surrogateescape"))
    add(kubernetes, rendering("Succeeded", "Succeeded", "Running"))
    _, video = await opened(api)
    parts = [Part(f"../../scenes/{DIGESTS[0]}", STREAM)]
    assert (await api.get(video)).text == hls.video_playlist(parts, ended=False)

    (scenes / DIGESTS[0] / hls.INDEX).write_bytes(content.encode(errors="surrogateescape"))
    assert (await api.get(video)).status_code == 404


async def test_a_scene_that_was_rendered_again_has_its_new_layout(
    api: httpx.AsyncClient, kubernetes: FakeKubernetes, scenes: Path
) -> None:
    add(kubernetes, rendering("Succeeded", "Running", "Pending"))
    _, video = await opened(api)
    await api.get(video)
    changed = STREAM.model_copy(update={"header_bytes": 2000})
    later = {**changed.to_json_object(), "aFieldOfALaterVersion": 1}
    (scenes / DIGESTS[0] / hls.INDEX).write_text(canonical_json(later))

    expected = hls.video_playlist([Part(f"../../scenes/{DIGESTS[0]}", changed)], ended=False)
    assert (await api.get(video)).text == expected
