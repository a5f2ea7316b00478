"""Installs the chart into the development cluster, the way a user would, and waits until it serves."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from dev.cluster import Cluster

RELEASE = "videotutor"
CHART = Path(__file__).resolve().parents[2] / "charts" / "videotutor"
IMAGES = {"api": "api", "operator": "operator", "renderer": "renderer", "convexLocal": "convex-local"}


def chart_values(cluster: Cluster) -> dict[str, Any]:
    """Values for a development cluster: our images, the local stand-in for Convex, ports on this machine."""
    images: dict[str, Any] = {}
    for key, target in IMAGES.items():
        repository, _, tag = cluster.image(target).rpartition(":")
        images[key] = {"repository": repository, "tag": tag}
    return {
        # kind's nodes keep an image that was loaded without a registry's name as one of docker.io.
        "images": images | {"registry": "docker.io"},
        "publicUrl": cluster.api_url,
        "convexLocal": {
            "enabled": True,
            "persistence": {"enabled": True},
            # Where the development servers of Next.js and Vite serve a web app
            "webOrigins": ["http://localhost:3000", "http://localhost:5173"],
            "service": {"type": "NodePort", "nodePort": 30210, "siteNodePort": 30211},
        },
        "api": {"testEndpoints": True, "service": {"type": "NodePort", "nodePort": 30080}},
    }


def install(cluster: Cluster, namespace: str, values: dict[str, Any]) -> None:
    """`helm upgrade --install` into a namespace that enforces restricted pod security.

    Raises:
        subprocess.CalledProcessError: Helm or kubectl refused; what they said went to standard error.
    """
    ensure_namespace(cluster, namespace)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(values, file)
        file.flush()
        command = ["upgrade", "--install", RELEASE, str(CHART), "--namespace", namespace, "--values", file.name]
        helm = [str(cluster.tool("helm")), "--kubeconfig", str(cluster.kubeconfig), "--kube-context", cluster.context]
        # The VideoJob definition may be there already, applied by the integration tests.
        options = ["--take-ownership", "--force-conflicts", "--wait", "--timeout", "3m"]
        subprocess.run([*helm, *command, *options], check=True, stdout=subprocess.DEVNULL)


def ensure_namespace(cluster: Cluster, namespace: str) -> None:
    """A namespace in which only restricted pods may run (https://kubernetes.io/docs/concepts/security/)."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": namespace, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }
    kubectl(cluster, "apply", "-f", "-", stdin=json.dumps(manifest))


def kubectl_command(cluster: Cluster) -> list[str]:
    """Kubectl and the options that lead it to the development cluster."""
    return [str(cluster.tool("kubectl")), "--kubeconfig", str(cluster.kubeconfig), "--context", cluster.context]


def kubectl(cluster: Cluster, *arguments: str, stdin: str | None = None) -> str:
    """Standard output of kubectl against the development cluster, never against the user's current context.

    Raises:
        subprocess.CalledProcessError: kubectl failed; what it said went to standard error.
    """
    command = [*kubectl_command(cluster), *arguments]
    return subprocess.run(command, check=True, text=True, input=stdin, stdout=subprocess.PIPE).stdout


def wait_for(url: str, seconds: float = 60) -> None:
    """Waits until an address answers with success.

    Raises:
        TimeoutError: it did not within the given seconds; says what it answered last.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own addresses, always http
                return
        except (urllib.error.URLError, OSError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} did not answer within {seconds:.0f} s: {error}") from error
            time.sleep(0.3)
