"""One operator at a time, of whichever release."""

from __future__ import annotations

from pathlib import Path

from aiohttp import ClientError, ClientSession

from tests.integration.operator.kubernetes import eventually
from tests.integration.operator.process import OperatorProcess, settings
from tests.unit.operator.convex_receiver import SECRET
from tests.upgrade.control_plane import free_ports
from tests.upgrade.releases import Release


class Operator:
    """The operator of a namespace, which reports to the Convex at this address; all releases share one log."""

    def __init__(self, kubeconfig: Path, namespace: str, convex: str, log: Path) -> None:
        self._environment = {
            **settings(kubeconfig, namespace),
            "CONVEX_SITE_URL": convex,
            "CALLBACK_SECRET": SECRET,
        }
        self._log = log
        self._process: OperatorProcess | None = None

    async def start(self, release: Release) -> None:
        """Start a release's operator, and wait until it has listed what there is."""
        (port,) = free_ports(1)
        environment = {
            **self._environment,
            **release.environment,
            "VIDEOTUTOR_RENDERER_IMAGE": release.image,
            "VIDEOTUTOR_HEALTH_PORT": str(port),
        }
        self._process = OperatorProcess(environment, self._log)
        self._process.start()
        async with ClientSession() as session:

            async def is_ready() -> bool:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        return answer.ok
                except ClientError:
                    return False

            await eventually(is_ready)

    def stop(self, signal: str) -> None:
        """End the operator, if one runs, by SIGTERM or SIGKILL."""
        if self._process is None:
            return
        if signal == "SIGKILL":
            self._process.kill()
        else:
            self._process.terminate()
        self._process = None
