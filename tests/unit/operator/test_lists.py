"""Lists from a real server on this machine: pages whose size is bounded, and lists of metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from tests.unit.operator.test_wire import talking_to
from videotutor_operator.cluster import requests
from videotutor_operator.cluster.requests import MOST_PER_PAGE, Cluster
from videotutor_operator.cluster.resources import JOBS, PODS, VIDEOJOBS
from videotutor_operator.cluster.wire import METADATA_LIST
from videotutor_operator.errors import ClusterError, Forbidden

MEGABYTE = 10**6


@dataclass
class Server:
    """Has objects of these sizes in bytes, and lists them as the API server does."""

    sizes: list[int]
    limits: list[int] = field(default_factory=list)
    requests: list[web.Request] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.requests.append(request)
        first, limit = int(request.query.get("continue", "0")), int(request.query.get("limit", "500"))
        self.limits.append(limit)
        last = first + limit
        items = [
            {"metadata": {"name": f"o-{n}"}, "x": "x" * self.sizes[n]} for n in range(first, len(self.sizes))[:limit]
        ]
        rest = {"continue": str(last)} if last < len(self.sizes) else {}
        return web.json_response({"metadata": {"resourceVersion": "77", **rest}, "items": items})


async def pages_of(server: Server) -> list[list[dict[str, Any]]]:
    """The pages, after a check that they are all of the list and name its version."""
    async with talking_to(server.answer) as wire:
        pages = [page async for page in Cluster(wire).pages(VIDEOJOBS, "lessons")]
    assert [item["metadata"]["name"] for page in pages for item in page.items] == [
        f"o-{number}" for number in range(len(server.sizes))
    ]
    assert {page.version for page in pages} == {"77"}
    return [page.items for page in pages]


async def test_of_thirty_large_objects_few_are_in_memory_at_once() -> None:
    pages = await pages_of(Server([MEGABYTE] * 30))

    assert max(len(page) for page in pages) <= 4


async def test_pages_of_small_objects_grow_to_a_bound() -> None:
    server = Server([1000] * 1200)
    await pages_of(server)

    assert server.limits == [10, MOST_PER_PAGE, MOST_PER_PAGE, MOST_PER_PAGE]


async def test_large_objects_after_many_small_ones_are_requested_again_in_smaller_pages() -> None:
    pages = await pages_of(Server([1000] * 600 + [MEGABYTE] * 20))

    sizes = [sum(len(item["x"]) for item in page) for page in pages]
    assert max(sizes) <= requests.LARGEST_PAGE_BYTES
    assert len(pages) < 20


async def test_one_object_larger_than_any_page_is_listed_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "LARGEST_PAGE_BYTES", 1000)
    monkeypatch.setattr(requests, "PAGE_BYTES", 500)

    assert [len(page) for page in await pages_of(Server([5000] * 3))] == [1, 1, 1]


async def test_an_empty_list_is_one_page() -> None:
    assert await pages_of(Server([])) == [[]]


async def test_a_list_of_metadata_asks_for_no_more_and_for_ours_only() -> None:
    server = Server([0] * 700)
    async with talking_to(server.answer) as wire:
        pages = [page async for page in Cluster(wire).metadata(JOBS, None)]

    assert [len(page.items) for page in pages] == [10, 500, 190]
    assert {request.headers["Accept"] for request in server.requests} == {METADATA_LIST}
    assert {request.path for request in server.requests} == {"/apis/batch/v1/jobs"}
    assert {request.query["labelSelector"] for request in server.requests} == {JOBS.selector}


@pytest.mark.parametrize("sizes", [[0], []])
async def test_one_object_is_fetched_by_a_list_of_its_name(sizes: list[int]) -> None:
    server = Server(sizes)
    async with talking_to(server.answer) as wire:
        found = await Cluster(wire).fetch(PODS, "lessons", "o-0")

    assert found == ({"metadata": {"name": "o-0"}, "x": ""} if sizes else None)
    (request,) = server.requests
    assert request.path == "/api/v1/namespaces/lessons/pods"
    assert request.query["fieldSelector"] == "metadata.name=o-0"


@pytest.mark.parametrize("body", [b"", b"<html>sign in</html>", b"[]", b"{}", b'{"items": []}'])
async def test_what_is_no_list_does_not_pass_for_an_empty_one(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    async with talking_to(answer) as wire:
        with pytest.raises(ClusterError):
            [page async for page in Cluster(wire).pages(VIDEOJOBS, "lessons")]


@pytest.mark.parametrize(
    "body", [b'{"details": "login required"}', b'{"message": null}', b'{"details": {"causes": [1]}}']
)
async def test_a_failure_with_odd_json_is_one_of_its_kind(body: bytes) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=403, body=body, content_type="application/json")

    async with talking_to(answer) as wire:
        with pytest.raises(Forbidden, match="answered 403"):
            [page async for page in Cluster(wire).pages(VIDEOJOBS, "lessons")]
