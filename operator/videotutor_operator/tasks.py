"""Tasks that run as long as the process: one that ends by itself ends all."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from videotutor_operator.errors import ClusterError


class TaskSet:
    """Named tasks, none of which may end by itself.

    Unlike `asyncio.TaskGroup`, it can be stopped without waiting for a task that ignores its cancellation.
    """

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Start a task."""
        self._tasks.append(asyncio.create_task(work, name=name))

    def ended_tasks(self) -> list[str]:
        """Return the names of the tasks that have ended."""
        return [task.get_name() for task in self._tasks if task.done()]

    async def run_until(self, goal: Coroutine[Any, Any, object]) -> None:
        """Wait for a goal while the tasks run.

        Raises:
            ClusterError: a task ended first.
            Exception: what a task, or the goal, failed with.
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
        """Cancel the tasks, and wait at most so many seconds for their end."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
