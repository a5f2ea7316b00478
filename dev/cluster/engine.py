"""The Docker engine: the user's where one answers, else a private one that `down` takes away without a trace.

The private engine has its own folders, socket and cgroup, touches no firewall rule and makes no default bridge, so it
can run beside another engine. Containers reach one another and the host; builds use the host's network.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dev.cluster import sweep, trimmed_runc
from dev.cluster.errors import ClusterError
from dev.cluster.process import ENGINE_MARKER, run, succeeds, tail, wait_until
from dev.cluster.progress import say, step
from dev.cluster.settings import Settings

NETWORK = "kind"  # the name that kind looks for; it makes the network only where it is missing
_ANSWER_SECONDS = 5.0
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0
_LAST_CLIENT_WITH_BUILTIN_BUILDKIT = 22
_IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


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

    def has_image(self, name: str) -> bool:
        """Whether the engine holds an image of this name."""
        return bool(self.docker("image", "ls", "--quiet", name).strip())


def find(settings: Settings) -> Engine | None:
    """The engine that answers now: this cluster's private one, else the user's."""
    private = _private_engine(settings)
    if private and _answers(private):
        return private
    return None if private else _users_engine(settings)


def has_private(settings: Settings) -> bool:
    """Whether this cluster has a private engine, running or not."""
    return (settings.state / "engine").is_dir()


def start(settings: Settings) -> Engine:
    """Starts the private engine after clearing what an earlier one left. Its images are a cache: wiped if unusable."""
    daemon = find_program("dockerd")
    new = not sweep.data_root(settings).exists()
    (settings.state / "engine").mkdir(parents=True, exist_ok=True)
    with step("starting a private Docker engine", seconds=4):
        started = _try_to_start(settings, daemon)
        if not started and not new:
            say("  the engine does not start with its old images: starting it without")
            sweep.engine(settings)
            shutil.rmtree(sweep.data_root(settings), ignore_errors=True)
            started = _try_to_start(settings, daemon)
        if not started:
            raise ClusterError(f"the private Docker engine does not start:\n{tail(_log(settings).read_text())}")
    engine = _private_engine(settings)
    if engine is None:
        raise ClusterError("the private Docker engine runs, but no `docker` client: apt-get install docker.io")
    _make_network(settings, engine)
    return engine


def stop(settings: Settings) -> None:
    """Stops the private engine and removes what it put on the machine. Its images stay in the cache."""
    with step("stopping the private Docker engine", seconds=3):
        pid_file = sweep.runtime_folder(settings) / "docker.pid"
        pids = [
            pid for pid in sweep.engine_processes(settings) if pid_file.exists() and str(pid) == pid_file.read_text()
        ]
        for pid in pids:
            os.kill(pid, 15)
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), seconds=_STOP_SECONDS)
        sweep.engine(settings)
        kept = settings.state / "engine" / "ip_forward"
        if kept.exists():
            _IP_FORWARD.write_text(kept.read_text())
    shutil.rmtree(settings.state / "engine", ignore_errors=True)


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


def daemon_command(settings: Settings, daemon: Path, *, trimmed: bool) -> list[str]:
    """The command line of the private engine."""
    runtime = sweep.runtime_folder(settings)
    wrapper = ["--add-runtime", f"trimmed={settings.state}/engine/runc", "--default-runtime", "trimmed"]
    return [
        str(daemon),
        f"--data-root={sweep.data_root(settings)}",
        f"--exec-root={runtime}/exec",
        f"--pidfile={runtime}/docker.pid",
        f"--host=unix://{runtime}/docker.sock",
        f"--cgroup-parent={sweep.cgroup(settings)}",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        *(wrapper if trimmed else []),
    ]


def _try_to_start(settings: Settings, daemon: Path | None) -> bool:
    if daemon is None:
        raise ClusterError("no `dockerd`: apt-get install docker.io")
    sweep.engine(settings)
    sweep.runtime_folder(settings).mkdir(parents=True)
    kept = settings.state / "engine" / "ip_forward"
    if not kept.exists():
        kept.write_text(_IP_FORWARD.read_text())
    trimmed = _lacks_capabilities()
    if trimmed:
        _write_runtime(settings)
    process = _spawn(settings, daemon_command(settings, daemon, trimmed=trimmed))
    engine = _private_engine(settings)
    started = engine is not None and wait_until(
        lambda: process.poll() is not None or _answers(engine), seconds=_START_SECONDS
    )
    return started and process.poll() is None


def _spawn(settings: Settings, command: list[str]) -> subprocess.Popen[bytes]:
    """Starts the engine in a session of its own, so that it outlives this run and the terminal."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/sbin"])
    with _log(settings).open("ab") as log:
        return subprocess.Popen(
            command,
            env={**_without_docker(os.environ), "PATH": path, ENGINE_MARKER: settings.key},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _without_docker(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("DOCKER_")}


def _lacks_capabilities() -> bool:
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    known = {f"CAP_{name}" for name in trimmed_runc.CAPABILITIES[: last + 1]}
    return not known <= trimmed_runc.held(Path("/proc/self/status").read_text())


def _write_runtime(settings: Settings) -> None:
    """Puts the runtime beside the engine: it must outlive this checkout."""
    script = settings.state / "engine" / "trimmed_runc.py"
    shutil.copyfile(Path(trimmed_runc.__file__), script)
    runc = find_program("runc")
    launcher = settings.state / "engine" / "runc"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{script}" "{runc}" "$@"\n')
    launcher.chmod(0o755)


def _make_network(settings: Settings, engine: Engine) -> None:
    """Makes kind's network under a bridge name that is known beforehand, so that it can be found and removed."""
    names = json.loads(f"[{','.join(engine.docker('network', 'ls', '--format', '{{json .Name}}').split())}]")
    if NETWORK not in names:
        bridge = f"com.docker.network.bridge.name={sweep.bridge(settings)}"
        engine.docker("network", "create", "--driver", "bridge", "--opt", bridge, NETWORK)


def _private_engine(settings: Settings) -> Engine | None:
    client = find_client(settings) if has_private(settings) else None
    return Engine(client, private=True, host=f"unix://{sweep.runtime_folder(settings)}/docker.sock") if client else None


def _users_engine(settings: Settings) -> Engine | None:
    client = find_client(settings)
    if client is None:
        return None
    engine = Engine(client, private=False, host=None)
    return engine if _answers(engine) else None


def _answers(engine: Engine) -> bool:
    command = [engine.client, "version", "--format", "{{.Server.Version}}"]
    return succeeds(command, environment=engine.environment, timeout=_ANSWER_SECONDS)


def _log(settings: Settings) -> Path:
    return settings.logs / "engine.log"
