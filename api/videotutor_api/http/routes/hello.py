"""A test of the whole pipeline by one call, without a signature: off unless VIDEOTUTOR_TEST_ENDPOINTS is set."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator

from videotutor_api.http.dependencies import ServicesDep
from videotutor_api.http.problems import responses
from videotutor_api.http.routes.common import Route, VideoName
from videotutor_api.http.views import task_of
from videotutor_api.schemas.responses import TaskStarted, TaskView

MAX_NAME = 100
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")


def _one_line(name: str) -> str:
    if not name.strip() or CONTROL_CHARACTER.search(name):
        raise ValueError("must be one line of text that is not empty")
    return name


router = APIRouter(
    prefix="/test",
    tags=["test"],
    responses=responses(HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE),
    route_class=Route,
)


@router.post(
    "/hello",
    status_code=HTTPStatus.ACCEPTED,
    summary="Make the smallest video",
    responses=responses(HTTPStatus.TOO_MANY_REQUESTS),
)
async def post_hello(
    services: ServicesDep,
    name: Annotated[
        str,
        Query(max_length=MAX_NAME, description="Name to greet: one line of text."),
        AfterValidator(_one_line),
    ] = "World",
) -> TaskStarted:
    """Make a video of one silent scene: planned, rendered and stitched as every video."""
    greeting = f"Hello, {name}!"
    return TaskStarted(task_id=await services.hello.start(greeting), message=greeting)


@router.get(
    "/task/{name}",
    response_model_exclude_none=True,
    summary="The state of a task",
    responses=responses(HTTPStatus.NOT_FOUND),
)
async def get_task(services: ServicesDep, name: VideoName) -> TaskView:
    """The state of a test video, or of any other."""
    return task_of(await services.videojobs.get(name), services.base)
