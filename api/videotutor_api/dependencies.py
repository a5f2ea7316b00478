"""What the routers work with, made once when the API starts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from videotutor_api.sessions import Sessions
from videotutor_api.settings import Settings
from videotutor_api.videojobs import VideoJobs


@dataclass(frozen=True)
class Parts:
    """The API's parts; `sessions` is None where no Convex is set."""

    settings: Settings
    videojobs: VideoJobs
    sessions: Sessions | None


def parts_of(request: Request) -> Parts:
    """The parts of the application that answers this request."""
    return cast("Parts", request.app.state.parts)


UsesParts = Annotated[Parts, Depends(parts_of)]
