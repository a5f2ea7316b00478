"""Reads a signed webhook: the form of its signature, its size, signature, JSON, fields and timestamp.

In this order: only a caller that knows the secret learns anything about the rest. A signature can only be checked when
the whole body has arrived, so what strangers can make this process hold is bounded (`bodies`).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, Generic, TypeVar

from fastapi import Request
from pydantic import ValidationError

from videojob.signatures import TOLERANCE_SECONDS, body_signature_fits, timestamp_fits
from videotutor_api.errors import FieldError
from videotutor_api.http.dependencies import services_of
from videotutor_api.http.problems import Problem, field_problem, invalid
from videotutor_api.http.wording import MAX_ERRORS, field_errors, path_of
from videotutor_api.schemas.requests import WebhookRequest

SIGNATURE_HEADER = "X-Webhook-Signature"
SIGNATURE_FORM = r"^sha256=[0-9a-f]{64}$"

UNUSABLE_ESCAPE = re.compile(r"\\u(0000|[dD][89a-fA-F])")
"""The escapes in JSON of what cannot be stored: NUL, and surrogates, which are good in pairs only."""

RequestT = TypeVar("RequestT", bound=WebhookRequest)


@dataclass(frozen=True)
class Signed(Generic[RequestT]):
    """A request whose signature, timestamp and fields are valid, and the text that was signed."""

    request: RequestT
    text: str


def signed(model: type[RequestT]) -> Callable[[Request], Awaitable[Signed[RequestT]]]:
    """A FastAPI dependency that reads a signed request of this model."""

    async def read(request: Request) -> Signed[RequestT]:
        services = services_of(request)
        signature = signature_of(request)
        body = await services.webhooks.read(request)
        if not body_signature_fits(services.settings.webhook_secrets, body, signature):
            raise mismatch("compute the HMAC-SHA256 over the raw request body")
        text = _text(body)
        parsed = parse(model, text)
        _check_timestamp(parsed.timestamp, time.time())
        return Signed(parsed, text)

    return read


def parse(model: type[RequestT], text: str) -> RequestT:
    """The request in a JSON text.

    Raises:
        Problem: 400 where it is no JSON object, 422 where fields are invalid, all of them named.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        if "int_max_str_digits" in reason:  # Python's advice to programmers
            reason = "a number has too many digits"
        raise _bad_request(f"the body is not valid JSON: {reason}") from None
    if not isinstance(value, dict):
        raise _bad_request("the body must be a JSON object")
    if UNUSABLE_ESCAPE.search(text) and (unusable := list(islice(_unusable_texts(value), MAX_ERRORS))):
        raise invalid(unusable)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(field_errors(error.errors(include_url=False))) from None


def signature_header(of: str) -> dict[str, Any]:
    """How OpenAPI describes the header of a request that is signed by `of`, for example the raw body."""
    return {
        "name": SIGNATURE_HEADER,
        "in": "header",
        "required": True,
        "description": f"`sha256=` and the hex HMAC-SHA256 of {of} under WEBHOOK_SECRET.",
        "schema": {"type": "string", "pattern": SIGNATURE_FORM},
    }


def signature_of(request: Request) -> str:
    """The signature, refused before the body is read where its form is wrong.

    Raises:
        Problem: 401.
    """
    given = request.headers.get(SIGNATURE_HEADER)
    if given is None:
        message = "is missing: send sha256= and the hex HMAC-SHA256 signature, as GET /docs describes it"
        raise _unauthorized(SIGNATURE_HEADER, message)
    if not re.fullmatch(SIGNATURE_FORM, given):
        message = "is malformed: it must be sha256= and 64 lower-case hex digits, an HMAC-SHA256"
        raise _unauthorized(SIGNATURE_HEADER, message)
    return given


def mismatch(fix: str) -> Problem:
    """401 for a signature of other content or with another secret; `fix`: what to compute."""
    return _unauthorized(SIGNATURE_HEADER, f"does not match: {fix}, with the WEBHOOK_SECRET of the API")


def _check_timestamp(timestamp: int, now: float) -> None:
    if not timestamp_fits(timestamp, now):
        message = (
            f"must be within {TOLERANCE_SECONDS} seconds of now ({int(now)}), not {timestamp}; "
            "it is in seconds since 1970, and both clocks must be right"
        )
        raise _unauthorized("timestamp", message)


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise _bad_request(f"the body is not valid UTF-8 at byte {error.start}") from None


Path = tuple["Path", int | str] | None
"""A path in a JSON value, its last part first: parts are shared, since a body may be deep and wide."""


def _unusable_texts(whole: dict[str, Any]) -> Iterator[FieldError]:
    """Texts that JSON can carry but neither Kubernetes nor a file can: half a surrogate pair, and NUL."""
    found: list[tuple[Path, Any]] = [(None, whole)]
    while found:
        path, value = found.pop()
        if isinstance(value, dict):
            found.extend(((path, name), part) for name, part in value.items())
        elif isinstance(value, list):
            found.extend(((path, index), part) for index, part in enumerate(value))
        elif isinstance(value, str) and (reason := _unusable(value)):
            yield FieldError(field=path_of(_parts(path)), message=reason)


def _parts(path: Path) -> list[int | str]:
    parts: list[int | str] = []
    while path is not None:
        path, part = path
        parts.append(part)
    return parts[::-1]


def _unusable(text: str) -> str:
    if "\0" in text:
        return "must not hold the character NUL (U+0000); remove it"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"holds half of a surrogate pair at character {error.start}; send whole characters"
    return ""


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number in JSON")


def _bad_request(detail: str) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, detail, kind="malformed-body")


def _unauthorized(field: str, message: str) -> Problem:
    problem = field_problem(HTTPStatus.UNAUTHORIZED, field, message, "signature")
    problem.headers["WWW-Authenticate"] = "HMAC-SHA256"
    return problem
