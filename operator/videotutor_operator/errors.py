"""Failures of requests to the API server, in the operator's terms. Client exceptions stop at `cluster.wire`."""

from __future__ import annotations


class ClusterError(Exception):
    """The API server did not do what was requested; a later try may succeed.

    `retry_after`: seconds before which the API server accepts no other try, at most 60; None where it names
    no time.
    """

    def __init__(self, message: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Conflict(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """The object changed or already exists: re-read and retry."""


class Missing(ClusterError):  # noqa: N818 -- the name says it
    """The object, or its kind, does not exist."""


class Refused(ClusterError):  # noqa: N818 -- the name says it
    """The object breaks a rule of the API server, which will refuse it each time."""


class Forbidden(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """A quota, a policy or missing rights forbid the request for now."""


class Terminating(Forbidden):
    """The namespace is being deleted: no object can be created in it any more."""


class Unanswered(ClusterError):  # noqa: N818 -- the name says it
    """The request may have taken effect: there was no response, or one of a server that failed."""


class Expired(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """The requested version is too old (410): list again and continue from there."""


class TooLarge(ClusterError):  # noqa: N818 -- the name says it
    """The response has more bytes than the request allowed: request fewer objects."""
