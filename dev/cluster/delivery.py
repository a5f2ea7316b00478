"""Gives images to kind's nodes, sending only the layers that a node does not have.

`kind load docker-image` sends an image whole, though after a change of code all but a few kilobytes are there
already. Nodes keep layers under their digest, so an archive in which those are left out serves as well.
"""

from __future__ import annotations

import hashlib
import io
import json
import posixpath
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

from dev.cluster import kind
from dev.cluster.engine import Engine
from dev.cluster.errors import ClusterError
from dev.cluster.progress import say
from dev.cluster.settings import Settings

# Source: https://github.com/opencontainers/image-spec. The name is an annotation of containerd's.
_LAYER = "application/vnd.oci.image.layer.v1.tar"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_NAME = "io.containerd.image.name"


def load(settings: Settings, docker: Engine, cluster: str, images: Sequence[str]) -> None:
    """Loads images of the engine, all of them named in full, into every node of a kind cluster."""
    folder = settings.state / "load"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    saved, reduced = folder / "saved.tar", folder / "reduced.tar"
    docker.docker("save", "--output", saved, *images)
    try:
        write_reduced(saved, reduced, on_every_node(docker, cluster, "content"))
        kind.load(settings, docker, cluster, reduced)
    except (ClusterError, ValueError) as error:
        say(f"  sending the images whole, as sending what is missing failed: {error}")
        kind.load(settings, docker, cluster, saved)
    shutil.rmtree(folder)


def on_every_node(docker: Engine, cluster: str, kind_of_entry: str) -> set[str]:
    """What all nodes' containerd stores hold: digests (`content`) or names (`images`)."""
    label = f"label=io.x-k8s.kind.cluster={cluster}"
    nodes = docker.docker("ps", "--filter", label, "--format", "{{.Names}}").split()
    if not nodes:
        raise ClusterError(f"the Docker engine in use has no node of the kind cluster {cluster}")
    ctr = ["ctr", "--namespace", "k8s.io", kind_of_entry, "ls", "--quiet"]
    return set.intersection(*(set(docker.docker("exec", node, *ctr).split()) for node in nodes))


def write_reduced(saved: Path, reduced: Path, present: set[str]) -> None:
    """Rewrites an archive of `docker save` as an OCI layout without the layers whose digests are present.

    Raises:
        ValueError: the archive's layers are compressed, so that their digests are not those that nodes use.
    """
    sent = set(present)
    manifests: list[dict[str, Any]] = []
    with tarfile.open(saved) as source, tarfile.open(reduced, "w") as output:
        for image in json.loads(_read(source, "manifest.json")):
            config = _read(source, image["Config"])
            digests = json.loads(config)["rootfs"]["diff_ids"]
            layers = []
            for digest, path in zip(digests, image["Layers"], strict=True):
                member = _layer(source, path, digest)
                layers.append({"mediaType": _LAYER, "digest": digest, "size": member.size})
                if digest not in sent:
                    sent.add(digest)
                    _add(output, _blob(digest), _open(source, member), member.size)
            described = {"mediaType": _CONFIG, "digest": _add_blob(output, config), "size": len(config)}
            content = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": described, "layers": layers}
            manifest = json.dumps(content).encode()
            pointer = {"mediaType": _MANIFEST, "digest": _add_blob(output, manifest), "size": len(manifest)}
            manifests += [pointer | {"annotations": {_NAME: f"docker.io/{name}"}} for name in image["RepoTags"]]
        _add_text(output, "index.json", {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})
        _add_text(output, "oci-layout", {"imageLayoutVersion": "1.0.0"})


def _layer(source: tarfile.TarFile, path: str, digest: str) -> tarfile.TarInfo:
    """The layer's entry; Docker saves a layer that several images share once, with links to it."""
    if path.startswith("blobs/") and path != _blob(digest):
        raise ValueError("the engine saves compressed layers")
    member = source.getmember(path)
    if member.issym():
        return source.getmember(posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname)))
    return member


def _blob(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _read(source: tarfile.TarFile, path: str) -> bytes:
    return _open(source, source.getmember(path)).read()


def _open(source: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = source.extractfile(member)
    if content is None:
        raise ValueError(f"{member.name} is not a file")
    return content


def _add(output: tarfile.TarFile, path: str, content: IO[bytes], size: int) -> None:
    entry = tarfile.TarInfo(path)
    entry.size = size
    output.addfile(entry, content)


def _add_blob(output: tarfile.TarFile, content: bytes) -> str:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    _add(output, _blob(digest), io.BytesIO(content), len(content))
    return digest


def _add_text(output: tarfile.TarFile, path: str, content: dict[str, Any]) -> None:
    text = json.dumps(content).encode()
    _add(output, path, io.BytesIO(text), len(text))
