"""The operator as users run it: its own process, which can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def settings(kubeconfig: Path, namespace: str) -> dict[str, str]:
    """The environment of an operator that tells nobody."""
    return {
        "KUBECONFIG": str(kubeconfig),
        "VIDEOTUTOR_NAMESPACE": namespace,
        "VIDEOTUTOR_RENDERER_IMAGE": "videotutor/renderer:test",
        "VIDEOTUTOR_ARTIFACTS_CLAIM": "artifacts",
        "VIDEOTUTOR_PUBLIC_URL": "http://videos.test",
        "VIDEOTUTOR_HEALTH_PORT": "0",
        "HOME": os.environ.get("HOME", "/"),
    }


class OperatorProcess:
    """`python -m videotutor_operator`, started, killed and started again."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment = {**os.environ, **environment}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._logged_before = 0

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._logged_before = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "videotutor_operator"], env=self._environment, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL: nothing is tidied up."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; the answer is the exit code."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it stands still, and does not know."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: it goes on as if no time had passed."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process, "it does not run"
        self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        code = self._process.wait(timeout=15)
        self._process = None
        return code

    def ended(self) -> int | None:
        """The exit code of a process that ended unasked; it is then as if it had never been started."""
        code = self._process.poll() if self._process else None
        if code is not None:
            self._process = None
        return code

    async def begun(self) -> bool:
        """Whether it has logged anything: before that it is Python that starts, and a signal ends that."""
        return self._log.stat().st_size > self._logged_before

    def log(self) -> str:
        return self._log.read_text()
