from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from dev.cluster.archive import Image, write_images
from dev.cluster.delivery import write_reduced
from dev.cluster.images import build_command

BASE, APP = "videotutor/base:1", "videotutor/app:1"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Two images as `docker save` writes them: one layer each, of one file and a link to it."""
    program = tmp_path / "program"
    program.write_bytes(b"#!/bin/sh\n")
    archive = tmp_path / "saved.tar"
    write_images(
        archive,
        [
            Image([BASE], {"/usr/bin/base": program, "/usr/bin/alias": "base"}),
            Image([APP, "videotutor/app:dev"], {"/app": program}, ["/app"]),
        ],
    )
    return archive


def reduce(saved: Path, present: set[str]) -> dict[str, bytes]:
    reduced = saved.with_name("reduced.tar")
    write_reduced(saved, reduced, present)
    with tarfile.open(reduced) as archive:
        return {name: content.read() for name in archive.getnames() if (content := archive.extractfile(name))}


def blob(files: dict[str, bytes], digest: str) -> Any:
    return json.loads(files["blobs/" + digest.replace(":", "/")])


def layers(files: dict[str, bytes], image: str) -> list[str]:
    index = json.loads(files["index.json"])
    (manifest,) = (
        entry["digest"]
        for entry in index["manifests"]
        if entry["annotations"]["io.containerd.image.name"] == f"docker.io/{image}"
    )
    return [layer["digest"] for layer in blob(files, manifest)["layers"]]


def test_a_node_that_has_nothing_gets_every_layer_under_its_digest(saved: Path) -> None:
    files = reduce(saved, present=set())

    for image in (BASE, APP, "videotutor/app:dev"):
        (digest,) = layers(files, image)
        content = files["blobs/" + digest.replace(":", "/")]
        assert hashlib.sha256(content).hexdigest() == digest.removeprefix("sha256:")


def test_a_layer_that_the_node_has_is_described_and_not_sent(saved: Path) -> None:
    (base,) = layers(reduce(saved, present=set()), BASE)
    files = reduce(saved, present={base})

    assert layers(files, BASE) == [base]
    assert "blobs/" + base.replace(":", "/") not in files
    assert "blobs/" + layers(files, APP)[0].replace(":", "/") in files


def test_the_configuration_travels_with_the_image(saved: Path) -> None:
    files = reduce(saved, present=set())
    index = json.loads(files["index.json"])
    manifest = blob(files, index["manifests"][-1]["digest"])

    assert blob(files, manifest["config"]["digest"])["config"]["Entrypoint"] == ["/app"]


def test_compressed_layers_are_refused_so_that_images_are_sent_whole(tmp_path: Path) -> None:
    archive = tmp_path / "saved.tar"
    config = tmp_path / "config"
    config.write_text(json.dumps({"rootfs": {"diff_ids": ["sha256:aa"]}}))
    manifest = tmp_path / "manifest"
    manifest.write_text(json.dumps([{"Config": "config", "Layers": ["blobs/sha256/bb"], "RepoTags": [APP]}]))
    with tarfile.open(archive, "w") as output:
        output.add(config, "config")
        output.add(manifest, "manifest.json")

    with pytest.raises(ValueError, match="compressed layers"):
        write_reduced(archive, tmp_path / "reduced.tar", set())


def test_the_hosts_network_is_used_only_where_it_is_asked_for() -> None:
    plain = build_command("api", "a:dev", ["--secret=id=ca,src=/ca"], host_network=False)

    assert plain[:7] == ["build", "--progress", "plain", "--target", "api", "--tag", "a:dev"]
    assert plain[7] == "--secret=id=ca,src=/ca"
    assert build_command("api", "a:dev", [], host_network=True)[7:9] == ["--network", "host"]
