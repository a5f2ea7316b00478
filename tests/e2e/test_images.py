from __future__ import annotations

import json
import os
import subprocess

import pytest

from dev.cluster import current

TARGETS = ["api", "operator", "renderer", "convex-local"]


def _docker(*arguments: str) -> str:
    cluster = current()
    environment = {**os.environ, **cluster.env}
    command = [str(cluster.tool("docker")), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120).stdout


def _shell(target: str, script: str) -> str:
    options = ["--rm", "--network=none", "--read-only", "--entrypoint=sh"]
    return _docker("run", *options, current().image(target), "-c", script)


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_runs_as_nobody_in_particular_and_says_what_it_is(target: str) -> None:
    (image,) = json.loads(_docker("image", "inspect", current().image(target)))
    assert image["Config"]["User"] == "10001:10001"
    assert image["Config"]["Labels"]["org.opencontainers.image.title"] == f"videotutor-{target}"


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_holds_no_tool_that_builds_and_no_configuration_of_the_machine(target: str) -> None:
    tools = _shell(target, "for tool in pip pip3 uv npm npx gcc cc make; do command -v $tool; done; true")
    assert tools == ""
    left = "ls -d /cache /src /run/secrets /etc/pip.conf /root/.npmrc /var/lib/apt/lists/*Packages* 2>/dev/null; true"
    assert _shell(target, left) == ""


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_has_its_licences_and_those_of_the_debian_packages_that_it_adds(target: str) -> None:
    """Those of the base are the base's: the one that is made from packages where Debian's cannot be pulled has none."""
    added = {"renderer": "python3.11 espeak-ng fonts-noto-core libcairo2", "convex-local": ""}
    for package in added.get(target, "python3.11").split():
        assert "icense" in _shell(target, f"cat /usr/share/doc/{package}/copyright")
    assert "Apache License" in _shell(target, "cat /usr/share/doc/videotutor/LICENSE /usr/share/doc/videotutor/NOTICE")


def test_the_renderer_is_not_labelled_as_free_of_the_gpl_that_it_loads() -> None:
    (image,) = json.loads(_docker("image", "inspect", current().image("renderer")))
    labelled = set(image["Config"]["Labels"]["org.opencontainers.image.licenses"].split(" AND "))
    loaded = _shell("renderer", "ls /opt/venv/lib/python3*/site-packages/av.libs")
    assert ("libx264" in loaded) <= ("GPL-2.0-or-later" in labelled)
    assert {"Apache-2.0", "GPL-3.0-or-later", "OFL-1.1", "CC0-1.0"} <= labelled


@pytest.mark.parametrize("target", ["api", "operator", "renderer"])
def test_an_image_has_exactly_the_packages_of_its_own_part(target: str) -> None:
    program = "import importlib.metadata as m; print(*sorted(d.name.lower() for d in m.distributions()))"
    installed = set(_docker("run", "--rm", "--entrypoint=python", current().image(target), "-c", program).split())
    belongs = {"api": "fastapi", "operator": "kopf", "renderer": "piper-tts"}
    assert {part for part, package in belongs.items() if package in installed} == {target}
    assert installed.isdisjoint({"pytest", "ruff", "mypy", "uv", "pip", "setuptools"})
