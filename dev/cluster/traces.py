"""What a Docker engine leaves on the machine outside its own folders, noted before it starts and undone after.

These places are the same for every engine (containerd's sockets and plugins, Docker's key), so only what was not
there before is removed, and folders only when they are empty.
"""

from __future__ import annotations

import json
from pathlib import Path

from dev.cluster.settings import Settings

_IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
# Innermost first. The kernel modules' folder is made when kind mounts it into a node.
_PLACES = (
    "/etc/docker/key.json",
    "/etc/docker",
    "/opt/containerd/bin",
    "/opt/containerd/lib",
    "/opt/containerd",
    "/run/containerd/s",
    "/run/containerd",
    "/run/docker/plugins",
    "/run/docker",
    "/usr/lib/modules",
)


def note(settings: Settings) -> None:
    """Notes how the machine is, unless a run that was killed has done so already."""
    file = _file(settings)
    if not file.exists():
        absent = [place for place in _PLACES if not Path(place).exists()]
        unfinished = file.with_suffix(".new")
        unfinished.write_text(json.dumps({"absent": absent, "ip_forward": _IP_FORWARD.read_text().strip()}))
        unfinished.replace(file)


def undo(settings: Settings) -> None:
    """Brings the machine back to how it was noted; does nothing when nothing was noted."""
    file = _file(settings)
    if not file.exists():
        return
    noted = json.loads(file.read_text())
    for place in map(Path, noted["absent"]):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
        elif place.is_file():
            place.unlink()
    if _IP_FORWARD.read_text().strip() != noted["ip_forward"]:
        _IP_FORWARD.write_text(noted["ip_forward"])
    file.unlink()


def _file(settings: Settings) -> Path:
    return settings.state / "engine" / "machine.json"
