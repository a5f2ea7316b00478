"""A release of the chart in a namespace of its own, as Helm installs, tests, upgrades, rolls back and uninstalls it."""

from __future__ import annotations

import json
import subprocess
import tempfile
from typing import Any, Self

from dev.cluster import Cluster
from dev.cluster.process import wait_until
from dev.demo.install import CHART, IMAGES, kubectl
from tests.e2e.system import RUN, manifest

PREFIX = "lc"
"""Of the namespaces."""
OUTLINE = "".join(f"# Part {part} {RUN}\n- Point {part}\n" for part in (1, 2, 3))


class Release:
    """One release; its namespace is deleted at the end, whatever is left in it."""

    def __init__(self, cluster: Cluster, name: str, values: dict[str, Any]) -> None:
        self.cluster = cluster
        self.name = name
        self.namespace = f"{PREFIX}-{name}-{RUN}"
        self.values = base_values(cluster) | values

    def __enter__(self) -> Self:
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        metadata = {"name": self.namespace, "labels": labels}
        kubectl(
            self.cluster,
            *("apply", "-f", "-"),
            stdin=json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}),
        )
        return self

    def __exit__(self, *_: object) -> None:
        self.helm("uninstall", self.name, "--ignore-not-found", "--no-hooks")
        kubectl(self.cluster, "delete", "namespace", self.namespace, "--wait=false")

    def helm(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Helm in the namespace; the caller looks at the exit status."""
        helm = [str(self.cluster.tool("helm")), "--kubeconfig", str(self.cluster.kubeconfig)]
        command = [*helm, "--kube-context", self.cluster.context, "--namespace", self.namespace, *arguments]
        return subprocess.run(command, text=True, capture_output=True, check=False, timeout=500)

    def install(self, **changes: Any) -> subprocess.CompletedProcess[str]:
        """`helm upgrade --install` with the release's values and these changes, until everything is ready."""
        self.values |= changes
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self.values, file)
            file.flush()
            options = ["--values", file.name, "--wait", "--timeout", "5m"]
            return self.helm("upgrade", "--install", self.name, str(CHART), *options)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """Standard output of kubectl in the namespace."""
        return kubectl(self.cluster, "-n", self.namespace, *arguments, stdin=stdin)

    def listed(self, kinds: str, *options: str) -> list[dict[str, Any]]:
        """Objects of these kinds."""
        return list(json.loads(self.kubectl("get", kinds, "-o", "json", *options))["items"])

    def request(self, name: str) -> None:
        """Create a VideoJob of three scenes."""
        body = manifest(name, {"prompt": OUTLINE, "output": {"draft": True}})
        self.kubectl("create", "-f", "-", stdin=json.dumps(body))

    def status(self, name: str) -> dict[str, Any]:
        """The status of a VideoJob."""
        return dict(json.loads(self.kubectl("get", "videojob", name, "-o", "json")).get("status", {}))

    def wait(self, name: str, *phases: str) -> dict[str, Any]:
        """Wait until a VideoJob is in one of these phases; returns its status."""
        found: dict[str, Any] = {}

        def reached() -> bool:
            found.clear()
            found.update(self.status(name))
            return found.get("phase") in phases

        assert wait_until(reached, seconds=300), found
        return found

    def left(self) -> list[str]:
        """What is in the namespace, beside what every namespace has and what goes by itself."""
        kinds = self.cluster.kubectl("api-resources", "--namespaced", "--verbs=list", "-o", "name").split()
        kinds = [kind for kind in kinds if not kind.startswith("events")]
        names = self.kubectl("get", ",".join(kinds), "-o", "name", "--ignore-not-found").split()
        return [name for name in names if name not in {"serviceaccount/default", "configmap/kube-root-ca.crt"}]


def base_values(cluster: Cluster) -> dict[str, Any]:
    """The cluster's images; the definition of VideoJobs is there already, and belongs to another release."""
    images: dict[str, Any] = {"registry": "docker.io"}
    for key, target in IMAGES.items():
        repository, _, tag = cluster.image(target).rpartition(":")
        images[key] = {"repository": repository, "tag": tag}
    small = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"memory": "512Mi"}}
    return {
        "images": images,
        "crds": {"install": False},
        "artifacts": {"size": "1Gi", "keep": False},
        "api": {"resources": small},
        "operator": {"resources": small},
    }
