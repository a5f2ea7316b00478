"""What the operator requests of the API server: writes of a leader, discovery, probes and watches."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web

from tests.unit.operator.test_wire import PATIENCE, refusing, talking_to
from videotutor_operator.cluster.requests import (
    LARGEST_PAGE_BYTES,
    LONGEST_EVENT,
    NO_POD_EVENTS,
    Change,
    Cluster,
    Message,
    Messages,
)
from videotutor_operator.cluster.resources import JOBS, VIDEOJOBS
from videotutor_operator.cluster.wire import Wire
from videotutor_operator.errors import ClusterError, Expired
from videotutor_operator.times import parse

GONE_EVENT = b'{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}\n'
ERROR_EVENT = b'{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is away"}}\n'


async def test_each_write_takes_a_token_and_a_read_and_a_lease_take_none(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[str] = []

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"metadata": {}})

    async def acquire() -> None:
        taken.append("token")

    lease = {"metadata": {"namespace": "lessons", "name": "operators"}}
    async with talking_to(answer) as wire:
        cluster = Cluster(wire)
        monkeypatch.setattr(cluster._writes, "acquire", acquire)
        await cluster.write_lease(lease)
        await cluster.read_lease("lessons", "operators")
        assert taken == []
        await cluster.create_event({"metadata": {"namespace": "lessons"}})
    assert taken == ["token"]


async def test_a_write_that_waited_while_leadership_was_lost_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        sent.append(request.method)
        return web.json_response({})

    async with talking_to(answer) as wire:
        cluster = Cluster(wire)

        async def lose() -> None:
            cluster.may_write = lambda: False

        monkeypatch.setattr(cluster._writes, "acquire", lose)
        with pytest.raises(ClusterError, match="does not lead"):
            await cluster.create_event({"metadata": {"namespace": "lessons"}})
    assert sent == []


async def test_the_end_of_each_request_is_progress_also_of_one_that_fails() -> None:
    ends: list[str] = []
    async with talking_to(refusing(500)) as wire:
        cluster = Cluster(wire)
        cluster.progress = lambda: ends.append("end")
        with pytest.raises(ClusterError):
            await cluster.create_event({"metadata": {"namespace": "lessons"}})
        with pytest.raises(ClusterError):
            await cluster.probe(JOBS, "lessons")
    assert ends == ["end", "end"]


GROUPS = {"groups": [{"name": "apps"}, {"name": "videotutor.dev"}]}
KINDS_OF_GROUP = {"resources": [{"name": "videojobs"}, {"name": "videojobs/status"}]}


@pytest.mark.parametrize(
    ("groups", "kinds", "found"),
    [
        (GROUPS, KINDS_OF_GROUP, True),
        (GROUPS, {"resources": [{"name": "lessons"}]}, False),
        ({"groups": [{"name": "apps"}]}, KINDS_OF_GROUP, False),
    ],
)
async def test_a_kind_is_discoverable_when_both_documents_name_it(
    groups: dict[str, Any], kinds: dict[str, Any], *, found: bool
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response(groups if request.path == "/apis" else kinds)

    async with talking_to(answer) as wire:
        assert await Cluster(wire).is_discoverable(VIDEOJOBS) is found


async def test_a_probe_requests_the_metadata_of_one_object_of_ours() -> None:
    requests: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append(request)
        return web.json_response({})

    async with talking_to(answer) as wire:
        await Cluster(wire).probe(JOBS, "lessons")
    (request,) = requests
    assert request.path == "/apis/batch/v1/namespaces/lessons/jobs"
    assert dict(request.query) == {"limit": "1", "labelSelector": JOBS.selector}
    assert "PartialObjectMetadataList" in request.headers["Accept"]


async def changes(wire: Wire) -> list[Change]:
    return [change async for change in Cluster(wire).changes(JOBS, "lessons", "41", PATIENCE)]


async def test_a_watch_asks_for_our_objects_from_a_version_on_with_bookmarks() -> None:
    asked: list[web.Request] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request)
        return web.Response(text='{"type":"ADDED","object":{"kind":"Job"}}\n{"type":"BOOKMARK","object":{}}\n')

    async with talking_to(answer) as wire:
        assert await changes(wire) == [Change("ADDED", {"kind": "Job"}), Change("BOOKMARK", {})]
    (request,) = asked
    assert request.path == "/apis/batch/v1/namespaces/lessons/jobs"
    assert dict(request.query) == {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "300",
        "resourceVersion": "41",
        "labelSelector": JOBS.selector,
    }


@pytest.mark.parametrize(
    ("event", "kind", "said"), [(GONE_EVENT, Expired, "too old"), (ERROR_EVENT, ClusterError, "etcd")]
)
async def test_an_error_in_a_watch_is_raised_and_one_of_a_version_too_old_says_to_list_anew(
    event: bytes, kind: type[ClusterError], said: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=HTTPStatus.OK, body=event)

    async with talking_to(answer) as wire:
        with pytest.raises(ClusterError, match=f"the watch of jobs failed: {said}") as raised:
            await changes(wire)
    assert type(raised.value) is kind


@pytest.mark.parametrize("size", [100, LONGEST_EVENT + 1, LARGEST_PAGE_BYTES])
async def test_of_an_event_anyone_may_write_little_is_read(size: int) -> None:
    about = {"involvedObject": {"uid": "job-1"}, "lastTimestamp": "2026-03-01T12:00:00Z", "message": "x" * size}
    other = {"involvedObject": {"uid": "job-2"}, "message": "of another"}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": [about, other]})

    async with talking_to(answer) as wire:
        found = await Cluster(wire).messages("lessons", NO_POD_EVENTS, ["job-1", "job-3"])
    if size == LARGEST_PAGE_BYTES:
        assert found == Messages({}, complete=False)
    else:
        said = Message("x" * min(size, LONGEST_EVENT), parse("2026-03-01T12:00:00Z"))
        assert found == Messages({"job-1": said}, complete=True)


@pytest.mark.parametrize("at_once", [False, True])
async def test_the_latest_message_is_the_latest_in_time_however_it_is_written(*, at_once: bool) -> None:
    """Events of the same second, with and without fractions; of two at the same time the last one counts."""
    times = {
        "first": "2026-03-01T12:00:05Z",
        "last": "2026-03-01T12:00:05.900000Z",
        "at last": "2026-03-01T12:00:05.9Z",
    }
    items = [{"involvedObject": {"uid": "job-1"}, "eventTime": at, "message": said} for said, at in times.items()]

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": items})

    async with talking_to(answer) as wire:
        cluster = Cluster(wire)
        if at_once:
            found = (await cluster.messages("lessons", NO_POD_EVENTS, ["job-1"])).by_uid["job-1"]
        else:
            found = await cluster.message("lessons", NO_POD_EVENTS, "job-1")
    assert found == Message("at last", parse("2026-03-01T12:00:05.900000Z"))


@pytest.mark.parametrize("size", [1_000, LARGEST_PAGE_BYTES])
async def test_of_pods_that_anyone_may_label_no_more_is_read_than_of_a_page(size: int) -> None:
    pod = {"metadata": {"name": "p", "labels": {"long": "x" * size}}}

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"metadata": {}, "items": [pod]})

    async with talking_to(answer) as wire:
        found = await Cluster(wire).pods_of("lessons", "calculus-plan-1")
    assert found == ([pod] if size < LARGEST_PAGE_BYTES else [])
