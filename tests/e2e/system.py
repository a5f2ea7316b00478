"""The installed system as a user reaches it: kubectl, HTTP, Convex. Nothing here knows how it works inside."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dev.cluster import Cluster
from dev.demo.install import kubectl, kubectl_command

NAMESPACE = "videotutor"
RUN = secrets.token_hex(3)
"""In the names and texts of every video, so that nothing is taken over from an earlier run on the same cluster."""
ROOT = Path(__file__).resolve().parents[2]


def manifest(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A VideoJob as a user writes it."""
    return {"apiVersion": "videotutor.dev/v1alpha1", "kind": "VideoJob", "metadata": {"name": name}, "spec": spec}


class System:
    """One installation of the chart."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Standard output of kubectl in the installation's namespace."""
        return kubectl(self.cluster, "-n", NAMESPACE, *arguments, stdin=stdin)

    def apply(self, name: str, spec: dict[str, Any]) -> None:
        """Creates a VideoJob, or changes its spec."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps(manifest(name, spec)))

    def refusal(self, name: str, spec: dict[str, Any]) -> str:
        """What `kubectl create` says when it refuses a VideoJob; empty when it does not."""
        command = [*kubectl_command(self.cluster), "-n", NAMESPACE, "create", "--dry-run=server", "-f", "-"]
        body = json.dumps(manifest(name, spec))
        return subprocess.run(command, input=body, text=True, capture_output=True, check=False, timeout=60).stderr

    def video(self, name: str) -> dict[str, Any]:
        """A VideoJob as it is."""
        return dict(json.loads(self.kubectl("get", "videojob", name, "-o", "json")))

    def wait_ready(self, name: str, seconds: int = 180) -> dict[str, Any]:
        """Waits as the README says to; on failure the VideoJob's own message is the error."""
        try:
            self.kubectl("wait", "--for=condition=Ready", f"videojob/{name}", f"--timeout={seconds}s")
        except subprocess.CalledProcessError as error:
            status = self.video(name).get("status", {})
            raise AssertionError(f"{name} is {status.get('phase')}: {status.get('message')}") from error
        return self.video(name)

    def wait_for(self, what: str, condition: str, seconds: int = 180) -> None:
        """`kubectl wait` for a condition of an object."""
        self.kubectl("wait", what, f"--for={condition}", f"--timeout={seconds}s")

    @contextmanager
    def phases_of(self, name: str) -> Iterator[Iterator[str]]:
        """The phases of a VideoJob as they come, from a watch."""
        show = r"-o=jsonpath={.status.phase}{'\n'}"
        what = ["-n", NAMESPACE, "get", "videojob", name, "--watch", "--request-timeout=180s", show]
        with subprocess.Popen([*kubectl_command(self.cluster), *what], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                yield (line.strip() for line in process.stdout if line.strip())
            finally:
                process.terminate()

    def jobs(self, name: str) -> dict[str, dict[str, Any]]:
        """The Kubernetes Jobs of a VideoJob, by name."""
        answer = json.loads(self.kubectl("get", "jobs", "-l", f"videotutor.dev/videojob={name}", "-o", "json"))
        return {job["metadata"]["name"]: job for job in answer["items"]}

    def artifact_digests(self, pattern: str) -> dict[str, str]:
        """sha256 of the files in the artifact store whose path fits a glob, read inside the API's pod."""
        program = (
            "import hashlib, json, pathlib, sys; "
            "print(json.dumps({str(p): hashlib.sha256(p.read_bytes()).hexdigest() "
            "for p in pathlib.Path('/artifacts').glob(sys.argv[1])}))"
        )
        return dict(json.loads(self.kubectl("exec", "deploy/videotutor-api", "--", "python", "-c", program, pattern)))

    def kill_operator(self) -> None:
        """SIGKILL to the process that leads, from the node it runs on: it has no chance to end well."""
        lease = json.loads(self.kubectl("get", "lease", "videotutor-operator", "-o", "json"))
        pod = json.loads(self.kubectl("get", "pod", lease["spec"]["holderIdentity"], "-o", "json"))
        container = pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")
        node = [str(self.cluster.tool("docker")), "exec", pod["spec"]["nodeName"]]
        kill = ["ctr", "-n", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container]
        subprocess.run([*node, *kill], check=True, timeout=60, env={**os.environ, **self.cluster.env})

    def download(self, name: str, path: Path) -> Path:
        """Fetches a finished video from the API."""
        with urllib.request.urlopen(f"{self.cluster.api_url}/videos/{name}/video", timeout=60) as answer:  # noqa: S310
            path.write_bytes(answer.read())
        return path
