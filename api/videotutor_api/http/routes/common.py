"""What several routes share."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path
from fastapi.routing import APIRoute

from videojob.names import MAX_VIDEOJOB_NAME
from videotutor_api.http.problems import responses
from videotutor_api.schemas.requests import NAME_PATTERN

VideoName = Annotated[
    str,
    Path(
        pattern=NAME_PATTERN,
        max_length=MAX_VIDEOJOB_NAME,
        description="The `jobId` returned by POST /jobs/generate.",
        examples=["video-3f6a1c0b9d2e"],
    ),
]

CURRENT = {"Cache-Control": "no-cache"}
"""For what changes: a cache asks each time whether its copy is current."""

VIDEO_RESPONSES = responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.SERVICE_UNAVAILABLE)
"""The problems of every address of a video."""

CONDITIONAL: dict[str, Any] = {
    "parameters": [
        {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": "ETag of a copy: 304 while it is current.",
            "schema": {"type": "string"},
        }
    ]
}
"""OpenAPI of the header that such a route reads by hand."""


class Route(APIRoute):
    """A route that also responds to HEAD where it responds to GET (RFC 9110, section 9.1)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.methods and "GET" in self.methods:
            self.methods.add("HEAD")


def file_responses(*media_types: str) -> dict[int | str, dict[str, object]]:
    """The responses of an endpoint that serves files of these types, for its OpenAPI description."""
    content: dict[str, object] = {media_type: {} for media_type in media_types}
    return {
        200: {"description": "The file.", "content": content},
        206: {"description": "The part that Range requests.", "content": content},
        304: {"description": "The client's copy is current."},
        **responses(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE),
    }
