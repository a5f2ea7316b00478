"""A running cluster as its users see it: addresses, kubeconfig, tools, images."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.process import run
from dev.cluster.record import Record
from dev.cluster.settings import Settings, read_settings

# Service -> the variable that overrides its address, for clusters whose services are published elsewhere.
URLS = {"api": "VIDEOTUTOR_API_URL", "convex": "VIDEOTUTOR_CONVEX_URL", "convex-site": "VIDEOTUTOR_CONVEX_SITE_URL"}


@dataclass(frozen=True)
class Cluster:
    """A cluster that has been brought up.

    Attributes:
        kubeconfig: a file whose current context is this cluster; the user's own is not touched.
        context: the name of that context.
        docker_env: variables that make `docker` use the cluster's engine; empty for the user's own engine.
    """

    settings: Settings
    record: Record

    @property
    def kubeconfig(self) -> Path:
        """A file whose current context is this cluster; the user's own is not touched."""
        return self.settings.kubeconfig

    @property
    def context(self) -> str:
        """The name of that context."""
        return self.record.context

    @property
    def api_url(self) -> str:
        """Where this machine reaches the API."""
        return self._url("api")

    @property
    def convex_url(self) -> str:
        """Where this machine reaches Convex (queries, mutations, subscriptions)."""
        return self._url("convex")

    @property
    def convex_site_url(self) -> str:
        """Where this machine reaches Convex' HTTP actions."""
        return self._url("convex-site")

    @property
    def docker_env(self) -> Mapping[str, str]:
        """Variables that make `docker` use the cluster's engine; empty for the user's own engine."""
        return {"DOCKER_HOST": self.record.docker_host} if self.record.docker_host else {}

    @property
    def env(self) -> dict[str, str]:
        """Everything a program needs to use this cluster, to be added to its environment."""
        return {
            **self.docker_env,
            "KUBECONFIG": str(self.kubeconfig),
            "KUBECACHEDIR": str(self.settings.state / "kubectl"),
            "PATH": f"{self.settings.tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            **{variable: self._url(service) for service, variable in URLS.items()},
        }

    def tool(self, name: str) -> Path:
        """The path of kind, kubectl, helm, kubeconform or docker. Raises ClusterError for any other name."""
        path = self.settings.tools / name
        if not path.exists():
            known = ", ".join(sorted(entry.name for entry in self.settings.tools.iterdir()))
            raise ClusterError(f"there is no tool {name!r}: choose one of {known}")
        return path

    def kubectl(self, *arguments: str, timeout: float | None = None) -> str:
        """Runs kubectl against this cluster and returns its output. Raises ClusterError when it fails."""
        return run([self.tool("kubectl"), *arguments], environment={**os.environ, **self.env}, timeout=timeout)

    def image(self, target: str) -> str:
        """The full name under which the cluster has the image of a Dockerfile target, such as `renderer`."""
        try:
            return str(json.loads(self.settings.images.read_text())[target])
        except (FileNotFoundError, KeyError) as error:
            raise ClusterError(f"the image {target!r} is not built: python3 -m dev.cluster images") from error

    def _url(self, service: str) -> str:
        return os.environ.get(URLS[service]) or f"http://127.0.0.1:{self.record.ports[service]}"


def current(settings: Settings | None = None) -> Cluster:
    """The cluster that `up` has made or found. Raises ClusterError when there is none."""
    settings = settings or read_settings()
    record = Record.read(settings)
    if record is None:
        raise ClusterError(f"there is no cluster {settings.name}: python3 -m dev.cluster up")
    return Cluster(settings, record)
