"""Finds and removes whatever the private engine put on the machine, even when it was killed.

Everything has a name that is known beforehand: processes by a marker in their environment or by their cgroup, mounts
by their folder, the bridge and the cgroups by the cluster's key. Nothing of anyone else's matches.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from dev.cluster.process import ENGINE_MARKER, end, marked, run
from dev.cluster.settings import Settings

ENGINES = "engines"  # folder of the cache


def data_root(settings: Settings) -> Path:
    """The engine's images and volumes: in the cache, so that they survive `down`."""
    return settings.cache / ENGINES / settings.key


def runtime_folder(settings: Settings) -> Path:
    """The engine's socket and process id: short (socket paths are limited to 107 bytes), and gone after a reboot."""
    return Path("/run") / f"videotutor-{settings.key}"


def cgroup(settings: Settings) -> str:
    """The cgroup below which all containers are."""
    return f"/videotutor-{settings.key}"


def bridge(settings: Settings) -> str:
    """The network interface of kind's network (at most 15 characters)."""
    return f"vt-{settings.key}"


def engine(settings: Settings) -> None:
    """Ends every process of the engine and removes mounts, interface, cgroups and runtime files. Harmless to repeat."""
    end(lambda: list(engine_processes(settings)))
    for mount in mounts_below(
        (data_root(settings), runtime_folder(settings)), Path("/proc/self/mountinfo").read_text()
    ):
        run(["umount", "--lazy", mount])
    if Path("/sys/class/net", bridge(settings)).exists():
        run(["ip", "link", "delete", bridge(settings)])
    _remove_cgroups(settings)
    _remove_shim_sockets(settings)
    shutil.rmtree(runtime_folder(settings), ignore_errors=True)


def engine_processes(settings: Settings) -> Iterator[int]:
    """The engine, its helpers and its containers' processes."""
    yield from marked(ENGINE_MARKER, settings.key)
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal() and _in_cgroup(folder, cgroup(settings)):
            yield int(folder.name)


def mounts_below(folders: tuple[Path, ...], mountinfo: str) -> list[str]:
    """Mount points in or below the folders, innermost first. Source of the format: proc(5)."""
    points = [line.split()[4].replace("\\040", " ") for line in mountinfo.splitlines()]
    ours = [point for point in points if any(Path(point).is_relative_to(folder) for folder in folders)]
    return sorted(ours, key=len, reverse=True)


def _in_cgroup(process: Path, parent: str) -> bool:
    try:
        lines = (process / "cgroup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return False  # it has ended
    return any(Path(line.split(":", 2)[2]).is_relative_to(parent) for line in lines)


def _remove_cgroups(settings: Settings) -> None:
    """A cgroup is removed like a folder, innermost first; the files in it are the kernel's."""
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        top = Path(point + cgroup(settings))
        if kind in {"cgroup", "cgroup2"} and top.is_dir():
            for folder in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
                folder.rmdir()
            top.rmdir()


def _remove_shim_sockets(settings: Settings) -> None:
    """Containerd's shims listen outside the engine's folders; each notes where."""
    for note in runtime_folder(settings).glob("exec/containerd/daemon/io.containerd.runtime.v2.task/*/*/address"):
        Path(note.read_text().strip().removeprefix("unix://")).unlink(missing_ok=True)
