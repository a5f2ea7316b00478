"""Liveness and readiness."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter

from videotutor_api import VERSION
from videotutor_api.errors import UnavailableError
from videotutor_api.http.dependencies import Services, ServicesDep
from videotutor_api.http.problems import responses
from videotutor_api.http.routes.common import Route
from videotutor_api.schemas.responses import Health

RETRY_AFTER_SECONDS = 5

router = APIRouter(tags=["health"], route_class=Route)


@router.get("/health", summary="Liveness")
async def get_health(services: ServicesDep) -> Health:
    """200 while the process responds, with what it can reach: for people and for a liveness probe."""
    return _health(services)


@router.get("/ready", summary="Readiness", responses=responses(HTTPStatus.SERVICE_UNAVAILABLE))
async def get_ready(services: ServicesDep) -> Health:
    """200 while requests can be served: for a readiness probe."""
    if not services.videojobs.watcher.is_connected:
        detail = "the Kubernetes API does not answer, or refuses to list and watch VideoJobs"
        raise UnavailableError(detail, RETRY_AFTER_SECONDS)
    return _health(services)


def _health(services: Services) -> Health:
    watcher = services.videojobs.watcher
    return Health(
        kubernetes="ok" if watcher.is_connected else "unreachable",
        stale_seconds=round(watcher.stale_seconds, 1),
        version=VERSION,
    )
