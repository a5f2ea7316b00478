"""What the Kubernetes API's refusals mean to a caller of this API: the one place that knows both."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from kubernetes.aio.client.exceptions import ApiException

from videotutor_api.problems import Problem, unavailable
from videotutor_api.wording import MAX_ERRORS, FieldError

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
"""What a caller is told to wait when Kubernetes does not say it itself."""

QUOTA_SECONDS = 60
"""What a caller is told to wait when the namespace is full: until videos delete themselves, or someone acts."""

QUOTA_EXCEEDED = "exceeded quota"
"""How Kubernetes begins to say that a ResourceQuota forbids an object: it has no reason of its own, only Forbidden."""

QUOTA_UNCOUNTED = "status unknown for quota"
"""How Kubernetes says that it has not counted a new ResourceQuota yet, which takes some seconds."""


def already_exists(error: ApiException) -> bool:
    """Whether there is an object of this name: a conflict can also be about another writer, or a quota's count."""
    return _answer(error).get("reason") == "AlreadyExists"


def unreachable(error: Exception) -> Problem:
    """503 for an API server that does not answer; the error's text stays in the log."""
    log.warning("the Kubernetes API does not answer: %s", error or type(error).__name__)
    return unavailable("the Kubernetes API does not answer", RETRY_AFTER_SECONDS)


def problem_of(error: ApiException) -> Problem:
    """The problem that an error answer of the API server is for the caller."""
    answer = _answer(error)
    message = str(answer.get("message") or error.reason or "no reason given")
    match error.status:
        case 400 | 422:
            return Problem(HTTPStatus(error.status), f"Kubernetes refuses this: {message}", _causes(answer))
        case 410:
            return Problem(HTTPStatus.GONE, "the continue token is too old; start the list again without it")
        case 409:
            return unavailable(f"others write at this moment: {message}", 1)
        case 403 if problem := _about_quota(message):
            return problem
        case 401 | 403 | 404:  # 404 is here no VideoJob, but the namespace or the CRD
            log.error("the installation needs repair: a permission, the namespace or the CRD is missing: %s", message)
            return unavailable("VideoJobs cannot be used; the installation needs repair", RETRY_AFTER_SECONDS)
        case _:
            log.warning("the Kubernetes API answers %s: %s", error.status, message)
            return unavailable("the Kubernetes API cannot answer now", _retry_after(error))


def _about_quota(message: str) -> Problem | None:
    if QUOTA_EXCEEDED in message:
        log.warning("the namespace is full: %s", message)
        return unavailable(
            "the quota of the namespace is used up; delete videos that are not needed, or raise it", QUOTA_SECONDS
        )
    if QUOTA_UNCOUNTED in message:
        log.warning("a quota is not counted yet: %s", message)
        return unavailable("a new quota of the namespace is being counted", RETRY_AFTER_SECONDS)
    return None


def _answer(error: ApiException) -> dict[str, Any]:
    """The Status object in the answer; empty where a proxy or a crash answered something else."""
    try:
        answer = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _causes(answer: dict[str, Any]) -> list[FieldError]:
    causes = (answer.get("details") or {}).get("causes") or []
    return [
        FieldError(field=str(cause.get("field") or "body"), message=str(cause.get("message", "is refused")))
        for cause in causes[:MAX_ERRORS]
    ]


def _retry_after(error: ApiException) -> int:
    value = (error.headers or {}).get("Retry-After", "")
    return int(value) if value.isdecimal() else RETRY_AFTER_SECONDS
