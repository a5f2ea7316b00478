"""An OCI runtime that asks runc for no more than this machine may give.

Where the capability bounding set lacks a capability, runc refuses every privileged container ("unable to apply
caps: operation not permitted"), and kind's nodes are privileged. This takes the missing capabilities, and what
depends on them, out of the container's description and then becomes runc. It is copied beside the engine and
started once per container operation, so it is one file and imports little.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

# In the kernel's order (include/uapi/linux/capability.h).
_NAMES = """
CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE
"""
CAPABILITIES = tuple(f"CAP_{name}" for name in _NAMES.split())


def held(status: str) -> set[str]:
    """The capabilities in the bounding set, from the text of /proc/self/status."""
    line = next(line for line in status.splitlines() if line.startswith("CapBnd:"))
    bits = int(line.split()[1], 16)
    return {name for position, name in enumerate(CAPABILITIES) if bits >> position & 1}


def trim(process: dict[str, Any], capabilities: set[str]) -> None:
    """Changes an OCI process description to one that can be had with these capabilities."""
    sets = process.get("capabilities") or {}
    for kind, names in sets.items():
        sets[kind] = [name for name in names or [] if name in capabilities]
    if "CAP_SYS_RESOURCE" not in capabilities:
        _keep_oom_score(process)
        _keep_hard_limits(process)


def _keep_oom_score(process: dict[str, Any]) -> None:
    """A score below one's own is refused without CAP_SYS_RESOURCE."""
    own = int(Path("/proc/self/oom_score_adj").read_text())
    process["oomScoreAdj"] = max(process.get("oomScoreAdj", own), own)


def _keep_hard_limits(process: dict[str, Any]) -> None:
    """A hard limit above one's own is refused without CAP_SYS_RESOURCE."""
    for limit in process.get("rlimits") or []:
        _, hard = resource.getrlimit(getattr(resource, limit["type"]))
        if hard != resource.RLIM_INFINITY:
            limit["hard"] = min(limit["hard"], hard)
            limit["soft"] = min(limit["soft"], limit["hard"])


def _rewrite(path: Path, pick: Callable[[dict[str, Any]], dict[str, Any] | None]) -> None:
    description = json.loads(path.read_text())
    process = pick(description)
    if process:
        trim(process, held(Path("/proc/self/status").read_text()))
        changed = path.with_suffix(".trimmed")
        changed.write_text(json.dumps(description))
        changed.replace(path)


def option(arguments: list[str], *names: str) -> str | None:
    """The value of a command-line option, given as `--name value` or `--name=value`."""
    for position, argument in enumerate(arguments):
        for name in names:
            if argument == name and position + 1 < len(arguments):
                return arguments[position + 1]
            if argument.startswith(f"{name}="):
                return argument[len(name) + 1 :]
    return None


def main(runc: str, arguments: list[str]) -> None:
    """Rewrites what `create`, `run` and `exec` are given; never returns."""
    if "create" in arguments or "run" in arguments:
        bundle = Path(option(arguments, "--bundle", "-b") or ".")
        _rewrite(bundle / "config.json", lambda description: description.get("process"))
    elif "exec" in arguments and (path := option(arguments, "--process", "-p")):
        _rewrite(Path(path), lambda process: process)
    os.execv(runc, [runc, *arguments])  # noqa: S606 - becomes runc, no shell


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
