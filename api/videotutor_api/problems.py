"""Errors as RFC 9457 problem documents: every refusal of the API has this one form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from videojob.secret import redact
from videotutor_api.wording import FieldError, field_errors

MEDIA_TYPE = "application/problem+json"


class ProblemDocument(BaseModel):
    """An error as the API answers it (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(default="about:blank", description="Kind of problem; about:blank: the status says it all.")
    title: str = Field(description="The status in words.", examples=["Unprocessable Entity"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What is wrong and what to do.")
    errors: list[FieldError] = Field(default=[], description="What is wrong with which field.")


class Problem(Exception):  # noqa: N818 - the term of RFC 9457
    """A refusal, raised anywhere below a router and answered as a problem document."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The problem as an HTTP response; redacted, since Kubernetes and Convex have a say in it."""
        document = ProblemDocument(
            title=self.status.phrase,
            status=self.status.value,
            detail=redact(self.detail),
            errors=[FieldError(field=error.field, message=redact(error.message)) for error in self.errors],
        )
        return JSONResponse(document.model_dump(), self.status, headers=self.headers, media_type=MEDIA_TYPE)


def field_problem(status: HTTPStatus, field: str, message: str) -> Problem:
    """A problem with one field; its detail is the same sentence with the field's name before it."""
    return Problem(status, f"{field} {message}", [FieldError(field=field, message=message)])


def invalid(errors: list[FieldError]) -> Problem:
    """422 for fields that do not fit; the first one is told in the detail."""
    first, more = errors[0], len(errors) - 1
    rest = f" (and {more} more)" if more else ""
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first.field} {first.message}{rest}", errors)


def unavailable(detail: str, seconds: int) -> Problem:
    """503 for what may be repeated after a while."""
    headers = {"Retry-After": str(seconds)}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, f"{detail}; try again in {seconds} s", headers=headers)


def install(app: FastAPI) -> None:
    """Answer problems, refused parameters and the framework's own errors (404, 405) as problem documents."""

    @app.exception_handler(Problem)
    async def answer_problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def answer_validation(_: Request, error: RequestValidationError) -> Response:
        # The first part of a location is where the parameter was: path, query or header.
        return invalid(field_errors(error.errors(), skip=1)).response()

    @app.exception_handler(HTTPException)
    async def answer_http(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        details = {
            HTTPStatus.NOT_FOUND: "there is no such address; GET /docs lists them",
            HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not possible here",
        }
        return Problem(status, details.get(status, str(error.detail)), headers=error.headers).response()


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The problem responses of an endpoint, for its OpenAPI description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status.value: {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses
    }
