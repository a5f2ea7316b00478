"""The OpenAPI description, with the models that FastAPI does not see: signed requests and problems."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from videotutor_api.problems import ProblemDocument
from videotutor_api.requests import EditRequest, GenerateRequest

DESCRIPTION = """
Turns a prompt into a narrated, animated teaching video, on Kubernetes.

`POST /jobs/generate` makes a VideoJob, `GET /videos/{name}` tells how far it is, `GET /videos/{name}/video` plays it;
`GET /videos/{name}/live.m3u8` plays it while it is made.
`PUT /images/{image}` keeps a picture for its scenes.
Only `POST /jobs/…` and `PUT /images/…` are signed: whoever reaches this API can read every video, and start a few test
videos.
Every error is a problem document (RFC 9457) whose `errors` name the fields that are wrong.
"""

REFERENCES = "#/components/schemas/{model}"


def describing(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """The function that makes the application's description, once."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(
                title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes, tags=app.openapi_tags
            )
            _, schemas = models_json_schema(
                [(GenerateRequest, "validation"), (EditRequest, "validation"), (ProblemDocument, "serialization")],
                ref_template=REFERENCES,
            )
            known = document.setdefault("components", {}).setdefault("schemas", {})
            for name, schema in schemas["$defs"].items():
                known.setdefault(schema.get("title", name) if name == "ProblemDocument" else name, schema)
            app.openapi_schema = document
        return app.openapi_schema

    return describe
