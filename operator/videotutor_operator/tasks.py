"""Tasks that run side by side for as long as the process lives: one that ends by itself ends them all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from videotutor_operator.errors import ClusterError


class Parts:
    """Named tasks."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run a part."""
        self._tasks.append(asyncio.create_task(work, name=name))

    def ended(self) -> list[str]:
        """Names of the parts that run no more."""
        return [task.get_name() for task in self._tasks if task.done()]

    async def until(self, goal: Coroutine[Any, Any, object]) -> None:
        """Wait for a goal while the parts run.

        Raises:
            ClusterError: a part ended first.
            Exception: what a part, or the goal, failed with.
        """
        reaching = asyncio.create_task(goal, name="goal")
        try:
            done, _ = await asyncio.wait({reaching, *self._tasks}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            reaching.cancel()
        for task in done:
            task.result()
        if reaching not in done:
            raise ClusterError(f"{', '.join(task.get_name() for task in done)} ended by itself")

    async def stop(self, within: float) -> None:
        """Cancel the parts; those that take longer than so many seconds are left behind."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
