"""What the commands do: bring the cluster up from any state that a killed run can have left, and take it down."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from dev.cluster import debian, engine, existing, kind, node_image, preflight, private, registry, sweep, tools, traces
from dev.cluster.engine import Engine
from dev.cluster.errors import ClusterError
from dev.cluster.lock import locked
from dev.cluster.process import end_orphans, run_logged
from dev.cluster.progress import say, step
from dev.cluster.record import Record
from dev.cluster.settings import Settings

BOOTSTRAPPED = "dev.videotutor.bootstrapped"  # label of a base image that was made here instead of pulled
_APT_SECONDS, _PULL_SECONDS = 45, 60


def up(settings: Settings) -> None:
    """Makes sure that the cluster runs. Raises ClusterError naming what is missing before anything is started."""
    with locked(lock_file(settings), purpose="bringing the cluster up"):
        if settings.existing_context:
            existing.use(settings, settings.existing_context)
        elif runs(settings):
            say(f"{settings.name} is running already")
        else:
            end_orphans(settings.key)
            _make(settings)
            say(f'{settings.name} is up. To use it from this shell: eval "$(python3 -m dev.cluster env)"')


def down(settings: Settings, *, purge: bool = False) -> None:
    """Removes everything that `up` made; with `purge` the cache as well."""
    lock = lock_file(settings)
    with locked(lock, purpose="taking the cluster down"):
        end_orphans(settings.key)
        record = Record.read(settings)
        if record is None or not record.existing:
            _remove_cluster(settings, record)
        if purge:
            _purge(settings)
        shutil.rmtree(settings.state, ignore_errors=True)
        lock.unlink()
    if not any(lock.parent.iterdir()):
        lock.parent.rmdir()
    kept = (
        f" (kept to be quick next time: {settings.cache}; `down --purge` removes it)" if settings.cache.exists() else ""
    )
    say(f"{settings.name} is down{kept}")


def runs(settings: Settings) -> bool:
    """Whether the cluster that this state folder describes answers now."""
    record = Record.read(settings)
    docker = engine.find(settings) if record and not record.existing else None
    return docker is not None and kind.container_state(settings, docker) == "running" and kind.answers(settings)


def lock_file(settings: Settings) -> Path:
    """Beside the state folder, which comes and goes."""
    return settings.state.with_name(f"{settings.name}.lock")


def _make(settings: Settings) -> None:
    docker = recover_engine(settings)
    record = Record.read(settings)
    sleeping = docker is not None and record is not None and kind.container_state(settings, docker) is not None
    published = not sleeping and registry.reachable()
    _prepare(settings, docker, node_image_needed=not sleeping and not published)
    docker = docker or private.start(settings)
    tools.link_tools(settings, {"docker": docker.client})
    if sleeping:
        if kind.wake(settings, docker):
            kind.wait_ready(settings)
            return
        say("  the node does not come back: making a new one")
    kind.delete(settings, docker)
    Record.remove(settings)
    settings.images.unlink(missing_ok=True)
    _create(settings, docker, published=published)


def _create(settings: Settings, docker: Engine, *, published: bool) -> None:
    made_network = not docker.private and engine.NETWORK not in docker.networks()
    kind.create(settings, docker, _node_image(settings, docker, published=published))
    kind.wait_ready(settings)
    made = Record(f"kind-{settings.name}", False, dict(settings.ports), docker.host, made_network)
    made.write(settings)


def _node_image(settings: Settings, docker: Engine, *, published: bool) -> str:
    """Kind's own image where it can be pulled, else one built here."""
    if published:
        try:
            with step(f"pulling {kind.PUBLISHED_IMAGE.partition('@')[0]}", seconds=_PULL_SECONDS):
                docker.docker("pull", "--quiet", kind.PUBLISHED_IMAGE)
        except ClusterError as error:
            say(f"  {error}\n  building a node image instead")
            _prepare(settings, docker, node_image_needed=True)
        else:
            return kind.PUBLISHED_IMAGE
    return node_image.ensure(settings, docker)


def recover_engine(settings: Settings) -> Engine | None:
    """The engine that answers; a private one that was killed is started again."""
    found = engine.find(settings)
    if found is None and engine.has_private(settings) and engine.find_program("dockerd"):
        return private.start(settings)
    return found


def _prepare(settings: Settings, docker: Engine | None, *, node_image_needed: bool) -> None:
    """Checks everything first, then installs packages and builds programs."""
    node_image_missing = node_image_needed and not node_image.is_cached(settings)
    programs = tools.missing_tools(settings)
    if node_image_missing:
        programs += tools.missing_node_programs(settings)
    needs = preflight.Needs(
        engine=docker is None,
        go=bool(programs),
        node_image=node_image_missing,
        ports=docker is None or kind.container_state(settings, docker) != "running",
    )
    install_packages(settings, preflight.check(needs, settings))
    if node_image_missing:
        node_image.prepare(settings)
    else:
        tools.build(settings, programs)


def install_packages(settings: Settings, packages: list[str]) -> None:
    """Installs Debian packages (needs root); does nothing when none are given."""
    if not packages:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    log = settings.logs / "apt.log"
    with step(f"installing Debian packages: {' '.join(packages)}", seconds=_APT_SECONDS):
        run_logged(["apt-get", "update"], log, environment=environment, marker=settings.key)
        install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
        run_logged(install, log, environment=environment, marker=settings.key)


def _remove_cluster(settings: Settings, record: Record | None) -> None:
    """Through the engine, so that all goes in order; without it when a private engine is beyond repair."""
    try:
        docker = recover_engine(settings)
    except ClusterError as error:
        say(f"  {error}\n  removing what it left without it")
        docker = None
    if docker is None:
        sweep.engine(settings)
        traces.undo(settings)
        return
    kind.delete(settings, docker)
    if docker.private:
        private.empty(docker)
        private.stop(settings)
    else:
        _clean_users_engine(settings, docker, made_network=record is not None and record.made_network)


def _purge(settings: Settings) -> None:
    """Removes the cache, less the images of other clusters' engines, which may be running."""
    debian.clear(sweep.data_root(settings))
    for entry in settings.cache.iterdir() if settings.cache.exists() else ():
        if entry.name != sweep.ENGINES:
            debian.clear(entry) if entry.is_dir() else entry.unlink()
    for folder in (settings.cache / sweep.ENGINES, settings.cache):
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()


def _clean_users_engine(settings: Settings, docker: Engine, *, made_network: bool) -> None:
    """Removes our images unless another cluster of ours needs them, and kind's network if we made it for us alone."""
    others = [other for other in Record.read_others(settings) if not other.existing and other.docker_host is None]
    if not others:
        ours = docker.docker("image", "ls", "--quiet", "--filter", "reference=videotutor/*").split()
        ours += docker.docker("image", "ls", "--quiet", "--filter", f"label={BOOTSTRAPPED}").split()
        unused = [
            image for image in dict.fromkeys(ours) if not docker.docker("ps", "-aq", "--filter", f"ancestor={image}")
        ]
        if unused:
            docker.docker("image", "rm", "--force", *unused)
    if made_network and not docker.docker("ps", "--all", "--quiet", "--filter", f"network={engine.NETWORK}"):
        docker.docker("network", "rm", engine.NETWORK)
