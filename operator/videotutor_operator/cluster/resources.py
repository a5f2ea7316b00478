"""The kinds of objects that the operator reads and writes, and their paths."""

from __future__ import annotations

from dataclasses import dataclass

from videojob import API_GROUP, API_VERSION, PLURAL, names
from videotutor_operator.cluster.wire import Query

MANAGED = f"{names.MANAGED_BY}={names.MANAGER}"
"""Label selector of the operator's Jobs and pods."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object, as the API server's paths name it, and the selector of its objects that the operator reads."""

    api: str
    plural: str
    selector: str = ""

    @property
    def query(self) -> Query:
        """Query parameters of that selector."""
        return [("labelSelector", self.selector)] if self.selector else []

    def path(self, namespace: str | None, name: str = "") -> str:
        """Path of the objects of a namespace, or of all (None), or of one of them."""
        within = f"namespaces/{namespace}/" if namespace else ""
        return f"/{self.api}/{within}{self.plural}" + (f"/{name}" if name else "")


VIDEOJOBS = Resource(f"apis/{API_GROUP}/{API_VERSION}", PLURAL)
JOBS = Resource("apis/batch/v1", "jobs", MANAGED)
PODS = Resource("api/v1", "pods", MANAGED)
EVENTS = Resource("apis/events.k8s.io/v1", "events")
CORE_EVENTS = Resource("api/v1", "events")
"""The same events in the API group that can select them by the object involved."""
LEASES = Resource("apis/coordination.k8s.io/v1", "leases")
