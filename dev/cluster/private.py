"""A Docker engine of the cluster's own, for machines where none answers; `down` takes it away without a trace.

It has its own folders, socket and cgroup, touches no firewall rule and makes no default bridge, so it can run beside
another engine. Containers reach one another and this machine, not the world beyond; builds use this machine's network.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from dev.cluster import sweep, traces, trimmed_runc
from dev.cluster.engine import NETWORK, Engine, find_client, find_program, private_address
from dev.cluster.errors import ClusterError
from dev.cluster.process import ENGINE_MARKER, tail, wait_until
from dev.cluster.progress import say, step
from dev.cluster.settings import Settings

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def start(settings: Settings) -> Engine:
    """Starts the engine after clearing what an earlier one left. Its images are a cache, wiped if unusable."""
    client, daemon = find_client(settings), find_program("dockerd")
    if client is None or daemon is None:
        raise ClusterError("there is no Docker engine to start. Fix: apt-get install docker.io")
    engine = Engine(client, private=True, host=private_address(settings))
    new = not sweep.data_root(settings).exists()
    _folder(settings).mkdir(parents=True, exist_ok=True)
    traces.note(settings)
    with step("starting a private Docker engine", seconds=4):
        started = _try_to_start(settings, daemon, engine)
        if not started and not new:
            say("  the engine does not start with its old images: starting it without")
            sweep.engine(settings)
            shutil.rmtree(sweep.data_root(settings))
            started = _try_to_start(settings, daemon, engine)
        if not started:
            raise ClusterError(f"the private Docker engine does not start:\n{tail(_log(settings).read_text())}")
    _make_network(settings, engine)
    return engine


def empty(engine: Engine) -> None:
    """Removes all containers, volumes and kind's network of a private engine; images stay as its cache."""
    if containers := engine.docker("ps", "--all", "--quiet").split():
        engine.docker("rm", "--force", "--volumes", *containers)
    if NETWORK in engine.networks():
        engine.docker("network", "rm", NETWORK)
    engine.docker("volume", "prune", "--force")


def stop(settings: Settings) -> None:
    """Stops the engine and removes what it put on the machine. Its images stay in the cache."""
    with step("stopping the private Docker engine", seconds=3):
        pid_file = sweep.runtime_folder(settings) / "docker.pid"
        daemon = int(pid_file.read_text()) if pid_file.exists() else None
        if daemon in list(sweep.engine_processes(settings)):
            os.kill(daemon, signal.SIGTERM)
            wait_until(lambda: daemon not in list(sweep.engine_processes(settings)), seconds=_STOP_SECONDS)
        sweep.engine(settings)
        traces.undo(settings)
    shutil.rmtree(_folder(settings), ignore_errors=True)


def daemon_command(settings: Settings, daemon: Path, *, trimmed: bool) -> list[str]:
    """The command line of the engine."""
    runtime = sweep.runtime_folder(settings)
    wrapper = ["--add-runtime", f"trimmed={_folder(settings)}/runc", "--default-runtime", "trimmed"]
    return [
        str(daemon),
        f"--data-root={sweep.data_root(settings)}",
        f"--exec-root={runtime}/exec",
        f"--pidfile={runtime}/docker.pid",
        f"--host={private_address(settings)}",
        f"--cgroup-parent={sweep.cgroup(settings)}",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        *(wrapper if trimmed else []),
    ]


def _try_to_start(settings: Settings, daemon: Path, engine: Engine) -> bool:
    sweep.engine(settings)
    sweep.runtime_folder(settings).mkdir(parents=True)
    trimmed = _lacks_capabilities()
    if trimmed:
        _write_runtime(settings)
    process = _spawn(settings, daemon_command(settings, daemon, trimmed=trimmed))
    wait_until(lambda: process.poll() is not None or engine.answers(), seconds=_START_SECONDS)
    return process.poll() is None and engine.answers()


def _spawn(settings: Settings, command: list[str]) -> subprocess.Popen[bytes]:
    """Starts the engine in a session of its own, so that it outlives this run and the terminal."""
    settings.logs.mkdir(parents=True, exist_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    path = os.pathsep.join([*os.get_exec_path(), "/usr/sbin", "/sbin"])
    with _log(settings).open("ab") as log:
        return subprocess.Popen(
            command,
            env={**environment, "PATH": path, ENGINE_MARKER: settings.key},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=True,
        )


def _lacks_capabilities() -> bool:
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    known = set(trimmed_runc.CAPABILITIES[: last + 1])
    return not known <= trimmed_runc.held(Path("/proc/self/status").read_text())


def _write_runtime(settings: Settings) -> None:
    """Puts the runtime beside the engine: it must outlive this checkout."""
    script = _folder(settings) / "trimmed_runc.py"
    shutil.copyfile(Path(trimmed_runc.__file__), script)
    launcher = _folder(settings) / "runc"
    launcher.write_text(
        f'#!/bin/sh\nexec "{Path(sys.executable).resolve()}" -IS "{script}" "{find_program("runc")}" "$@"\n'
    )
    launcher.chmod(0o755)


def _make_network(settings: Settings, engine: Engine) -> None:
    """Makes kind's network under a bridge name that is known beforehand, so that it can be found and removed."""
    if NETWORK not in engine.networks():
        bridge = f"com.docker.network.bridge.name={sweep.bridge(settings)}"
        engine.docker("network", "create", "--driver", "bridge", "--opt", bridge, NETWORK)


def _folder(settings: Settings) -> Path:
    return settings.state / "engine"


def _log(settings: Settings) -> Path:
    return settings.logs / "engine.log"
