"""Maps refusals of the Kubernetes API to errors of this API: the one place that knows both."""

from __future__ import annotations

import logging
from http import HTTPStatus

from videojob import PLURAL
from videojob.base import object_in, objects_in
from videotutor_api.errors import FieldError, InvalidError, RefusedError, ServiceError, TooLargeError, UnavailableError

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
"""Retry-After where Kubernetes sends none."""

LONGEST_RETRY_AFTER = 300
"""Seconds; a longer Retry-After of Kubernetes, or of a proxy before it, is not passed on."""

QUOTA_SECONDS = 60
"""Retry-After of a full namespace: until videos delete themselves, or an administrator acts."""

MAX_CAUSES = 20
"""Most causes of a refusal that are passed on."""

QUOTA_EXCEEDED = "exceeded quota"
"""In the message where a ResourceQuota forbids an object: it has no reason of its own, only Forbidden."""

QUOTA_UNCOUNTED = "status unknown for quota"
"""In the message where a new ResourceQuota is not counted yet, which takes some seconds."""

ETCD_TOO_LARGE = "request is too large"
"""In the message of a 500 where etcd refuses an object above 1.5 MiB (etcd, `rpctypes.ErrRequestTooLarge`)."""


class KubernetesError(Exception):
    """A response of the Kubernetes API that is no success."""

    def __init__(self, status: int, body: bytes = b"", retry_after: str | None = None) -> None:
        super().__init__(f"the Kubernetes API answered {status}")
        self.status = status
        self.retry_after = retry_after
        self._document = object_in(body)

    @property
    def reason(self) -> str:
        """The reason of its Status object, for machines; empty where a proxy answered."""
        return str(self._document.get("reason") or "")

    @property
    def message(self) -> str:
        """The message of its Status object."""
        return str(self._document.get("message") or "no reason given")

    @property
    def is_too_large(self) -> bool:
        """Whether the API server, or etcd behind it, refused the size of the object."""
        return self.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or ETCD_TOO_LARGE in self.message

    def is_missing(self, name: str) -> bool:
        """Whether the VideoJob of this name is missing, and not the namespace, the CRD or the API server."""
        details = self._document.get("details")
        is_about = isinstance(details, dict) and details.get("kind") == PLURAL and details.get("name") == name
        return self.status == HTTPStatus.NOT_FOUND and self.reason == "NotFound" and is_about

    @property
    def causes(self) -> list[FieldError]:
        """The fields at fault."""
        details = self._document.get("details")
        causes = objects_in(details.get("causes")) if isinstance(details, dict) else []
        return [
            FieldError(field=str(cause.get("field") or "body"), message=str(cause.get("message", "is refused")))
            for cause in causes[:MAX_CAUSES]
        ]


def unreachable(error: Exception) -> UnavailableError:
    """Build the error of an API server that does not answer; the original text stays in the log."""
    log.warning("the Kubernetes API does not answer: %s", error or type(error).__name__)
    return UnavailableError("the Kubernetes API does not answer", RETRY_AFTER_SECONDS)


def malformed() -> UnavailableError:
    """Build the error of a success without an object, as from a proxy's sign-in page."""
    log.error("the Kubernetes API answers without a VideoJob: a proxy may be in between")
    return UnavailableError("the Kubernetes API cannot answer now", RETRY_AFTER_SECONDS)


def service_error(error: KubernetesError) -> ServiceError:
    """Map a refusal of the API server to the error for the caller."""
    message = error.message
    match error.status:
        case _ if error.is_too_large:
            return _too_large(message)
        case 400 | 422:
            kind = RefusedError if error.status == 400 else InvalidError  # noqa: PLR2004 -- as above
            return kind(f"Kubernetes refuses this: {message}", error.causes)
        case 409:
            return UnavailableError(f"another writer changes this video now: {message}", 1)
        case 403 if problem := _about_quota(message):
            return problem
        case 401 | 403 | 404:  # 404 is here no VideoJob, but the namespace or the CRD
            log.error("the installation needs repair: a permission, the namespace or the CRD is missing: %s", message)
            return UnavailableError("VideoJobs cannot be used; the installation needs repair", RETRY_AFTER_SECONDS)
        case _:
            log.warning("the Kubernetes API answers %s: %s", error.status, message)
            return UnavailableError("the Kubernetes API cannot answer now", _retry_after(error))


def _too_large(message: str) -> TooLargeError:
    log.warning("a VideoJob is too large for Kubernetes: %s", message)
    return TooLargeError(
        "the video would be larger than Kubernetes stores (about 1 MB with all edits); send shorter content, "
        "or generate a new video"
    )


def _about_quota(message: str) -> UnavailableError | None:
    if QUOTA_EXCEEDED in message:
        log.warning("the namespace is full: %s", message)
        return UnavailableError(
            "the quota of the namespace is used up; delete videos that are not needed, or raise it", QUOTA_SECONDS
        )
    if QUOTA_UNCOUNTED in message:
        log.warning("a quota is not counted yet: %s", message)
        return UnavailableError("a new quota of the namespace is being counted", RETRY_AFTER_SECONDS)
    return None


def _retry_after(error: KubernetesError) -> int:
    value = error.retry_after or ""
    return min(int(value), LONGEST_RETRY_AFTER) if value.isdecimal() else RETRY_AFTER_SECONDS
