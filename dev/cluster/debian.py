"""Debian root file systems without an image registry, from the machine's own package sources."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.lock import locked
from dev.cluster.process import run, run_logged
from dev.cluster.progress import step
from dev.cluster.settings import Settings
from dev.cluster.sweep import mounts_below
from dev.cluster.tools import content_key

RELEASE = "bookworm"
# Nobody reads manuals in a container; without them and translations a root file system is a third smaller.
_LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
_SUITES = (RELEASE, f"{RELEASE}-updates", f"{RELEASE}-security")


def sources(index_targets: str) -> list[str]:
    """One-line package sources of our release out of `URI SUITE COMPONENT` lines; the public ones if there are none."""
    rows = {tuple(line.split()) for line in index_targets.splitlines()}
    found = sorted(row[:2] for row in rows if len(row) == 3 and row[1] in _SUITES and row[2] == "main")  # noqa: PLR2004
    if RELEASE not in {suite for _, suite in found}:
        found = [
            ("http://deb.debian.org/debian", RELEASE),
            ("http://deb.debian.org/debian", f"{RELEASE}-updates"),
            ("http://deb.debian.org/debian-security", f"{RELEASE}-security"),
        ]
    return [f"deb {uri.rstrip('/')} {suite} main" for uri, suite in found]


def machine_sources() -> list[str]:
    """Package sources as this machine's administrator has configured them."""
    wanted = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(SUITE) $(COMPONENT)", "Created-By: Packages"]
    try:
        return sources(run(wanted, timeout=10))
    except ClusterError:
        return sources("")  # not a Debian machine


def root_archive(settings: Settings, packages: Iterable[str], *, seconds: float) -> Path:
    """A tar archive of a minimal Debian with these packages, from the cache or made now (needs root)."""
    wanted = machine_sources()
    names = sorted(packages)
    archive = settings.cache / f"debian-{content_key([], RELEASE, *wanted, *names, *_LEFT_OUT)}.tar"
    with locked(archive.with_suffix(".lock"), purpose="making a Debian root file system"):
        if not archive.exists():
            with step(f"making a Debian root file system ({len(names)} packages beside the base)", seconds=seconds):
                _bootstrap(settings, names, wanted, archive)
    return archive


def _bootstrap(settings: Settings, packages: list[str], wanted: list[str], archive: Path) -> None:
    """Works in a folder of its own, so that a run that was killed can be cleared away."""
    scratch = archive.with_suffix(".scratch")
    clear(scratch)
    scratch.mkdir(parents=True)
    unfinished = scratch / "root.tar"
    run_logged(
        [
            "mmdebstrap",
            "--mode=root",
            "--variant=minbase",
            *(f"--dpkgopt=path-exclude={pattern}" for pattern in _LEFT_OUT),
            *([f"--include={','.join(packages)}"] if packages else []),
            RELEASE,
            unfinished,
            *wanted,
        ],
        settings.logs / f"{archive.stem}.log",
        environment={**os.environ, "TMPDIR": str(scratch)},
        marker=settings.key,
    )
    unfinished.replace(archive)
    clear(scratch)


def clear(folder: Path) -> None:
    """Removes a folder in which something may still be mounted."""
    for mount in mounts_below((folder,), Path("/proc/self/mountinfo").read_text()):
        run(["umount", "--lazy", mount])
    if folder.exists():
        shutil.rmtree(folder)
