"""The releases that meet in the matrix, each as a folder of sources: what PYTHONPATH names, the operator runs."""

from __future__ import annotations

import copy
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
OLD_COMMIT = "092fef3"
"""The first release: its models refuse every field and every enum value that they do not know."""
RAISED_VERSION = "4"
Definition = dict[str, Any]
"""A CustomResourceDefinition as one JSON object."""


class ReleaseError(Exception):
    """A release cannot be put together; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Release:
    """Sources of contract and operator, and the renderer image that its chart installs."""

    name: str
    folder: Path
    image: str

    @property
    def environment(self) -> dict[str, str]:
        """Makes a Python process import this release, whatever is installed."""
        return {"PYTHONPATH": os.pathsep.join((str(self.folder / "crds"), str(self.folder / "operator")))}

    def crd(self) -> Definition:
        """Its definition of VideoJobs."""
        found: Definition = yaml.safe_load((self.folder / "crds" / "videojobs.videotutor.dev.yaml").read_text())
        return found


def releases(folder: Path) -> Mapping[str, Release]:
    """Old, new, and new with another renderer, by name; what is no checkout goes to the folder.

    Raises:
        ReleaseError: the clone does not have the old commit.
    """
    new = Release("new", ROOT, "videotutor/renderer:new")
    raised = Release("raised", _raised(folder / "raised"), "videotutor/renderer:raised")
    return {
        "old": Release("old", checkout(folder / "old", "crds", "operator"), "videotutor/renderer:old"),
        "new": new,
        "raised": raised,
    }


def checkout(target: Path, *parts: str, commit: str = OLD_COMMIT) -> Path:
    """The files of a commit, or these parts of it, in a folder.

    Raises:
        ReleaseError: the clone does not have the commit.
    """
    command = ["git", "-C", str(ROOT), "archive", commit, *parts]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise ReleaseError(
            f"commit {commit}, the old side of the matrix, cannot be read ({why}). "
            "A shallow clone lacks it: git fetch --unshallow"
        )
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(target, filter="data")
    return target


def _raised(target: Path) -> Path:
    """A copy of this tree whose renderer has another version."""
    for part in ("crds", "operator"):
        shutil.copytree(ROOT / part, target / part, ignore=shutil.ignore_patterns("__pycache__"))
    raise_renderer(target)
    return target


def raise_renderer(folder: Path) -> None:
    """Give the renderer of a copy of this tree another version.

    Raises:
        ReleaseError: the version is not where it was.
    """
    module = folder / "crds" / "videojob" / "digest.py"
    text, count = re.subn(
        r'^RENDERER_VERSION = ".*"$', f'RENDERER_VERSION = "{RAISED_VERSION}"', module.read_text(), flags=re.MULTILINE
    )
    if count != 1:
        raise ReleaseError(f"{module} has no line `RENDERER_VERSION = …` that could be raised")
    module.write_text(text)


def definitions(known: Mapping[str, Release]) -> Mapping[str, Definition]:
    """Every CRD of the matrix, by name.

    `third` is what a release after this one may do, and more: defaults for new fields are what the project's rules
    forbid. `pruning` and `refusing` are older than 092fef3: one lacks status fields, one a phase.
    """
    old, new = known["old"].crd(), known["new"].crd()
    return {
        "old": old,
        "new": new,
        "third": _third(new),
        "pruning": _without_status_fields(new),
        "refusing": _without_phase(new, "Stitching"),
    }


def _third(definition: Definition) -> Definition:
    changed = copy.deepcopy(definition)
    spec = _properties(changed, "spec")
    spec["quality"] = {"type": "string", "enum": ["draft", "standard", "best"], "default": "standard"}
    output = spec["output"]["properties"]
    output["theme"]["enum"].append("neon")
    output["watermark"] = {"type": "boolean", "default": False}
    return changed


def _without_status_fields(definition: Definition) -> Definition:
    changed = copy.deepcopy(definition)
    status = _properties(changed, "status")
    del status["startedAt"]
    del status["scenes"]["items"]["properties"]["progress"]
    return changed


def _without_phase(definition: Definition, phase: str) -> Definition:
    changed = copy.deepcopy(definition)
    _properties(changed, "status")["phase"]["enum"].remove(phase)
    return changed


def _properties(definition: Definition, part: str) -> dict[str, Any]:
    (version,) = definition["spec"]["versions"]
    found: dict[str, Any] = version["schema"]["openAPIV3Schema"]["properties"][part]["properties"]
    return found
