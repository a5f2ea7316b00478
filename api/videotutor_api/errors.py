"""Errors of the services and of the storage. They know no HTTP: `http.problems` maps each kind to a status."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, Field


class FieldError(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="Path of the field, or the name of a header.", examples=["sceneCount"])
    message: str = Field(description="What is wrong and what to do.")


class ServiceError(Exception):
    """A refusal or a failure, in words for the caller.

    `errors` name the fields at fault; `retry_after` is in seconds, where the same call may succeed later.
    """

    def __init__(self, detail: str, errors: Iterable[FieldError] = (), retry_after: int | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class InvalidError(ServiceError):
    """The request cannot be carried out as it is; `errors` name the fields."""


class RefusedError(ServiceError):
    """The API server refused the object as malformed."""


class TooLargeError(ServiceError):
    """The VideoJob would exceed what Kubernetes stores in one object."""


class NotFoundError(ServiceError):
    """There is no such video or file."""


class NotReadyError(NotFoundError):
    """The video has no such file yet."""


class GoneError(ServiceError):
    """What the address names was replaced; there is another one."""


class ConflictError(ServiceError):
    """The request contradicts the state of the video, or an earlier request."""


class LimitError(ServiceError):
    """Too many such calls; `retry_after` is set."""


class UnavailableError(ServiceError):
    """Kubernetes or the store does not answer, or this process has no capacity; `retry_after` is set."""

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(f"{detail}; try again in {retry_after} s", retry_after=retry_after)


def field_error(kind: type[ServiceError], field: str, message: str) -> ServiceError:
    """Build an error about one field; its detail is the same sentence with the field's name before it."""
    return kind(f"{field} {message}", [FieldError(field=field, message=message)])
