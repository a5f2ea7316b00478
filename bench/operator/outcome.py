"""What a run has come to: figures, and what could not be measured. One part that fails does not cost the others."""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.common.errors import BenchError
from bench.common.figures import Figure
from dev.cluster import ClusterError


@dataclass
class Outcome:
    """Filled part by part."""

    figures: list[Figure] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def take(self, name: str, measuring: Coroutine[Any, Any, list[Figure]]) -> None:
        """Measure one part; why it cannot be measured is noted under its name."""
        try:
            self.figures += await measuring
        except* (BenchError, ClusterError, TimeoutError, aiohttp.ClientError) as group:
            self.problems += [f"{name}: {str(error) or 'it took too long'}" for error in _single(group)]


def _single(error: BaseException) -> Iterator[BaseException]:
    """The errors in a group, of tasks that ran side by side."""
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _single(inner)
    else:
        yield error
