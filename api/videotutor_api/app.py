"""The application: its parts, routers, errors and description put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from kubernetes.aio import client

from videotutor_api import VERSION, problems
from videotutor_api.dependencies import Parts
from videotutor_api.middleware import Requests
from videotutor_api.openapi import describing
from videotutor_api.routers import files, health, hello, images, live, videos, webhooks
from videotutor_api.sessions import sessions_of
from videotutor_api.settings import Settings
from videotutor_api.videojobs import VideoJobs

TAGS = [
    {"name": "webhooks", "description": "What Convex calls: signed, and safe to repeat."},
    {"name": "images", "description": "Pictures for scenes to show: signed, and safe to repeat."},
    {"name": "videos", "description": "Videos, to read and to watch."},
    {"name": "test", "description": "The whole pipeline by one call."},
    {"name": "health", "description": "For probes."},
]


def create_app(settings: Settings, kubernetes: client.Configuration) -> FastAPI:
    """The API with these settings and this way to Kubernetes, which need not answer for the API to start."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with client.ApiClient(kubernetes) as connection, sessions_of(settings) as sessions:
            app.state.parts = Parts(settings, VideoJobs(connection, settings.namespace), sessions)
            yield

    app = FastAPIOffline(
        title="videotutor",
        version=VERSION,
        lifespan=lifespan,
        openapi_tags=TAGS,
        separate_input_output_schemas=False,
        # Generated clients name their methods after this.
        generate_unique_id_function=lambda route: route.name,
    )
    routers = [webhooks.router, images.router, videos.router, files.router, live.router, health.router]
    for router in [*routers, hello.router] if settings.test_endpoints else routers:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(Requests)
    app.openapi = describing(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app
