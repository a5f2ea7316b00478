"""Reads a signed webhook: the form of its signature, its size, signature, JSON, fields and timestamp.

In this order: only a caller who knows the secret learns anything about the rest. A signature can only be checked when
the whole body is there, so what strangers can make this process hold is bounded.
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
from videotutor_api.bodies import Bound, read_in_turn
from videotutor_api.dependencies import parts_of
from videotutor_api.problems import Problem, field_problem, invalid
from videotutor_api.requests import WebhookRequest
from videotutor_api.wording import MAX_ERRORS, FieldError, field_errors, path_of

SIGNATURE_HEADER = "X-Webhook-Signature"
SIGNATURE_FORM = r"^sha256=[0-9a-f]{64}$"

WEBHOOK = Bound(1 << 20, 10.0)
"""1 MiB. The largest sensible request, a scene given in full, has some 30 kB."""

RequestT = TypeVar("RequestT", bound=WebhookRequest)


@dataclass(frozen=True)
class Signed(Generic[RequestT]):
    """A request whose signature, timestamp and fields are good, and the text that was signed."""

    request: RequestT
    text: str


def signed(model: type[RequestT]) -> Callable[[Request], Awaitable[Signed[RequestT]]]:
    """A FastAPI dependency that reads a signed request of this model."""

    async def read(request: Request) -> Signed[RequestT]:
        parts = parts_of(request)
        signature = signature_of(request)
        body = await read_in_turn(request, parts.bodies, WEBHOOK)
        if not body_signature_fits(parts.settings.webhook_secrets, body, signature):
            raise unsigned("of the body: sign the raw bytes that are sent")
        text = _text(body)
        parsed = parse(model, text)
        _check_timestamp(parsed.timestamp, time.time())
        return Signed(parsed, text)

    return read


def parse(model: type[RequestT], text: str) -> RequestT:
    """The request in a JSON text.

    Raises:
        Problem: 400 where it is no JSON object, 422 where fields are wrong, all of them named.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not valid JSON: {reason}") from None
    if not isinstance(value, dict):
        raise Problem(HTTPStatus.BAD_REQUEST, "the body must be a JSON object")
    if unusable := list(islice(_unusable_texts(value), MAX_ERRORS)):
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
    """The signature, refused before the body is read where nothing could fit it."""
    given = request.headers.get(SIGNATURE_HEADER)
    if given is None:
        message = "is missing: send sha256= and the hex HMAC-SHA256 signature, as GET /docs describes it"
        raise _unauthorized(SIGNATURE_HEADER, message)
    if not re.fullmatch(SIGNATURE_FORM, given):
        message = "is no signature: it must be sha256= and 64 lower-case hex digits, an HMAC-SHA256"
        raise _unauthorized(SIGNATURE_HEADER, message)
    return given


def unsigned(what: str) -> Problem:
    """401 for a signature that is not that `of the body: sign …`."""
    return _unauthorized(SIGNATURE_HEADER, f"is no good signature {what}, with the WEBHOOK_SECRET of the API")


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
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not valid UTF-8 at byte {error.start}") from None


def _unusable_texts(whole: dict[str, Any]) -> Iterator[FieldError]:
    """Texts that JSON can carry but neither Kubernetes nor a file can: half a surrogate pair, and NUL."""
    found: list[tuple[tuple[int | str, ...], Any]] = [((), whole)]
    while found:
        path, value = found.pop()
        if isinstance(value, dict):
            found.extend(((*path, name), part) for name, part in value.items())
        elif isinstance(value, list):
            found.extend(((*path, index), part) for index, part in enumerate(value))
        elif isinstance(value, str) and (reason := _unusable(value)):
            yield FieldError(field=path_of(path), message=reason)


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


def _unauthorized(field: str, message: str) -> Problem:
    problem = field_problem(HTTPStatus.UNAUTHORIZED, field, message)
    problem.headers["WWW-Authenticate"] = "HMAC-SHA256"
    return problem
