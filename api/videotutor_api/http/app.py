"""The application: its services, routes, errors and description put together."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from kubernetes.aio import client
from starlette.middleware.cors import CORSMiddleware

from videotutor_api import VERSION
from videotutor_api.http import problems
from videotutor_api.http.dependencies import Services
from videotutor_api.http.limits import LimitsMiddleware
from videotutor_api.http.middleware import HEADER, RequestLogMiddleware
from videotutor_api.http.openapi import describing
from videotutor_api.http.routes import files, health, hello, images, live, problem_types, videos, webhooks
from videotutor_api.services.hello import HelloService
from videotutor_api.services.live import Live
from videotutor_api.settings import Settings
from videotutor_api.storage.artifacts import ArtifactStore
from videotutor_api.storage.collection import Collection
from videotutor_api.storage.convex_client import convex_client
from videotutor_api.storage.videojobs import VideoJobs

TAGS = [
    {"name": "webhooks", "description": "Called by Convex: signed, and safe to repeat."},
    {"name": "images", "description": "Pictures for scenes: signed, and safe to repeat."},
    {"name": "videos", "description": "Videos, to read and to watch."},
    {"name": "test", "description": "The whole pipeline by one call."},
    {"name": "health", "description": "For probes."},
]


def create_app(settings: Settings, kubernetes: client.Configuration) -> FastAPI:
    """The API with these settings and credentials. It starts also where Kubernetes does not answer."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with client.ApiClient(kubernetes) as connection, convex_client(settings) as convex:
            videojobs = VideoJobs(Collection(connection, settings.namespace))
            artifacts = ArtifactStore(settings.store_root, settings.namespace)
            app.state.services = Services(
                settings, videojobs, artifacts, Live(artifacts), convex, HelloService(videojobs)
            )
            await artifacts.remove_abandoned(time.time())
            async with videojobs.watcher.running():
                yield

    app = FastAPIOffline(
        title="videotutor",
        version=VERSION,
        lifespan=lifespan,
        redirect_slashes=False,  # it would redirect to any Host that a request names
        openapi_tags=TAGS,
        separate_input_output_schemas=False,
        # Generated clients name their methods after this.
        generate_unique_id_function=lambda route: route.name,
    )
    routers = [webhooks.router, images.router, videos.router, files.router, live.router, health.router]
    for router in [*routers, hello.router] if settings.test_endpoints else routers:
        app.include_router(router)
    app.include_router(problem_types.router)
    for route in app.routes:  # the pages of the documentation, which are no `Route`
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
    problems.install(app)
    app.add_middleware(LimitsMiddleware)
    app.add_middleware(RequestLogMiddleware)
    _add_cors(app, settings)  # around the others, so that a page can read their errors
    app.openapi = describing(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


def create_probes(app: FastAPI) -> FastAPI:
    """The probes of an API, for a listener of their own: requests to the API cannot displace them."""
    probes = FastAPI(openapi_url=None, redirect_slashes=False)
    probes.state = app.state
    probes.include_router(health.router)
    problems.install(probes)
    probes.add_middleware(RequestLogMiddleware)
    return probes


def _add_cors(app: FastAPI, settings: Settings) -> None:
    """Web pages of the configured origins may read responses, so that their players load playlists and scenes."""
    app.add_middleware(
        CORSMiddleware,
        allow_origins=(settings.web_origins or "").split(),
        allow_methods=["GET", "HEAD"],
        allow_headers=["Range", "If-Range", "If-None-Match", "If-Modified-Since", HEADER],
        expose_headers=["Accept-Ranges", "Content-Range", "ETag", "Location", "Retry-After", HEADER],
        max_age=600,
    )
