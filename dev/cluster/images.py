"""Builds the Dockerfile's images with BuildKit and gives them to the cluster, each only when it has changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.cluster import debian, delivery, engine, lifecycle, preflight, registry, secrets
from dev.cluster.engine import Engine
from dev.cluster.errors import ClusterError
from dev.cluster.lock import locked
from dev.cluster.process import run_logged
from dev.cluster.progress import say, step
from dev.cluster.record import Record
from dev.cluster.settings import REPOSITORY, Settings

TARGETS = ("api", "operator", "renderer", "convex-local")
BASE = f"debian:{debian.RELEASE}-slim"
_BASE_SECONDS, _BUILD_SECONDS, _LOAD_SECONDS = 30, 90, 20
_ID_LENGTH = 12


def build_and_load(settings: Settings, targets: Iterable[str] = TARGETS) -> dict[str, str]:
    """Builds the targets and loads those that the cluster does not have yet. Returns target -> full image name."""
    record = Record.read(settings)
    if record is None:
        raise ClusterError(f"there is no cluster {settings.name}: python3 -m dev.cluster up")
    with locked(lifecycle.lock_file(settings), purpose="building images"):
        docker = _engine(settings)
        _ensure_base(settings, docker)
        images = _build_all(settings, docker, list(targets))
        loaded = _deliver(settings, docker, record, images)
        known = json.loads(settings.images.read_text()) if settings.images.exists() else {}
        settings.images.write_text(json.dumps({**known, **loaded}, indent=2))
    return loaded


def build_command(target: str, tag: str, options: Iterable[str], *, host_network: bool) -> list[str]:
    """The arguments of `docker` that build one target."""
    network = ["--network", "host"] if host_network else []
    return ["build", "--progress", "plain", "--target", target, "--tag", tag, *network, *options, str(REPOSITORY)]


def _engine(settings: Settings) -> Engine:
    docker = engine.find(settings)
    if docker is None:
        raise ClusterError("building images needs a Docker engine, and none answers. Fix: start Docker")
    if not engine.has_buildkit(docker.client):
        raise ClusterError(
            f"{docker.client} cannot use BuildKit. Fix: apt-get install docker-buildx (or docker-buildx-plugin)"
        )
    return docker


def _ensure_base(settings: Settings, docker: Engine) -> None:
    """The base image: pulled, or made from Debian packages where it cannot be."""
    if docker.has_image(BASE) or (registry.reachable() and _pull_base(docker)):
        return
    needs = preflight.Needs(engine=False, go=False, node_image=True, ports=False)
    lifecycle.install_packages(settings, preflight.check(needs, settings))
    archive = debian.root_archive(settings, [], seconds=_BASE_SECONDS)
    docker.docker("import", f"--change=LABEL {lifecycle.BOOTSTRAPPED}=true", '--change=CMD ["bash"]', archive, BASE)


def _pull_base(docker: Engine) -> bool:
    try:
        with step(f"pulling {BASE}", seconds=_BASE_SECONDS):
            docker.docker("pull", "--quiet", BASE)
    except ClusterError as error:
        say(f"  {error}\n  making it from Debian packages instead")
        return False
    return True


def _build_all(settings: Settings, docker: Engine, targets: list[str]) -> dict[str, str]:
    """Builds at the same time: BuildKit does what the targets share once, and downloads while it compiles."""
    with secrets.build_options(settings) as options, ThreadPoolExecutor() as pool:
        names = pool.map(lambda target: _build(settings, docker, target, options), targets)
        return dict(zip(targets, names, strict=True))


def _build(settings: Settings, docker: Engine, target: str, options: list[str]) -> str:
    """Builds one target; returns its name, whose tag is the content's id."""
    development = f"videotutor/{target}:dev"
    command = build_command(target, development, options, host_network="bridge" not in docker.networks())
    with step(f"building the image {target}", seconds=_BUILD_SECONDS):
        run_logged(
            [docker.client, *command],
            settings.logs / f"image-{target}.log",
            environment=docker.environment,
            marker=settings.key,
        )
    digest = docker.docker("image", "inspect", "--format", "{{.Id}}", development).strip().removeprefix("sha256:")
    name = f"videotutor/{target}:{digest[:_ID_LENGTH]}"
    docker.docker("tag", development, name)
    _forget_older(docker, target, {name, development})
    return name


def _forget_older(docker: Engine, target: str, kept: set[str]) -> None:
    """Removes the names of earlier builds; without this every change of code would hold on to its layers."""
    listed = docker.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", f"videotutor/{target}").split()
    older = [name for name in listed if name not in kept and not name.endswith(":<none>")]
    if older:
        docker.docker("image", "rm", *older)


def _deliver(settings: Settings, docker: Engine, record: Record, images: dict[str, str]) -> dict[str, str]:
    if record.existing and not record.context.startswith("kind-"):
        return {target: _push(settings, docker, name) for target, name in images.items()}
    cluster = record.context.removeprefix("kind-")
    present = delivery.on_every_node(docker, cluster, "images")
    missing = {target: name for target, name in images.items() if f"docker.io/{name}" not in present}
    if missing:
        with step(f"loading {', '.join(missing)} into the cluster", seconds=_LOAD_SECONDS):
            names = [name for target in missing for name in (missing[target], f"videotutor/{target}:dev")]
            delivery.load(settings, docker, cluster, names)
    else:
        say("the cluster has these images already")
    return images


def _push(settings: Settings, docker: Engine, name: str) -> str:
    if settings.image_prefix is None:
        raise ClusterError(
            "an existing cluster that is not kind's gets its images from a registry. "
            "Fix: export VIDEOTUTOR_IMAGE_PREFIX=registry.example/path (where `docker push` may write)"
        )
    pushed = f"{settings.image_prefix}/{Path(name).name}"
    docker.docker("tag", name, pushed)
    with step(f"pushing {pushed}", seconds=_LOAD_SECONDS):
        docker.docker("push", "--quiet", pushed)
    return pushed
