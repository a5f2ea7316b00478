"""The OpenAPI description, with the models that FastAPI does not see: signed requests and problems."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from videotutor_api.http.problems import ProblemDocument
from videotutor_api.schemas.requests import CancelRequest, DeleteRequest, EditRequest, GenerateRequest, RetryRequest

DESCRIPTION = """
Turns a prompt into a narrated, animated teaching video, on Kubernetes.

`POST /jobs/generate` creates a VideoJob, `GET /videos/{name}` returns its state, `GET /videos/{name}/video` its video;
`GET /videos/{name}/live.m3u8` plays it while it is made.
`PUT /images/{image}` stores a picture for its scenes.
Only `POST /jobs/…` and `PUT /images/…` are signed: every client that reaches this API can read every video.
Every error is a problem document (RFC 9457) whose `errors` name the invalid fields and whose `type` is described at
`/problems`. HEAD works wherever GET does.
"""

SIGNED = (GenerateRequest, EditRequest, CancelRequest, RetryRequest, DeleteRequest)
"""Requests that are read by hand, so that FastAPI does not see their models."""

REFERENCES = "#/components/schemas/{model}"


def describing(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The function that makes the application's description, once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    return describe


def _describe(app: FastAPI) -> dict[str, Any]:
    with warnings.catch_warnings():
        # Each HEAD has the id of its GET; it is not described, as the text above says.
        warnings.filterwarnings("ignore", message="Duplicate Operation ID")
        document = get_openapi(
            title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=app.openapi_tags
        )
    for operations in document["paths"].values():
        operations.pop("head", None)
    requests: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        (model, "validation") for model in SIGNED
    ]
    _, schemas = models_json_schema([*requests, (ProblemDocument, "serialization")], ref_template=REFERENCES)
    known = document.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in schemas["$defs"].items():
        known.setdefault(schema.get("title", name) if name == "ProblemDocument" else name, schema)
    return document
