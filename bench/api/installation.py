"""The installed API: its address, its secret, its pods."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp

from bench.common.errors import BenchError
from dev.cluster import Cluster
from dev.demo.install import chart_values, install, kubectl, wait_for
from videojob.signatures import body_signature

NAMESPACE = "videotutor"
DEPLOYMENT = "deployment/videotutor-api"
OPERATOR = "deployment/videotutor-operator"
_READ_PEAK = "print(open('/proc/1/status').read())"
_ROLLOUT_SECONDS = 180


class Installation:
    """The chart as the demo installs it."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.url = cluster.api_url
        self.secret = ""
        self._owner: dict[str, str] = {}

    def install(self, **api: Any) -> None:
        """Install or upgrade it with these values of `api`, and wait until it serves."""
        values = chart_values(self.cluster)
        install(self.cluster, NAMESPACE, {**values, "api": {**values["api"], **api}})
        wait_for(f"{self.url}/ready")
        encoded = self.kubectl("get", "secret", "videotutor-secrets", "-o", "jsonpath={.data.WEBHOOK_SECRET}")
        self.secret = base64.b64decode(encoded).decode()
        wait_for(f"{self.cluster.convex_url}/version")

    async def sign_in(self) -> None:
        """Create the session that webhooks are about."""
        async with aiohttp.ClientSession(self.cluster.convex_url) as session:
            project = await _mutate(session, "projects:create", {"title": "Benchmark"})
            about = await _mutate(session, "videoSessions:create", {"projectId": project})
        self._owner = {"projectId": project, "sessionId": about}

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Standard output of kubectl in the namespace."""
        return kubectl(self.cluster, "-n", NAMESPACE, *arguments, stdin=stdin)

    async def roll(self) -> None:
        """Replace all pods of the API, as an upgrade does."""
        await asyncio.to_thread(self.kubectl, "rollout", "restart", DEPLOYMENT)
        wait = ("rollout", "status", DEPLOYMENT, f"--timeout={_ROLLOUT_SECONDS}s")
        await asyncio.to_thread(self.kubectl, *wait)

    @contextmanager
    def without_operator(self) -> Iterator[None]:
        """Stop the operator, which lists VideoJobs too, until the body ends."""
        self.kubectl("scale", OPERATOR, "--replicas=0")
        self.kubectl("wait", "--for=delete", "pod", "-l", "app.kubernetes.io/component=operator", "--timeout=120s")
        try:
            yield
        finally:
            self.kubectl("scale", OPERATOR, "--replicas=2")

    def restarts(self) -> int:
        """How often the containers of the API were restarted."""
        pods = json.loads(self.kubectl("get", "pods", "-l", "app.kubernetes.io/component=api", "-o", "json"))
        statuses = [status for pod in pods["items"] for status in pod["status"].get("containerStatuses", [])]
        return sum(status["restartCount"] for status in statuses)

    def peak_bytes(self) -> int:
        """Largest resident memory of the API's process so far."""
        status = self.kubectl("exec", DEPLOYMENT, "--", "python", "-c", _READ_PEAK)
        line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024

    async def webhook(self, session: aiohttp.ClientSession) -> float:
        """Send one signed request, the same each time, and return its seconds.

        Raises:
            BenchError: it was not accepted.
        """
        body = json.dumps(
            {
                **self._owner,
                "prompt": "Explain the chain rule",
                "requestId": f"bench-{self._owner['sessionId']}",
                "timestamp": int(time.time()),
            }
        ).encode()
        headers = {"X-Webhook-Signature": body_signature(self.secret, body)}
        begun = time.perf_counter()
        async with session.post(f"{self.url}/jobs/generate", data=body, headers=headers) as response:
            text = await response.text()
            if not response.ok:
                raise BenchError(f"a signed request got {response.status}: {text[:200]}")
        return time.perf_counter() - begun


async def _mutate(session: aiohttp.ClientSession, path: str, arguments: dict[str, str]) -> str:
    async with session.post("/api/mutation", json={"path": path, "args": arguments}) as response:
        answer = await response.json()
        if answer.get("status") != "success":
            raise BenchError(f"{path}: {answer}")
        return str(answer["value"])
