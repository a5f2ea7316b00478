"""The image whose container answers at once: built here, given to the node as the other images are."""

from __future__ import annotations

from pathlib import Path

from dev.cluster import ClusterError, delivery, engine, kind, tools
from dev.cluster.archive import Image, write_images
from dev.cluster.cluster import Cluster

SOURCE = Path(__file__).parents[1] / "noop"
_BUILD_SECONDS = 20


def ensure(cluster: Cluster) -> str:
    """The name of the image, which every node of the cluster has. Raises ClusterError where that cannot be."""
    settings = cluster.settings
    program = tools.build_other(settings, SOURCE, seconds=_BUILD_SECONDS)
    name = f"videotutor/noop:{tools.content_key([program])}"
    docker, kind_name = engine.find(settings), cluster.context.removeprefix("kind-")
    if docker is None or kind_name == cluster.context:
        raise ClusterError("the benchmark needs a kind cluster and its Docker engine: python3 -m dev.cluster up")
    if f"docker.io/{name}" not in delivery.on_every_node(docker, kind_name, "images"):
        archive = settings.state / "noop.tar"
        write_images(archive, [Image([f"docker.io/{name}"], {"/noop": program}, ["/noop"])])
        kind.load(settings, docker, kind_name, archive)
        archive.unlink()
    return name
