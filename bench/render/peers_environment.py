"""The Python environment of the libraries that the renderer is compared with, pinned by a lock file of its own."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from bench.common.errors import BenchError
from bench.render.command import OUT, PYTHON, ROOT
from dev.cluster.progress import step
from dev.preflight import install

LOCK = ROOT / "bench" / "render" / "peers" / "requirements.lock"
PACKAGES = {
    "Pango headers (manim's text is built from source)": (
        "libpango1.0-dev",
        ["pkg-config", "--exists", "pangocairo >= 1.30"],
    )
}


def python() -> Path:
    """The interpreter of that environment, which is made when it is missing or the lock file has changed.

    Raises:
        BenchError: it cannot be made.
    """
    folder = OUT / "peers"
    mark, wanted = folder / "lock.sha256", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    found = folder / "bin" / "python"
    if mark.exists() and mark.read_text() == wanted:
        return found
    if problems := install(PACKAGES):
        raise BenchError("\n".join(problems))
    sync = ["pip", "sync", "--quiet", "--python", str(found), "--require-hashes", "--build-constraints"]
    with step("installing manim, moviepy and matplotlib into out/bench/peers", seconds=60):
        try:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            subprocess.run([PYTHON.with_name("uv"), *sync, ROOT / "requirements.lock", LOCK], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise BenchError(f"the libraries to compare with cannot be installed: {error}") from error
    mark.write_text(wanted)
    return found
