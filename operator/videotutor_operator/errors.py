"""What can go wrong with the API server, in the operator's terms: client exceptions stop at `wire`."""

from __future__ import annotations


class ClusterError(Exception):
    """The API server did not do what was asked; trying again later is sensible."""


class Conflict(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """Somebody wrote first, or the name is taken: look again."""


class Missing(ClusterError):  # noqa: N818 -- the name says it
    """There is no such object any more."""


class Refused(ClusterError):  # noqa: N818 -- the name says it
    """The object breaks a rule of the API server; the same object will be refused again."""


class Forbidden(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """A quota, a policy or missing rights forbid it for now."""


class Expired(ClusterError):  # noqa: N818 -- the name that Kubernetes gives it
    """What was asked for lies too far back (410): list anew and go on from there."""
