"""A test of the whole pipeline by one call, without a signature.

Only so many at once, therefore; the setting VIDEOTUTOR_TEST_ENDPOINTS ends it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import AfterValidator

from videotutor_api.answers import TaskStarted, TaskView
from videotutor_api.dependencies import UsesParts
from videotutor_api.problems import responses
from videotutor_api.routers.videos import VideoName, base_of
from videotutor_api.services.hello import hello
from videotutor_api.views import task_of

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
)


@router.post(
    "/hello",
    status_code=HTTPStatus.ACCEPTED,
    summary="Make the smallest video",
    responses=responses(HTTPStatus.TOO_MANY_REQUESTS),
)
async def post_hello(
    parts: UsesParts,
    name: Annotated[
        str, Query(max_length=MAX_NAME, description="Who is greeted: one line of text."), AfterValidator(_one_line)
    ] = "World",
) -> TaskStarted:
    """A video of one silent scene, planned, rendered and joined as every video is."""
    greeting = f"Hello, {name}!"
    return TaskStarted(task_id=await hello(parts.videojobs, parts.hello_turn, greeting), message=greeting)


@router.get(
    "/task/{name}",
    response_model_exclude_none=True,
    summary="The state of a task",
    responses=responses(HTTPStatus.NOT_FOUND),
)
async def get_task(request: Request, parts: UsesParts, name: VideoName) -> TaskView:
    """The state of a test video, or of any other."""
    return task_of(await parts.videojobs.get(name), base_of(request, parts))
