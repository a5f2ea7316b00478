"""What the environment decides: names, folders and ports. Read once, then passed on as a value."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.errors import ClusterError

REPOSITORY = Path(__file__).resolve().parents[2]

# Port of the service -> (environment variable, default on the host, nodePort that the chart's development values use)
PORTS = {
    "api": ("VIDEOTUTOR_API_PORT", 8080, 30080),
    "convex": ("VIDEOTUTOR_CONVEX_PORT", 3210, 30210),
    "convex-site": ("VIDEOTUTOR_CONVEX_SITE_PORT", 3211, 30211),
}
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Settings:
    """Where one development cluster lives. Two clusters with different names share nothing but the cache.

    Attributes:
        name: the cluster's name (`VIDEOTUTOR_CLUSTER`).
        state: everything that `down` removes.
        cache: what may be made again: built tools, root file systems, the private engine's images. Outlives `down`.
        ports: service -> port on 127.0.0.1.
        existing_context: the context of a cluster to use instead of making one (`VIDEOTUTOR_KUBECONTEXT`).
        image_prefix: registry and path to push to, for such a cluster (`VIDEOTUTOR_IMAGE_PREFIX`).
    """

    name: str
    state: Path
    cache: Path
    ports: Mapping[str, int]
    existing_context: str | None = None
    image_prefix: str | None = None

    @property
    def key(self) -> str:
        """Eight characters that are this cluster's alone on this machine, for names that must be short."""
        return hashlib.sha256(str(self.state).encode()).hexdigest()[:8]

    @property
    def kubeconfig(self) -> Path:
        """This cluster's own kubeconfig; the user's is never written."""
        return self.state / "kubeconfig"

    @property
    def images(self) -> Path:
        """Dockerfile target -> name of the image that the cluster has, as JSON."""
        return self.state / "images.json"

    @property
    def logs(self) -> Path:
        """Output of the long steps and of the private engine."""
        return self.state / "logs"

    @property
    def tools(self) -> Path:
        """A folder of links to the tools in use, to be put on PATH."""
        return self.state / "bin"


def _port(environment: Mapping[str, str], variable: str, default: int) -> int:
    text = environment.get(variable) or str(default)
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise ClusterError(
            f"{variable}={text!r} is not a port: set it to a number from 1 to {_HIGHEST_PORT}, or unset it"
        )
    return int(text)


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the environment. Raises ClusterError naming the variable that is wrong."""
    name = environment.get("VIDEOTUTOR_CLUSTER") or "videotutor"
    if not _NAME.fullmatch(name):
        raise ClusterError(f"VIDEOTUTOR_CLUSTER={name!r} is not a name: use 2 to 32 lower-case letters, digits and '-'")
    home = Path(environment.get("HOME") or Path.home())
    state_home = Path(environment.get("XDG_STATE_HOME") or home / ".local/state")
    cache_home = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
    return Settings(
        name=name,
        state=state_home / "videotutor" / name,
        cache=cache_home / "videotutor",
        ports={service: _port(environment, variable, default) for service, (variable, default, _) in PORTS.items()},
        existing_context=environment.get("VIDEOTUTOR_KUBECONTEXT") or None,
        image_prefix=(environment.get("VIDEOTUTOR_IMAGE_PREFIX") or "").rstrip("/") or None,
    )
