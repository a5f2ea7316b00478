"""Counts the requests of a run, and selects the ones that the faults hit."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.chaos.faults import ON_WATCHES, WITH_STANDBY, Fault, Mode

REPORT = "report "
"""Begins the kind of every report to Convex; the phase it reports follows."""
VERBS = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete", "GET": "get"}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as counted. `who`: the operator process that made it; `kind`: `create jobs`, `report Planning`.

    Reports are numbered by themselves. `number` is 0 for what cannot be hit, such as the requests of a standby.
    """

    number: int
    who: str
    kind: str

    @property
    def is_watch(self) -> bool:
        """Whether its answer is an endless stream of events."""
        return self.kind.startswith("watch ")

    @property
    def is_report(self) -> bool:
        """Whether it went to Convex."""
        return self.kind.startswith(REPORT)

    def __str__(self) -> str:
        return f"{self.kind} ({self.number})"


class Injector:
    """Hands out the faults of one run, in order: each counts from the request that the one before it hit.

    Only requests of the processes in `counted` have numbers, so that a fault can hit one of two processes, and from
    some moment on; `seen` has all requests. Times are those of `time.monotonic`.
    """

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._passed = {False: 0, True: 0}
        self.counted: set[str] = set()
        self.seen: list[Request] = []
        self.hits: list[Request] = []
        self.hit_at = 0.0
        self.last_at = 0.0

    @property
    def requests(self) -> tuple[Request, ...]:
        """The numbered requests to the API server, in order."""
        return self._numbered(reports=False)

    @property
    def reports(self) -> tuple[Request, ...]:
        """The numbered reports to Convex, in order."""
        return self._numbered(reports=True)

    def count(self, who: str, kind: str) -> Request:
        """Note a request that has just arrived, and number it."""
        number = len(self._numbered(reports=kind.startswith(REPORT))) + 1 if who in self.counted else 0
        request = Request(number, who, kind)
        self.seen.append(request)
        if not request.is_watch and not kind.endswith(" leases"):
            self.last_at = time.monotonic()
        return request

    def strike(self, request: Request, *, watching: bool = False) -> Mode | None:
        """Return the mode of the due fault if it hits this request: the first from the n-th on that it can.

        `watching`: whether a watch is open.
        """
        fault = self._due(request)
        if (
            fault is None
            or (fault.mode is Mode.GONE and not request.is_watch)
            or (fault.mode in ON_WATCHES and not (watching or request.is_watch))
        ):
            return None
        self.hit_at = self.hit_at or time.monotonic()
        self.hits.append(request)
        self._passed = {False: len(self.requests), True: len(self.reports)}
        if fault.mode in WITH_STANDBY:
            self.counted = {seen.who for seen in self.seen} - {request.who}
        return fault.mode

    def _due(self, request: Request) -> Fault | None:
        """Return the next fault if the count has come to it with this request."""
        if not request.number or len(self.hits) == len(self._faults):
            return None
        fault = self._faults[len(self.hits)]
        reached = request.number >= self._passed[request.is_report] + fault.at
        return fault if reached and fault.hits_reports == request.is_report else None

    def _numbered(self, *, reports: bool) -> tuple[Request, ...]:
        return tuple(request for request in self.seen if request.number and request.is_report == reports)


def kind_of(method: str, path: str, *, watch: bool) -> str:
    """Return what a request to the API server is about, from the API server's conventions for paths."""
    parts = path.strip("/").split("/")
    rest = parts[3:] if parts[0] == "apis" else parts[2:]
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    if not rest:
        return "discover"
    plural, *name = rest
    if name[1:] == ["status"]:
        return f"status {plural}"
    verb = "watch" if watch else "list" if method == "GET" and not name else VERBS.get(method, method.lower())
    return f"{verb} {plural}"
