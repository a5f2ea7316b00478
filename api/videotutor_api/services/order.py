"""The order of requests about one VideoJob, kept in its annotations.

Requests arrive in any order and more than once: a proxy or a busy API may hold one while a later one is carried out. So
each part of a video that requests change (a scene, or the video as a whole) remembers the newest request about it. A
request is known by its `requestId`, or by its text; its place is its `order`, or the time when it was signed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum

from videojob.base import object_in
from videotutor_api.errors import ConflictError, field_error
from videotutor_api.schemas.requests import OrderedRequest

APPLIED = "videotutor.dev/applied-edits"
"""Annotation with digests of the newest requests that were carried out; a repeat changes nothing."""

NEWEST = "videotutor.dev/newest-requests"
"""Annotation with a JSON object: part of the video -> [order or null, timestamp] of its newest request."""

REMEMBERED = 100
"""Digests remembered; a caller repeats a request for minutes, not for a hundred others."""


class Outcome(StrEnum):
    """What became of a request."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"
    SUPERSEDED = "superseded"


class RequestLog:
    """The requests that a VideoJob remembers, from its annotations."""

    def __init__(self, annotations: Mapping[str, str]) -> None:
        self._applied = annotations.get(APPLIED, "").split()
        self._newest = object_in(annotations.get(NEWEST, ""))

    def judge(self, part: str, request: OrderedRequest, text: str) -> Outcome:
        """Whether to carry out a request about a part. `text`: the request as it was signed.

        Raises:
            ConflictError: its `requestId` was used for other content.
        """
        identity, _, content = _digest(part, request, text).partition(".")
        for applied in self._applied:
            former, _, of = applied.partition(".")
            if former == identity and of != content:
                message = "was used for another request; send a new one, or the same content again"
                raise field_error(ConflictError, "requestId", message)
            if former in {identity, _former_digest(request, text)}:
                return Outcome.REPEATED
        return Outcome.SUPERSEDED if _is_older(request, *self._newest_about(part)) else Outcome.ACCEPTED

    def annotations(self, part: str, request: OrderedRequest, text: str) -> dict[str, str]:
        """The annotations that remember a request as the newest one about a part."""
        order, timestamp = self._newest_about(part)
        order = order if request.order is None else request.order
        newest = {**self._newest, part: [order, max(timestamp, request.timestamp)]}
        applied = [*self._applied, _digest(part, request, text)][-REMEMBERED:]
        return {APPLIED: " ".join(applied), NEWEST: json.dumps(newest, separators=(",", ":"))}

    def _newest_about(self, part: str) -> tuple[int | None, int]:
        """Order and timestamp of the newest request about a part; as of none where another writer broke them."""
        match self._newest.get(part):
            case [int() | None as order, int() as timestamp]:
                return order, timestamp
            case _:
                return None, 0


def _is_older(request: OrderedRequest, order: int | None, timestamp: int) -> bool:
    """Whether a request comes before the newest one: by `order` where both have it, else by the time of signing."""
    if request.order is not None and order is not None:
        return request.order < order
    return request.timestamp < timestamp


def _digest(part: str, request: OrderedRequest, text: str) -> str:
    """Digests of what identifies a request (an id may be used once for each kind and part) and of its content."""
    identity = f"{request.action}/{part}/{request.request_id or text}"
    content = request.model_dump_json(exclude={"timestamp", "order"})
    return f"{_hash(identity)}.{_hash(content)[:8]}"


def _former_digest(request: OrderedRequest, text: str) -> str:
    """The digest under which versions before `/jobs/cancel` remembered an edit; that of nothing for other kinds."""
    return _hash(request.request_id or text) if request.action == "edit" else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
