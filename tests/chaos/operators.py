"""The operator processes of a run, and what a kubelet does for them."""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.upstream import write_kubeconfig
from tests.integration.operator.kubernetes import POLL_SECONDS, eventually
from tests.integration.operator.process import OperatorProcess, settings

MOST_RESTARTS = 10
"""An operator that ended by itself so often will not work again."""
SETTINGS = {"VIDEOTUTOR_WATCH_INACTIVITY_SECONDS": "5", "VIDEOTUTOR_LOG_LEVEL": "DEBUG"}


class Operators:
    """Processes by name. One that ends by itself is started again; one that is killed, if there is no other.

    Their logs and kubeconfigs go to the folder, which is emptied first.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._namespace = self._address = ""
        self._environment: dict[str, str] = {}
        self._processes: dict[str, OperatorProcess] = {}
        self.restarts = 0

    def serve(self, namespace: str, address: str, environment: Mapping[str, str]) -> None:
        """Where the processes will work: a namespace, reached at a proxy's address."""
        self._namespace, self._address = namespace, address
        self._environment = {**environment, **SETTINGS}

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a process; the proxy knows it by its name."""
        config = write_kubeconfig(self._folder / f"{name}.kubeconfig", f"{self._address}/{name}", self._namespace)
        own = {**settings(config, self._namespace), **self._environment, "POD_NAME": name, **(environment or {})}
        process = OperatorProcess(own, self._folder / f"{name}.log")
        process.start()
        self._processes[name] = process

    def kill(self, name: str) -> None:
        """Kill a process, and start it again unless there is another that can take over."""
        self._processes[name].kill()
        if len(self._processes) == 1:
            self._processes[name].start()

    async def supervise(self) -> None:
        """Start again what ended by itself, until cancelled, or until it is plain that this does not help."""
        while self.restarts < MOST_RESTARTS:
            for process in tuple(self._processes.values()):
                if process.ended() is not None:
                    self.restarts += 1
                    process.start()
            await asyncio.sleep(POLL_SECONDS)

    async def terminate(self) -> int:
        """End them all once they have begun; the answer is the highest exit code, 137 for one that had to be killed."""
        for process in self._processes.values():
            await eventually(process.begun)
        codes = [await asyncio.to_thread(_terminate, process) for process in self._processes.values()]
        return max(codes, default=0)


def _terminate(process: OperatorProcess) -> int:
    try:
        return process.terminate()
    except subprocess.TimeoutExpired:
        process.kill()
        return 128 + signal.SIGKILL
