from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from videotutor_operator.counting import counted, resource_of
from videotutor_operator.metrics import REGISTRY


@pytest.mark.parametrize(
    ("path", "resource"),
    [
        ("/apis/videotutor.dev/v1alpha1/namespaces/a/videojobs/b/status", "videojobs/status"),
        ("/apis/videotutor.dev/v1alpha1/videojobs", "videojobs"),
        ("/apis/batch/v1/namespaces/a/jobs", "jobs"),
        ("/apis/batch/v1/namespaces/a/jobs/b", "jobs"),
        ("/api/v1/namespaces/a/pods", "pods"),
        ("/api/v1/namespaces/a", "namespaces"),
        ("/version", ""),
    ],
)
def test_a_path_is_counted_for_its_resource_and_not_for_its_names(path: str, resource: str) -> None:
    assert resource_of(path) == resource


def counted_so_far(code: str) -> float:
    labels = {"verb": "POST", "resource": "jobs", "code": code}
    return REGISTRY.get_sample_value("videotutor_api_requests_total", labels) or 0.0


async def test_an_answer_is_counted_with_its_status_and_a_connection_that_ends_without_one_as_an_error() -> None:
    answers = iter([201, None])

    async def answer(request: web.Request) -> web.Response:
        status = next(answers)
        if status is None and request.transport:
            request.transport.abort()
        return web.Response(status=status or 200)

    app = web.Application()
    app.router.add_post("/apis/batch/v1/namespaces/a/jobs", answer)
    before = counted_so_far("201"), counted_so_far("error")
    async with TestServer(app) as server, aiohttp.ClientSession(trace_configs=[counted()]) as session:
        for _ in range(2):
            try:
                async with session.post(server.make_url("/apis/batch/v1/namespaces/a/jobs")):
                    pass
            except aiohttp.ClientConnectionError:
                continue
    assert (counted_so_far("201"), counted_so_far("error")) == (before[0] + 1, before[1] + 1)
