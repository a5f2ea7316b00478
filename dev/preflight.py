"""Says what a machine lacks before anything starts, and installs what Debian's packages have when run as root.

Standard library only: it runs before there is an environment.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

Wanted = dict[str, tuple[str, list[str]]]
"""What for -> Debian's package that has it, and a command that succeeds where it is there."""

SYSTEM_PACKAGES: Wanted = {
    "cairo headers (pycairo is built from source)": ("libcairo2-dev", ["pkg-config", "--exists", "cairo"]),
    "espeak-ng (speech for languages without a neural voice)": ("espeak-ng", ["espeak-ng", "--version"]),
    "Noto fonts": ("fonts-noto-core", ["test", "-e", "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"]),
    "Noto CJK fonts": ("fonts-noto-cjk", ["test", "-e", "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"]),
    "Noto emoji font": ("fonts-noto-color-emoji", ["test", "-e", "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"]),
    "Chromium (plays videos in the tests)": ("chromium", ["chromium", "--version"]),
    "a C compiler": ("build-essential", ["cc", "--version"]),
    "pkg-config": ("pkg-config", ["pkg-config", "--version"]),
}


NODE_LEAST_MINOR = {20: 19, 22: 13}
NODE_ANY_FROM = 24
NODE_WANTED = "20.19, 22.13 or 24 and newer"
"""What eslint and the other packages say in their `engines`."""


def main() -> int:
    """Check everything, so that all that is missing is named at once; returns the exit status."""
    problems = [*check_python(), *check_node(), *install(SYSTEM_PACKAGES)]
    for problem in problems:
        print(f"preflight: {problem}", file=sys.stderr)
    return 1 if problems else 0


def check_python() -> list[str]:
    """Python 3.11 with venv."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this very check is for older interpreters
        return [f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=/path/to/python3.11"]
    if not find_spec("ensurepip"):
        return ["Python's venv is missing; on Debian or Ubuntu: sudo apt-get install python3-venv"]
    return []


def check_node() -> list[str]:
    """A Node that every package accepts, with npm."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return [f"Node.js {NODE_WANTED} with npm is needed: https://nodejs.org"]
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    major, minor, *_ = (int(number) for number in version.lstrip("v").split("."))
    if minor >= NODE_LEAST_MINOR.get(major, 0 if major >= NODE_ANY_FROM else sys.maxsize):
        return []
    return [f"Node.js {NODE_WANTED} is needed, this is {version}: https://nodejs.org"]


def missing_packages(wanted: Wanted) -> dict[str, str]:
    """Debian packages whose probe fails, with what each is for."""
    return {package: what for what, (package, probe) in wanted.items() if not succeeds(probe)}


def succeeds(command: list[str]) -> bool:
    """Whether a command exists and exits with 0."""
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def install(wanted: Wanted) -> list[str]:
    """Native libraries and fonts; installed where that is possible, else named with the command."""
    missing = missing_packages(wanted)
    if not missing:
        return []
    command = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        print(f"preflight: installing {', '.join(missing)}")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True, stdout=subprocess.DEVNULL)
        subprocess.run(command, env=quiet, check=True, stdout=subprocess.DEVNULL)
        missing = missing_packages(wanted)
    if not missing:
        return []
    return [f"missing: {what}" for what in missing.values()] + [f"on Debian or Ubuntu: sudo {' '.join(command)}"]


if __name__ == "__main__":
    raise SystemExit(main())
