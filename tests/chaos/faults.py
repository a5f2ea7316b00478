"""What can go wrong between an operator and its API server, and which request it happens to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Mode(StrEnum):
    """One way to disturb the n-th request. The watch modes disturb every watch that is open at that moment."""

    DROP_BEFORE = "drop-before"
    DROP_AFTER = "drop-after"
    CONFLICT = "answer-409"
    TOO_MANY = "answer-429"
    SERVER_ERROR = "answer-500"
    GATEWAY_TIMEOUT = "answer-504"
    DELAY = "delay"
    FREEZE = "watch-freeze"
    EXPIRE = "watch-expire"
    GONE = "watch-410"
    KILL_BEFORE = "kill-before"
    KILL_AFTER = "kill-after"
    LEADER_BEFORE = "leader-kill-before"
    LEADER_AFTER = "leader-kill-after"


MEANING = {
    Mode.DROP_BEFORE: "the connection breaks before the request arrives",
    Mode.DROP_AFTER: "the request takes effect, and the connection breaks before the answer",
    Mode.CONFLICT: "answered 409 without effect",
    Mode.TOO_MANY: "answered 429 with `Retry-After: 1`, without effect",
    Mode.SERVER_ERROR: "answered 500 without effect",
    Mode.GATEWAY_TIMEOUT: "answered 504 without effect",
    Mode.DELAY: "the request arrives 3 s late",
    Mode.FREEZE: "every open watch falls silent, its connection stays open",
    Mode.EXPIRE: "every open watch gets an `ERROR` event with code 410",
    Mode.GONE: "the watch is refused with 410",
    Mode.KILL_BEFORE: "the operator is killed (SIGKILL) before the request arrives",
    Mode.KILL_AFTER: "the operator is killed (SIGKILL) when the request has taken effect",
    Mode.LEADER_BEFORE: "of two operators, the leader is killed before its request arrives, and stays away",
    Mode.LEADER_AFTER: "of two operators, the leader is killed when its request has taken effect, and stays away",
}

ANSWERS = {
    Mode.CONFLICT: HTTPStatus.CONFLICT,
    Mode.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Mode.SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    Mode.GATEWAY_TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT,
    Mode.GONE: HTTPStatus.GONE,
}
"""Modes in which the proxy answers in the API server's place."""

ON_WATCHES = frozenset({Mode.FREEZE, Mode.EXPIRE})
"""Modes that disturb the watches which are open at the n-th request; the request itself passes."""

KILLS_BEFORE = frozenset({Mode.KILL_BEFORE, Mode.LEADER_BEFORE})
KILLS_AFTER = frozenset({Mode.KILL_AFTER, Mode.LEADER_AFTER})

WITH_STANDBY = frozenset({Mode.LEADER_BEFORE, Mode.LEADER_AFTER})
"""Modes of runs with two operators; `n` counts the leader's requests from the moment the VideoJob is created."""

VERBS = {"POST": "create", "PUT": "replace", "PATCH": "patch", "DELETE": "delete", "GET": "get"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A mode and the number (from 1) of the request that it happens at; `mode:n` in text."""

    mode: Mode
    at: int

    def __str__(self) -> str:
        return f"{self.mode}:{self.at}"

    @classmethod
    def parse(cls, text: str) -> Fault:
        """The fault that a text names.

        Raises:
            ValueError: there is no such mode, or the number is not one.
        """
        mode, _, at = text.rpartition(":")
        return cls(Mode(mode), int(at))


@dataclass(frozen=True, slots=True)
class Request:
    """A request as counted. `who`: the operator process that made it; `kind`: for example `create jobs`.

    `number` is 0 for what cannot be disturbed, such as the requests of a standby.
    """

    number: int
    who: str
    kind: str

    @property
    def is_watch(self) -> bool:
        """Whether its answer is an endless stream of events."""
        return self.kind.startswith("watch ")

    def __str__(self) -> str:
        return f"{self.kind} ({self.number})"


def kind_of(method: str, path: str, *, watch: bool) -> str:
    """What a request is about, from the API server's conventions for paths."""
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


def plan(kinds: Sequence[str], modes: Iterable[Mode] = tuple(Mode)) -> list[Fault]:
    """Every fault that there is for a run with these requests; watches can be disturbed when there are some."""
    first_watch = next((n for n, kind in enumerate(kinds, 1) if kind.startswith("watch ")), len(kinds) + 1)
    faults = [Fault(mode, n) for mode in modes for n in range(1, len(kinds) + 1)]
    return [
        fault
        for fault in faults
        if (fault.mode is not Mode.GONE or kinds[fault.at - 1].startswith("watch "))
        and (fault.mode not in ON_WATCHES or fault.at >= first_watch)
    ]
