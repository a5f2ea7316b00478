"""Finds the Docker engine to use, and describes it: the user's where one answers, else a private one (`private.py`)."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import sweep
from dev.cluster.errors import ClusterError
from dev.cluster.process import run, succeeds
from dev.cluster.settings import Settings

NETWORK = "kind"  # the name that kind looks for; it makes the network only where it is missing
_ANSWER_SECONDS = 5.0
_LAST_CLIENT_WITH_BUILTIN_BUILDKIT = 22


@dataclass(frozen=True)
class Engine:
    """An engine that answers.

    Attributes:
        client: the `docker` program to call it with.
        private: whether this package started it.
        host: its address, for DOCKER_HOST; None for wherever the user's client points.
    """

    client: Path
    private: bool
    host: str | None

    @property
    def environment(self) -> dict[str, str]:
        """The process environment in which `docker` and `kind` use this engine."""
        environment = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT" or not self.host}
        return {**environment, "DOCKER_BUILDKIT": "1", **({"DOCKER_HOST": self.host} if self.host else {})}

    def docker(self, *arguments: str | Path, timeout: float | None = None) -> str:
        """Runs `docker` and returns its output. Raises ClusterError when it fails."""
        return run([self.client, *arguments], environment=self.environment, timeout=timeout)

    def answers(self) -> bool:
        """Whether the engine answers within a few seconds."""
        command: list[str | Path] = [self.client, "version", "--format", "{{.Server.Version}}"]
        return succeeds(command, environment=self.environment, timeout=_ANSWER_SECONDS)

    def has_image(self, name: str) -> bool:
        """Whether the engine holds an image of this name."""
        return bool(self.docker("image", "ls", "--quiet", name).strip())

    def networks(self) -> list[str]:
        """The names of the engine's networks."""
        return self.docker("network", "ls", "--format", "{{.Name}}").split()


def find(settings: Settings) -> Engine | None:
    """The engine that answers now: this cluster's private one if it has one, else the user's."""
    client = find_client(settings)
    if client is None:
        return None
    private = has_private(settings)
    engine = Engine(client, private, private_address(settings) if private else None)
    return engine if engine.answers() else None


def has_private(settings: Settings) -> bool:
    """Whether this cluster has a private engine, running or not."""
    return (settings.state / "engine").is_dir()


def private_address(settings: Settings) -> str:
    """Where this cluster's private engine listens, when it has one."""
    return f"unix://{sweep.runtime_folder(settings)}/docker.sock"


def find_program(name: str) -> Path | None:
    """A program on PATH or in the folders for administrators, which a user's PATH may lack."""
    found = shutil.which(name, path=os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/sbin"]))
    return Path(found) if found else None


def find_client(settings: Settings) -> Path | None:
    """A `docker` client that can build with BuildKit; else any; None when there is none."""
    folders = [*os.get_exec_path(), "/usr/bin"]
    paths = [Path(folder) / "docker" for folder in folders if Path(folder) != settings.tools]
    clients = [path for path in dict.fromkeys(paths) if os.access(path, os.X_OK)]
    return next((client for client in clients if has_buildkit(client)), clients[0] if clients else None)


def has_buildkit(client: Path) -> bool:
    """Whether `docker build` of this client can use BuildKit: through buildx, or by itself in old versions."""
    if succeeds([client, "buildx", "version"], timeout=_ANSWER_SECONDS):
        return True
    try:
        version = run([client, "--version"], timeout=_ANSWER_SECONDS)  # Docker version 20.10.24+dfsg1, build …
        return int(version.split()[2].split(".")[0]) <= _LAST_CLIENT_WITH_BUILTIN_BUILDKIT
    except (ClusterError, ValueError, IndexError):
        return False
