"""Names everything that is missing before anything starts, each with the command that fixes it."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import tools
from dev.cluster.engine import find_program, private_address
from dev.cluster.errors import ClusterError
from dev.cluster.process import run
from dev.cluster.settings import PORTS, Settings

GIGABYTE = 1 << 30
# Programs -> the Debian package that has them.
PACKAGES = {"dockerd": "docker.io", "docker": "docker.io", "iptables": "iptables", "ip": "iproute2"}
NODE_PACKAGES = {"mmdebstrap": "mmdebstrap", "containerd": "containerd", "ctr": "containerd"}
_FIRST_GO_THAT_FETCHES_OTHERS = (1, 21)


@dataclass(frozen=True)
class Needs:
    """What is about to be done. Disk sizes are measured, rounded up."""

    engine: bool
    go: bool
    node_image: bool
    ports: bool

    @property
    def disk_bytes(self) -> int:
        """Free space that it takes below the cache."""
        return GIGABYTE * (1 + (5 if self.engine else 0) + (6 if self.go else 0) + (3 if self.node_image else 0))


@dataclass(frozen=True)
class Machine:
    """What the machine has, as far as the checks ask."""

    root: bool
    apt: bool
    free_bytes: int
    go: tuple[int, int] | None
    go_may_fetch: bool
    go_wanted: tuple[int, int]
    docker_host: str | None
    programs: frozenset[str]
    taken_ports: Mapping[str, int]


def problems(needs: Needs, machine: Machine, settings: Settings) -> list[str]:
    """What is missing, in the reader's words; empty when all is there or can be installed."""
    found = [*_engine(needs, machine), *_node_image(needs, machine), *_go(needs, machine)]
    if machine.free_bytes < needs.disk_bytes:
        have, want = machine.free_bytes / GIGABYTE, needs.disk_bytes / GIGABYTE
        found.append(
            f"disk space: {have:.1f} GiB free for {settings.cache}, about {want:.0f} GiB needed. "
            "Fix: free some, or point XDG_CACHE_HOME to a larger disk"
        )
    if needs.ports:
        found += [
            f"port {port} on 127.0.0.1 ({service}) is taken by another program. "
            f"Fix: end that program, or choose another port: export {PORTS[service][0]}={port + 10000}"
            for service, port in machine.taken_ports.items()
        ]
    return found


def packages_to_install(needs: Needs, machine: Machine) -> list[str]:
    """Debian packages that the work needs and the machine lacks."""
    wanted = {**(PACKAGES if needs.engine else {}), **(NODE_PACKAGES if needs.node_image else {})}
    return sorted({package for program, package in wanted.items() if program not in machine.programs})


def _engine(needs: Needs, machine: Machine) -> list[str]:
    if not needs.engine:
        return []
    if machine.docker_host:
        problem = (
            f"the Docker engine at DOCKER_HOST={machine.docker_host} does not answer. "
            "Fix: start it, or unset DOCKER_HOST"
        )
        return [problem]
    if not machine.root:
        problem = (
            "no Docker engine answers, and only root can start one. "
            "Fix: start Docker (sudo systemctl start docker; sudo usermod -aG docker $USER and log in again), "
            "or run this as root"
        )
        return [problem]
    return _packages("a Docker engine", packages_to_install(needs, machine), machine)


def _node_image(needs: Needs, machine: Machine) -> list[str]:
    if not needs.node_image:
        return []
    if not machine.root:
        problem = (
            "the image registry cannot be reached, and only root can build its images from packages instead. "
            "Fix: connect to the registry (docker pull debian:bookworm-slim must work), or run this as root"
        )
        return [problem]
    return _packages("building images without a registry", packages_to_install(needs, machine), machine)


def _packages(purpose: str, missing: list[str], machine: Machine) -> list[str]:
    """Missing packages are a problem only where apt cannot be used."""
    if not missing or machine.apt:
        return []
    return [f"{purpose} needs {', '.join(missing)}, and this is not Debian. Fix: install Docker and run this again"]


def _go(needs: Needs, machine: Machine) -> list[str]:
    if not needs.go:
        return []
    wanted = ".".join(map(str, machine.go_wanted))
    fix = f"Fix: install Go {wanted} or newer from https://go.dev/dl/ and put its bin folder on PATH"
    if machine.go is None:
        return [f"Go is not on PATH; missing tools are built with it. {fix}"]
    if machine.go >= machine.go_wanted or (machine.go_may_fetch and machine.go >= _FIRST_GO_THAT_FETCHES_OTHERS):
        return []
    return [f"Go {'.'.join(map(str, machine.go))} is too old; missing tools are built with it. {fix}"]


def check(needs: Needs, settings: Settings) -> list[str]:
    """The Debian packages to install. Raises ClusterError with everything that is missing and cannot be installed."""
    machine = look(settings, (tools.SOURCE / "go.mod").read_text())
    found = problems(needs, machine, settings)
    if found:
        raise ClusterError("this machine is not ready:\n" + "\n".join(f"  - {problem}" for problem in found))
    return packages_to_install(needs, machine)


def look(settings: Settings, go_mod: str) -> Machine:
    """Asks the machine."""
    programs = {*PACKAGES, *NODE_PACKAGES}
    return Machine(
        root=os.geteuid() == 0,
        apt=shutil.which("apt-get") is not None,
        free_bytes=_free_bytes(settings.cache),
        go=_go_version(),
        go_may_fetch=_go_setting("GOTOOLCHAIN") not in {None, "local"},
        go_wanted=_pair(re.search(r"^go (\d+)\.(\d+)", go_mod, re.MULTILINE)) or (1, 0),
        docker_host=_foreign_docker_host(settings),
        programs=frozenset(program for program in programs if find_program(program)),
        taken_ports={service: port for service, port in settings.ports.items() if is_taken(port)},
    )


def is_taken(port: int) -> bool:
    """Whether nobody else can listen on this port of 127.0.0.1."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def _foreign_docker_host(settings: Settings) -> str | None:
    """DOCKER_HOST, unless it still points to a private engine of this cluster that is gone."""
    host = os.environ.get("DOCKER_HOST")
    return None if host == private_address(settings) else host


def _free_bytes(folder: Path) -> int:
    existing = next(parent for parent in [folder, *folder.parents] if parent.exists())
    return shutil.disk_usage(existing).free


def _go_version() -> tuple[int, int] | None:
    version = _go_setting("GOVERSION")
    return _pair(re.match(r"go(\d+)\.(\d+)", version)) if version else None


def _go_setting(name: str) -> str | None:
    try:
        return run(["go", "env", name], cwd=Path("/"), timeout=20).strip()
    except ClusterError:
        return None


def _pair(match: re.Match[str] | None) -> tuple[int, int] | None:
    return (int(match[1]), int(match[2])) if match else None
