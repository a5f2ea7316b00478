"""Writes container images, of one layer each, as an archive that containerd and Docker can import."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Image:
    """An image to be: its names, its files (path in the image -> file to copy, or a link's text) and its entrypoint."""

    names: Sequence[str]
    files: Mapping[str, Path | str]
    entrypoint: Sequence[str] = ()


def write_images(archive: Path, images: Sequence[Image]) -> None:
    """Writes all images to one archive."""
    manifest = []
    with tarfile.open(archive, "w") as output:
        for number, image in enumerate(images):
            layer = archive.with_name(f"layer-{number}.tar")
            _write_layer(layer, image.files)
            digest = _sha256(layer)
            config = json.dumps(_config(image, digest)).encode()
            name = f"{hashlib.sha256(config).hexdigest()}.json"
            _add(output, name, config)
            output.add(layer, f"{digest}/layer.tar")
            layer.unlink()
            manifest.append({"Config": name, "RepoTags": list(image.names), "Layers": [f"{digest}/layer.tar"]})
        _add(output, "manifest.json", json.dumps(manifest).encode())


def _config(image: Image, digest: str) -> dict[str, object]:
    return {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "config": {"Env": [_PATH], "Entrypoint": list(image.entrypoint)},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }


def _write_layer(layer: Path, files: Mapping[str, Path | str]) -> None:
    folders: set[PurePosixPath] = set()
    with tarfile.open(layer, "w") as output:
        for target, source in files.items():
            path = PurePosixPath(target).relative_to("/")
            for folder in reversed(path.parents[:-1]):
                if folder not in folders:
                    folders.add(folder)
                    entry = tarfile.TarInfo(str(folder))
                    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                    output.addfile(entry)
            _add_file(output, path, source)


def _add_file(output: tarfile.TarFile, path: PurePosixPath, source: Path | str) -> None:
    entry = tarfile.TarInfo(str(path))
    if isinstance(source, str):
        entry.type, entry.linkname = tarfile.SYMTYPE, source
        output.addfile(entry)
        return
    entry.size, entry.mode = source.stat().st_size, 0o755
    with source.open("rb") as content:
        output.addfile(entry, content)


def _add(output: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    output.addfile(entry, io.BytesIO(content))


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
