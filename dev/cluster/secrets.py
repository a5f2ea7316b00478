"""What builds need to know of this machine (certificates, package registries), given as secrets: no image holds it."""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.process import run
from dev.cluster.settings import Settings

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
# The settings of pip that say where packages come from; paths of this machine would mean nothing in a build.
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")


@contextmanager
def build_options(settings: Settings) -> Iterator[list[str]]:
    """Options of `docker build` that mount the secrets `ca`, `pip` and `npmrc`, those of them that this machine has."""
    with tempfile.TemporaryDirectory(dir=settings.state, prefix="secrets-") as folder:
        files: dict[str, Path] = {}
        if certificates := _certificates(os.environ):
            files["ca"] = certificates
        if text := pip_configuration(_pip_list()):
            files["pip"] = Path(folder, "pip.conf")
            files["pip"].write_text(text)
        if npmrc := _npmrc(os.environ):
            files["npmrc"] = npmrc
        yield [f"--secret=id={name},src={file}" for name, file in files.items()]


def pip_configuration(listed: str) -> str:
    """A pip.conf with the registry settings among those that `pip config list` prints (`global.index-url='…'`)."""
    values: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, quoted = line.partition("=")
        key = name.rpartition(".")[2]
        if key in _PIP_KEYS and quoted[:1] in {"'", '"'}:
            values[key] = str(ast.literal_eval(quoted))
    if not values.keys() - {"timeout", "retries"}:
        return ""
    return "[global]\n" + "".join(f"{key} = {value}\n" for key, value in sorted(values.items()))


def _pip_list() -> str:
    try:
        return run([sys.executable, "-m", "pip", "config", "list"], timeout=20)
    except ClusterError:
        return ""  # no pip here, so nothing is configured for it


def _certificates(environment: Mapping[str, str]) -> Path | None:
    candidates = [Path(environment["SSL_CERT_FILE"])] if environment.get("SSL_CERT_FILE") else []
    return next((path for path in [*candidates, _CERTIFICATES] if path.is_file()), None)


def _npmrc(environment: Mapping[str, str]) -> Path | None:
    path = Path(environment.get("NPM_CONFIG_USERCONFIG") or Path.home() / ".npmrc")
    return path if path.is_file() else None
