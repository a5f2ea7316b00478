"""What the chart's hook pods run, against an API server of the test."""

from __future__ import annotations

import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import certifi
import pytest

from videojob.spec import VideoJobSpec

HOOKS = Path(__file__).resolve().parents[2] / "charts" / "videotutor" / "files" / "hooks.py"
ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
ENVIRONMENT = {
    "NAMESPACE": "here",
    "SECONDS_AT_MOST": "0",
    "API": "http://api.example",
    "OPERATOR": "operator",
    "OPERATOR_SELECTOR": "a=b",
    "LEASE": "lease",
    "RELEASE": "here",
    "TEST": "hello-test",
}
UNINSTALLING: dict[str, dict[str, Any]] = {"GET /api/v1/namespaces/here/secrets": {"items": [{}]}}
"""Helm's record of a release that is being uninstalled."""


class Server:
    """Answers by method and path; records what was sent."""

    def __init__(self, answers: dict[str, dict[str, Any]]) -> None:
        self.answers = answers
        self.sent: list[str] = []
        self.accepted: dict[str, str] = {}

    def request(self, method: str, path: str, _body: Any = None, _kind: str = "", accept: str = "") -> dict[str, Any]:
        sent = f"{method} {path.partition('?')[0]}"
        self.sent.append(sent)
        self.accepted[sent] = accept
        return next((answer for start, answer in self.answers.items() if sent.startswith(start)), {})


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the script."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(HOOKS))


def run(hooks: dict[str, Any], what: str, answers: dict[str, dict[str, Any]]) -> tuple[Server, str]:
    """Run one hook; what the server received, and why the hook failed, empty if it did not."""
    server = Server(answers)
    hook: Callable[[], None] = hooks[what]
    hook.__globals__["request"] = server.request
    try:
        hook()
    except SystemExit as end:
        return server, str(end.code)
    return server, ""


def test_the_video_of_helm_test_is_a_valid_one(hooks: dict[str, Any]) -> None:
    spec = VideoJobSpec.model_validate(hooks["HELLO"])
    assert spec.storyboard is not None
    assert [scene.id for scene in spec.storyboard.scenes] == ["hello"]


def test_a_video_that_fails_fails_the_test_with_its_message_and_is_deleted(hooks: dict[str, Any]) -> None:
    failed = {"status": {"phase": "Failed", "message": "out of memory"}}
    path = "/apis/videotutor.dev/v1alpha1/namespaces/here/videojobs"
    deleted: list[bool] = []

    class Deleting(Server):
        def request(self, method: str, path: str, *_rest: Any) -> dict[str, Any]:
            answer = super().request(method, path)
            if method == "DELETE":
                deleted.append(True)
                return {}
            return {} if deleted else answer

    server = Deleting({f"GET {path}/helm-test-": failed})
    hooks["hello"].__globals__["request"] = server.request
    with pytest.raises(SystemExit, match="the video failed: out of memory"):
        hooks["hello"]()
    assert deleted


def test_a_test_that_kubernetes_ends_deletes_its_video_and_says_why(tmp_path: Path) -> None:
    requests: list[str] = []
    waits = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_any(self) -> None:
            requests.append(f"{self.command} {self.path.partition('?')[0].rpartition('/')[2]}")
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.command == "GET" and "POST videojobs" in requests and "DELETE" not in "".join(requests):
                waits.set()
            answer = b'{"status": {"phase": "Rendering"}}' if self.command == "POST" else b"{}"
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = do_any  # noqa: N815 -- the names of the base class

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    script = HOOKS.read_text().replace("https://", "http://").replace(str(ACCOUNT), str(tmp_path))
    (tmp_path / "token").write_text("token")
    (tmp_path / "ca.crt").write_text(Path(certifi.where()).read_text())
    host, port = server.server_address[:2]
    environment = ENVIRONMENT | {
        "SECONDS_AT_MOST": "60",
        "KUBERNETES_SERVICE_HOST": str(host),
        "KUBERNETES_SERVICE_PORT": str(port),
    }
    with subprocess.Popen(
        [sys.executable, "-c", script, "hello"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert waits.wait(timeout=30)
        process.terminate()
        _, said = process.communicate(timeout=30)
    server.shutdown()
    server.server_close()

    assert "Kubernetes ended the pod" in said
    assert any(sent.startswith("DELETE helm-test-") for sent in requests)


def test_all_steps_share_one_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.append(clock.pop() + seconds))
    for name, value in (ENVIRONMENT | {"SECONDS_AT_MOST": "10"}).items():
        monkeypatch.setenv(name, value)
    wait = runpy.run_path(str(HOOKS))["wait"]
    wait("the first step", lambda: clock[0] > 8)
    with pytest.raises(SystemExit, match="not within 10 s: the second step"):
        wait("the second step", lambda: False)
    assert clock[0] < 13


def test_the_cleanup_stops_the_operator_before_it_deletes_videojobs_and_the_lease(hooks: dict[str, Any]) -> None:
    server, failure = run(hooks, "cleanup", UNINSTALLING)
    assert failure == ""
    changes = [sent for sent in server.sent if not sent.startswith("GET")]
    assert changes == [
        "PATCH /apis/apps/v1/namespaces/here/deployments/operator/scale",
        "DELETE /apis/batch/v1/namespaces/here/jobs/hello-test",
        "DELETE /apis/videotutor.dev/v1alpha1/namespaces/here/videojobs",
        "DELETE /apis/coordination.k8s.io/v1/namespaces/here/leases/lease",
    ]


def test_the_cleanup_fails_where_pods_do_not_end(hooks: dict[str, Any]) -> None:
    server, failure = run(hooks, "cleanup", UNINSTALLING | {"GET /api/v1/namespaces/here/pods": {"items": [{}]}})
    assert failure == "not within 0 s: its pods have ended"
    assert not [sent for sent in server.sent if sent.startswith("DELETE")]


def test_the_cleanup_changes_nothing_where_helm_does_not_uninstall_the_release(hooks: dict[str, Any]) -> None:
    server, failure = run(hooks, "cleanup", {})
    assert "Helm does not uninstall the release here" in failure
    assert "--no-hooks" in failure
    assert [sent for sent in server.sent if not sent.startswith("GET")] == []


def test_the_cleanup_reads_no_secret_of_helms_record(hooks: dict[str, Any]) -> None:
    server, _ = run(hooks, "cleanup", UNINSTALLING)
    assert "as=PartialObjectMetadataList" in server.accepted["GET /api/v1/namespaces/here/secrets"]


def test_a_record_of_helm_may_be_a_configmap(hooks: dict[str, Any]) -> None:
    _, failure = run(hooks, "cleanup", {"GET /api/v1/namespaces/here/configmaps": {"items": [{}]}})
    assert failure == ""
