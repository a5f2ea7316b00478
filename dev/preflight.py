"""Says what a machine lacks before anything starts, and installs what Debian's packages have when run as root.

Standard library only: it runs before there is an environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SYSTEM_PACKAGES = {
    "cairo headers (pycairo is built from source)": ("libcairo2-dev", ["pkg-config", "--exists", "cairo"]),
    "espeak-ng (speech for languages without a neural voice)": ("espeak-ng", ["espeak-ng", "--version"]),
    "Noto fonts": ("fonts-noto-core", ["test", "-e", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"]),
    "Noto CJK fonts": ("fonts-noto-cjk", ["test", "-e", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"]),
    "Noto emoji font": ("fonts-noto-color-emoji", ["test", "-e", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"]),
    "a C compiler": ("build-essential", ["cc", "--version"]),
    "pkg-config": ("pkg-config", ["pkg-config", "--version"]),
}


def main(part: str) -> int:
    """Check one part (`python`, `system` or `node`); returns the exit status."""
    problems = {"python": check_python, "system": check_system, "node": check_node}[part]()
    for problem in problems:
        print(f"preflight: {problem}", file=sys.stderr)
    return 1 if problems else 0


def check_python() -> list[str]:
    """Python 3.11 with venv."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this very check is for older interpreters
        return [f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=/path/to/python3.11"]
    return []


def check_node() -> list[str]:
    """Node 20 with npm."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return ["Node.js 20 or newer with npm is needed: https://nodejs.org"]
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:  # noqa: PLR2004 - the major version named in the message
        return [f"Node.js 20 or newer is needed, this is {version}"]
    return []


def missing_packages() -> dict[str, str]:
    """Debian packages whose probe fails, with what each is for."""
    return {package: what for what, (package, probe) in SYSTEM_PACKAGES.items() if not succeeds(probe)}


def succeeds(command: list[str]) -> bool:
    """Whether a command exists and exits with 0."""
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def check_system() -> list[str]:
    """Native libraries and fonts; installed where that is possible, else named with the command."""
    missing = missing_packages()
    if not missing:
        return []
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print(f"preflight: installing {', '.join(missing)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(command, env=quiet, check=True, stdout=subprocess.DEVNULL)
        missing = missing_packages()
    if not missing:
        return []
    return [f"missing: {what}" for what in missing.values()] + [f"on Debian or Ubuntu: sudo {' '.join(command)}"]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
