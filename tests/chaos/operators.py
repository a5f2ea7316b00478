"""The operator processes of a run, and what a kubelet does for them."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.upstream import write_kubeconfig
from tests.integration.operator.kubernetes import POLL_SECONDS, eventually
from tests.integration.operator.process import OperatorProcess, settings
from tests.unit.operator.convex_receiver import SECRET

MOST_RESTARTS = 10
"""An operator that ended by itself so often will not work again."""
SETTINGS = {
    "VIDEOTUTOR_WATCH_INACTIVITY_SECONDS": "5",
    "VIDEOTUTOR_LOG_LEVEL": "DEBUG",
    "CALLBACK_SECRET": SECRET,
}


class Operators:
    """Processes by name. One that ends by itself is started again; one that is killed, if there is no other.

    Their logs and kubeconfigs go to the folder, which is emptied first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._namespace = self._api = self._convex = ""
        self._processes: dict[str, OperatorProcess] = {}
        self.restarts = 0
        self.started_at = 0.0
        """When the newest process was started (`time.monotonic`)."""

    def serve(self, namespace: str, api: str, convex: str) -> None:
        """Set where the processes will work: a namespace, and the addresses of the proxies."""
        self._namespace, self._api, self._convex = namespace, api, convex

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a process; the proxies identify it by its name."""
        config = write_kubeconfig(self._folder / f"{name}.kubeconfig", f"{self._api}/{name}", self._namespace)
        own = {"POD_NAME": name, "CONVEX_SITE_URL": f"{self._convex}/{name}", **(environment or {})}
        process = OperatorProcess(
            {**settings(config, self._namespace), **SETTINGS, **own}, self._folder / f"{name}.log"
        )
        self._processes[name] = process
        self._start(process)

    def kill(self, name: str) -> None:
        """Kill a process, and start it again unless there is another that can take over."""
        self._processes[name].kill()
        if len(self._processes) == 1:
            self._start(self._processes[name])
        else:
            del self._processes[name]

    def _start(self, process: OperatorProcess) -> None:
        self.started_at = time.monotonic()
        process.start()

    async def supervise(self) -> None:
        """Start again what ended by itself, until cancelled, or until that has proved useless."""
        while self.restarts < MOST_RESTARTS:
            for process in tuple(self._processes.values()):
                if process.ended() is not None:
                    self.restarts += 1
                    self._start(process)
            await asyncio.sleep(POLL_SECONDS)

    async def terminate(self) -> int:
        """End all processes once they have begun; return the highest exit code, 137 for one that had to be killed.

        Raises:
            TimeoutError: a process never began; it was killed, as the others were.
        """
        try:
            for process in tuple(self._processes.values()):
                await eventually(process.begun)
            codes = []
            for name, process in tuple(self._processes.items()):
                code = await asyncio.to_thread(_terminate, process)
                codes += [code] if name in self._processes else []  # else a fault that came late killed it
        except TimeoutError:
            for process in self._processes.values():
                process.kill()
            raise TimeoutError("an operator process logged nothing after its start") from None
        return max(codes, default=0)


def _terminate(process: OperatorProcess) -> int:
    try:
        return process.terminate()
    except subprocess.TimeoutExpired:
        process.kill()
        return 128 + signal.SIGKILL
