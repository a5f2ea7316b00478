"""Errors as problem documents (RFC 9457): every refusal of the API has this one form."""

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
from videotutor_api import errors
from videotutor_api.errors import FieldError, ServiceError
from videotutor_api.http.wording import field_errors

MEDIA_TYPE = "application/problem+json"

TYPES = "/problems#"
"""Problem types are addresses of the page that describes them, relative to the API (RFC 9457, section 3.1.1)."""

KINDS: dict[type[ServiceError], tuple[HTTPStatus, str]] = {
    errors.InvalidError: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-field"),
    errors.RefusedError: (HTTPStatus.BAD_REQUEST, "refused-by-kubernetes"),
    errors.TooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "video-too-large"),
    errors.NotFoundError: (HTTPStatus.NOT_FOUND, "not-found"),
    errors.NotReadyError: (HTTPStatus.NOT_FOUND, "not-ready"),
    errors.GoneError: (HTTPStatus.GONE, "replaced"),
    errors.ConflictError: (HTTPStatus.CONFLICT, "conflict"),
    errors.LimitError: (HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests"),
    errors.UnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}
"""Kind of an error -> its status and its problem type."""


class ProblemDocument(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(
        default="about:blank",
        description="Kind of problem: the address of its description, relative to the API. about:blank: see `status`.",
        examples=["/problems#invalid-field"],
    )
    title: str = Field(description="Name of the status.", examples=["Unprocessable Entity"])
    status: int = Field(description="The HTTP status.", examples=[422])
    detail: str = Field(description="What is wrong and what to do.")
    errors: list[FieldError] = Field(default=[], description="What is wrong with which field.")


class Problem(Exception):  # noqa: N818 - the term of RFC 9457
    """A refusal that the HTTP layer raises itself. `kind`: its problem type, a fragment of `TYPES`."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        fields: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        kind: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.fields = tuple(fields)
        self.headers = dict(headers or {})
        self.kind = kind

    def response(self) -> Response:
        """Build the HTTP response; texts are redacted, since some are from Kubernetes and Convex."""
        document = ProblemDocument(
            type=TYPES + self.kind if self.kind else "about:blank",
            title=self.status.phrase,
            status=self.status.value,
            detail=redact(self.detail),
            errors=[FieldError(field=field.field, message=redact(field.message)) for field in self.fields],
        )
        headers = {"Cache-Control": "no-store", **self.headers}
        return JSONResponse(document.model_dump(), self.status, headers=headers, media_type=MEDIA_TYPE)


def problem_of(error: ServiceError) -> Problem:
    """Map an error of a service or of the storage to its problem."""
    status, kind = KINDS[type(error)]
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    return Problem(status, error.detail, error.errors, headers, kind)


def field_problem(status: HTTPStatus, field: str, message: str, kind: str = "") -> Problem:
    """Build a problem with one field; its detail is the same sentence with the field's name before it."""
    return Problem(status, f"{field} {message}", [FieldError(field=field, message=message)], kind=kind)


def invalid(fields: list[FieldError]) -> Problem:
    """Build the 422 of invalid fields; its detail has the first one."""
    first, more = fields[0], len(fields) - 1
    rest = f" (and {more} more)" if more else ""
    return problem_of(errors.InvalidError(f"{first.field} {first.message}{rest}", fields))


def busy(detail: str, retry_after: int = 1) -> Problem:
    """Build the 503 of a limit of this process; `retry_after` in seconds."""
    return problem_of(errors.UnavailableError(detail, retry_after))


def install(app: FastAPI) -> None:
    """Respond with problem documents to errors, invalid parameters and the framework's own errors (404, 405)."""

    @app.exception_handler(Problem)
    async def respond_problem(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(ServiceError)
    async def respond_service_error(_: Request, error: ServiceError) -> Response:
        return problem_of(error).response()

    @app.exception_handler(RequestValidationError)
    async def respond_validation(_: Request, error: RequestValidationError) -> Response:
        # The first part of a location is where the parameter was: path, query or header.
        return invalid(field_errors(error.errors(), skip=1)).response()

    @app.exception_handler(HTTPException)
    async def respond_http(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        known = {
            HTTPStatus.NOT_FOUND: ("there is no such address; GET /docs lists them", "no-such-address"),
            HTTPStatus.METHOD_NOT_ALLOWED: (f"{request.method} is not allowed here", "method-not-allowed"),
        }
        detail, kind = known.get(status, (str(error.detail), ""))
        return Problem(status, detail, headers=error.headers, kind=kind).response()


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """The problem responses of an endpoint, for its OpenAPI description."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status.value: {"description": status.phrase, "content": {MEDIA_TYPE: {"schema": schema}}} for status in statuses
    }
