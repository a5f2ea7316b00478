"""One watch: when it last showed a sign of life, and since when the API server serves its kind of object."""

from __future__ import annotations

import time
from collections.abc import Callable

from videotutor_operator.cluster.resources import Resource


class Watch:
    """The state of a watch of one kind of object.

    Its follower notes signs of life: a response that accepts the list or watch, and every event.
    `Probe` notes whether the API server serves the kind. A silent watch is at fault only where the API server answers.
    """

    def __init__(self, resource: Resource, clock: Callable[[], float] = time.monotonic) -> None:
        self.resource = resource
        self.problem = "not requested yet"
        """Why the API server does not serve the kind; empty while it does."""
        self._clock = clock
        self._seen: float | None = None
        self._served_since: float | None = None

    def note_sign_of_life(self) -> None:
        """Note a response, an event, or the start of the watch."""
        self._seen = self._clock()

    def note_served(self) -> None:
        """Note that the API server answered a request for this kind."""
        self.problem = ""
        if self._served_since is None:
            self._served_since = self._clock()

    def note_unserved(self, problem: str) -> None:
        """Note that the API server did not answer such a request, or that the kind does not exist."""
        self.problem = problem
        self._served_since = None

    def age(self) -> float | None:
        """Seconds since the last sign of life; None before the watch starts."""
        return None if self._seen is None else self._clock() - self._seen

    def dead_for(self) -> float:
        """Seconds for which the watch has been silent while the API server served its kind."""
        if self._seen is None or self._served_since is None:
            return 0.0
        return self._clock() - max(self._seen, self._served_since)
