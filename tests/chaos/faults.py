"""The faults that the proxies inject, and which request each hits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Mode(StrEnum):
    """One way to disturb the n-th request to the API server, or (`convex-…`) the n-th report to Convex.

    The watch modes disturb every watch that is open at that moment.
    """

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
    CONVEX_DROP_BEFORE = "convex-drop-before"
    CONVEX_DROP_AFTER = "convex-drop-after"
    CONVEX_CUT = "convex-cut"
    CONVEX_DELAY = "convex-delay"
    CONVEX_HANG = "convex-hang"
    CONVEX_SERVER_ERROR = "convex-500"
    CONVEX_TOO_MANY = "convex-429"
    CONVEX_UNAUTHORIZED = "convex-401"
    CONVEX_NOT_FOUND = "convex-404"
    CONVEX_NO_SESSION = "convex-unknown-session"
    CONVEX_KILL_BEFORE = "convex-kill-before"
    CONVEX_KILL_AFTER = "convex-kill-after"


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
    Mode.LEADER_BEFORE: "of two operators, the leader is killed before its request arrives, and not restarted",
    Mode.LEADER_AFTER: "of two operators, the leader is killed when its request has taken effect, and not restarted",
    Mode.CONVEX_DROP_BEFORE: "the connection breaks before the report arrives",
    Mode.CONVEX_DROP_AFTER: "Convex accepts the report, and the connection breaks before the answer",
    Mode.CONVEX_CUT: "Convex accepts the report, and the connection breaks in the middle of the answer's status line",
    Mode.CONVEX_DELAY: "the report arrives 3 s late",
    Mode.CONVEX_HANG: "the report does not arrive, and the connection stays open without an answer",
    Mode.CONVEX_SERVER_ERROR: "answered 500 without effect",
    Mode.CONVEX_TOO_MANY: "answered 429 with `Retry-After: 1`, without effect",
    Mode.CONVEX_UNAUTHORIZED: "answered 401 without effect",
    Mode.CONVEX_NOT_FOUND: "answered 404 (no such route) without effect",
    Mode.CONVEX_NO_SESSION: "answered 404 (unknown session) without effect",
    Mode.CONVEX_KILL_BEFORE: "the operator is killed (SIGKILL) before the report arrives",
    Mode.CONVEX_KILL_AFTER: "the operator is killed (SIGKILL) when Convex has accepted the report",
}

ANSWERS = {
    Mode.CONFLICT: HTTPStatus.CONFLICT,
    Mode.TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Mode.SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    Mode.GATEWAY_TIMEOUT: HTTPStatus.GATEWAY_TIMEOUT,
    Mode.GONE: HTTPStatus.GONE,
    Mode.CONVEX_SERVER_ERROR: HTTPStatus.INTERNAL_SERVER_ERROR,
    Mode.CONVEX_TOO_MANY: HTTPStatus.TOO_MANY_REQUESTS,
    Mode.CONVEX_UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Mode.CONVEX_NOT_FOUND: HTTPStatus.NOT_FOUND,
    Mode.CONVEX_NO_SESSION: HTTPStatus.NOT_FOUND,
}
"""Modes in which a proxy answers in the server's place."""

ON_WATCHES = frozenset({Mode.FREEZE, Mode.EXPIRE})
"""Modes that disturb the watches which are open at the n-th request; the request itself passes."""

DELAYS = frozenset({Mode.DELAY, Mode.CONVEX_DELAY})
DROPS_BEFORE = frozenset({Mode.DROP_BEFORE, Mode.CONVEX_DROP_BEFORE})
DROPS_AFTER = frozenset({Mode.DROP_AFTER, Mode.CONVEX_DROP_AFTER})
KILLS_BEFORE = frozenset({Mode.KILL_BEFORE, Mode.LEADER_BEFORE, Mode.CONVEX_KILL_BEFORE})
KILLS_AFTER = frozenset({Mode.KILL_AFTER, Mode.LEADER_AFTER, Mode.CONVEX_KILL_AFTER})
RESTARTS = (Mode.KILL_BEFORE, Mode.KILL_AFTER)
"""Modes that restart the operator between two other faults."""

WITH_STANDBY = frozenset({Mode.LEADER_BEFORE, Mode.LEADER_AFTER})
"""Modes of runs with two operators; `n` counts the leader's requests from the moment the VideoJob is created."""

TOWARDS_CONVEX = tuple(mode for mode in Mode if mode.startswith("convex-"))
TOWARDS_API = tuple(mode for mode in Mode if mode not in TOWARDS_CONVEX)


@dataclass(frozen=True, slots=True)
class Fault:
    """A mode and the number (from 1) of the request or report that it hits; `mode:n` in text."""

    mode: Mode
    at: int

    def __str__(self) -> str:
        return f"{self.mode}:{self.at}"

    @property
    def hits_reports(self) -> bool:
        """Whether `at` counts reports to Convex; else it counts requests to the API server."""
        return self.mode in TOWARDS_CONVEX

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `mode:n`.

        Raises:
            ValueError: the mode is unknown, or `n` is not a number from 1 on.
        """
        mode, _, at = text.rpartition(":")
        if int(at) < 1:
            raise ValueError(f"{text}: requests are counted from 1")
        return cls(Mode(mode), int(at))


def possible_faults(kinds: Sequence[str], modes: Iterable[Mode] = TOWARDS_API) -> list[Fault]:
    """Return every fault of these modes that can hit requests of these kinds; a watch mode needs an open watch."""
    first_watch = next((n for n, kind in enumerate(kinds, 1) if kind.startswith("watch ")), len(kinds) + 1)
    faults = [Fault(mode, n) for mode in modes for n in range(1, len(kinds) + 1)]
    return [
        fault
        for fault in faults
        if (fault.mode is not Mode.GONE or kinds[fault.at - 1].startswith("watch "))
        and (fault.mode not in ON_WATCHES or fault.at >= first_watch)
    ]
