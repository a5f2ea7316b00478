"""Whether the API lives, and whether it can serve."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from videotutor_api import VERSION
from videotutor_api.answers import Health
from videotutor_api.dependencies import UsesParts
from videotutor_api.problems import Problem, responses

router = APIRouter(tags=["health"])


@router.get("/health", summary="Does it live?")
async def get_health(parts: UsesParts) -> Health:
    """200 as long as the process answers, with what it can reach: for people and for a liveness probe."""
    reachable = await parts.videojobs.reachable()
    return Health(kubernetes="ok" if reachable else "unreachable", version=VERSION)


@router.get("/ready", summary="Can it serve?", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
async def get_ready(parts: UsesParts) -> Health:
    """200 where requests can be served: for a readiness probe."""
    if not await parts.videojobs.reachable():
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "the Kubernetes API does not answer, or refuses to list VideoJobs"
        )
    return Health(kubernetes="ok", version=VERSION)
