"""The API as its own process, against a real Kubernetes API server, in a namespace of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.cluster import Cluster
from videojob.signatures import body_signature

SECRET = "the-secret-of-these-tests"
START_SECONDS = 60


@dataclass(frozen=True)
class Api:
    """A running API and what is around it."""

    http: httpx.Client
    cluster: Cluster
    namespace: str
    store: Path
    pid: int

    def post(self, path: str, body: dict[str, Any] | bytes, secret: str = SECRET) -> httpx.Response:
        """Post a signed body."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.http.post(path, content=raw, headers={"X-Webhook-Signature": body_signature(secret, raw)})

    def generate(self, **changes: Any) -> httpx.Response:
        """Post a good generate request with these changes."""
        body = {"projectId": "project1", "sessionId": "session1", "sceneCount": 3, "prompt": "Calculus", **changes}
        return self.post("/jobs/generate", {"timestamp": int(time.time()), **body})

    def memory_bytes(self) -> int:
        """What the process has in memory now."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def kubectl(self, *arguments: str) -> str:
        return self.cluster.kubectl("--namespace", self.namespace, *arguments)

    def videojob(self, name: str) -> Any:
        return json.loads(self.kubectl("get", "videojob", name, "-o", "json"))

    def set_status(self, name: str, status: dict[str, Any]) -> None:
        """Write a status as the operator does, and wait until the API has seen it."""
        patch = json.dumps({"status": status})
        self.kubectl("patch", "videojob", name, "--subresource=status", "--type=merge", "--patch", patch)
        deadline = time.monotonic() + 10
        while self.http.get(f"/videos/{name}").json()["phase"] != status["phase"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="session")
def namespace(cluster: Cluster) -> Iterator[str]:
    name = f"test-api-{secrets.token_hex(4)}"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="session")
def kubeconfig(cluster: Cluster, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Access with the rights that docs/api.md says are enough, and no others."""

    def kubectl(*arguments: str) -> str:
        return cluster.kubectl("--namespace", namespace, *arguments)

    kubectl("create", "serviceaccount", "api")
    kubectl("create", "role", "api", "--verb=get,list,watch,create,patch,delete", "--resource=videojobs.videotutor.dev")
    kubectl("create", "rolebinding", "api", "--role=api", f"--serviceaccount={namespace}:api")
    found = json.loads(cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    found["users"][0]["user"] = {"token": kubectl("create", "token", "api").strip()}
    file = tmp_path_factory.mktemp("access") / "kubeconfig"
    file.touch(mode=0o600)
    file.write_text(json.dumps(found))
    return file


@pytest.fixture(scope="session")
def start(
    cluster: Cluster, namespace: str, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., AbstractContextManager[Api]]:
    """Starts an API with these variables beside those that it needs."""

    @contextmanager
    def start(**variables: str) -> Iterator[Api]:
        store, log = tmp_path_factory.mktemp("artifacts"), tmp_path_factory.mktemp("log") / "api.log"
        port = _free_port()
        environment = {
            **os.environ,
            "KUBECONFIG": str(kubeconfig),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "PROBE_PORT": "0",
            "VIDEOTUTOR_TEST_ENDPOINTS": "true",
            "VIDEOTUTOR_NAMESPACE": namespace,
            "VIDEOTUTOR_STORE": f"file://{store}",
            "WEBHOOK_SECRET": SECRET,
            **variables,
        }
        with (
            _process(environment, log) as process,
            httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
        ):
            _wait_until_ready(http, process, log)
            yield Api(http, cluster, namespace, store, process.pid)

    return start


@pytest.fixture(scope="session")
def api(start: Callable[..., AbstractContextManager[Api]]) -> Iterator[Api]:
    with start() as running:
        yield running


@contextmanager
def _process(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "videotutor_api"], env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
    assert "Traceback" not in log.read_text()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(http: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            if http.get("/ready").status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the API is not ready after {START_SECONDS} s:\n{log.read_text()}")
