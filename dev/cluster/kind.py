"""The kind cluster itself: its configuration, and making, waking, judging and deleting it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from dev.cluster.engine import Engine
from dev.cluster.errors import ClusterError
from dev.cluster.process import run, run_logged, succeeds, wait_until
from dev.cluster.progress import say, step
from dev.cluster.settings import PORTS, Settings

# kind 0.33's default (pkg/apis/config/defaults/image.go), named here so that it can be pulled with a check before.
PUBLISHED_IMAGE = "kindest/node:v1.37.0@sha256:a1ed56cfb0e7b93589bdf97c8cd566405a265939e3620fc4f5de89adff580ae5"
POD_RESOLV_CONF = "/kind/pod-resolv.conf"  # written by dev/node-image/files/entrypoint
_CREATE_SECONDS, _READY_SECONDS = 15, 25
_READY_DEADLINE = 180.0
_WAKE_DEADLINE = 90.0
SYSTEM_NAMESPACES = {"kube-system", "local-path-storage"}  # the second in kind's own image only


def configuration(name: str, image: str, ports: Mapping[str, int]) -> dict[str, object]:
    """Kind's configuration. Services are published on 127.0.0.1 only."""
    kubelet: dict[str, object] = {"kind": "KubeletConfiguration", "failCgroupV1": False}
    if image != PUBLISHED_IMAGE:
        kubelet |= {"cgroupDriver": "cgroupfs", "resolvConf": POD_RESOLV_CONF}
    mappings = [
        {"listenAddress": "127.0.0.1", "hostPort": ports[service], "containerPort": node_port, "protocol": "TCP"}
        for service, (_, _, node_port) in PORTS.items()
    ]
    return {
        "kind": "Cluster",
        "apiVersion": "kind.x-k8s.io/v1alpha4",
        "name": name,
        "networking": {"apiServerAddress": "127.0.0.1"},
        "nodes": [{"role": "control-plane", "image": image, "extraPortMappings": mappings}],
        "kubeadmConfigPatches": [json.dumps(kubelet)],
    }


def node(settings: Settings) -> str:
    """The name of the node and of its container."""
    return f"{settings.name}-control-plane"


def container_state(settings: Settings, engine: Engine) -> str | None:
    """Docker's word for the node's container (`running`, `exited`, …), or None when there is none."""
    listed = engine.docker("ps", "--all", "--filter", f"name=^{node(settings)}$", "--format", "{{.State}}")
    return listed.strip() or None


def create(settings: Settings, engine: Engine, image: str) -> None:
    """Makes the cluster. When that fails, the node's own log is kept and the rest is removed."""
    file = settings.state / "kind.json"
    file.write_text(json.dumps(configuration(settings.name, image, settings.ports), indent=2))
    kind: list[str | Path] = [
        settings.tools / "kind",
        "create",
        "cluster",
        "--config",
        file,
        "--kubeconfig",
        settings.kubeconfig,
    ]
    try:
        with step(f"creating the kind cluster {settings.name}", seconds=_CREATE_SECONDS):
            log = settings.logs / "kind-create.log"
            run_logged([*kind, "--retain"], log, environment=_environment(settings, engine), marker=settings.key)
    except ClusterError:
        _keep_node_log(settings, engine)
        delete(settings, engine)
        raise


def delete(settings: Settings, engine: Engine) -> None:
    """Deletes the cluster, whole or half-made; harmless when there is none."""
    if container_state(settings, engine):
        engine.docker("rm", "--force", "--volumes", node(settings))
    settings.kubeconfig.unlink(missing_ok=True)


def wake(settings: Settings, engine: Engine) -> bool:
    """Starts a stopped node, as after a reboot. False when its API server does not come back."""
    export: list[str | Path] = [settings.tools / "kind", "export", "kubeconfig", "--name", settings.name]
    try:
        with step(f"starting the stopped node of {settings.name}", seconds=15):
            engine.docker("start", node(settings))
            run([*export, "--kubeconfig", settings.kubeconfig], environment=_environment(settings, engine))
            return wait_until(lambda: answers(settings), seconds=_WAKE_DEADLINE, every=1)
    except ClusterError as error:
        say(f"  {error}")
        return False


def wait_ready(settings: Settings) -> None:
    """Waits for the node and for everything it runs: the control plane, cluster DNS, the volume provisioner."""
    with step("waiting for the node, cluster DNS and volumes", seconds=_READY_SECONDS):
        limit = f"--timeout={_READY_DEADLINE:g}s"
        kubectl(settings, "wait", "--for=condition=Ready", "nodes", "--all", limit)
        for namespace in SYSTEM_NAMESPACES & set(_namespaces(settings)):
            inside = ["--namespace", namespace]
            for deployment in kubectl(settings, *inside, "get", "deployments", "--output=name").split():
                kubectl(settings, *inside, "rollout", "status", deployment, limit)
            kubectl(settings, *inside, "wait", "--for=condition=Ready", "pods", "--all", limit)


def answers(settings: Settings) -> bool:
    """Whether the API server says that it is ready."""
    return settings.kubeconfig.exists() and succeeds(_kubectl(settings, "get", "--raw=/readyz"), timeout=5)


def kubectl(settings: Settings, *arguments: str) -> str:
    """Runs kubectl against this cluster only."""
    return run(_kubectl(settings, *arguments))


def _namespaces(settings: Settings) -> list[str]:
    return kubectl(settings, "get", "namespaces", "--output=jsonpath={.items[*].metadata.name}").split()


def _kubectl(settings: Settings, *arguments: str) -> list[str | Path]:
    cache = f"--cache-dir={settings.state / 'kubectl'}"
    return [settings.tools / "kubectl", f"--kubeconfig={settings.kubeconfig}", cache, *arguments]


def load(settings: Settings, engine: Engine, cluster: str, archive: Path) -> None:
    """Gives the images of an archive to every node of a kind cluster."""
    command: list[str | Path] = [settings.tools / "kind", "load", "image-archive", archive, "--name", cluster]
    run(command, environment=_environment(settings, engine))


def _environment(settings: Settings, engine: Engine) -> dict[str, str]:
    """Kind calls `docker` by name: let it find the client that fits the engine."""
    environment = engine.environment
    return {**environment, "PATH": f"{settings.tools}:{environment.get('PATH', '')}"}


def _keep_node_log(settings: Settings, engine: Engine) -> None:
    log: Path = settings.logs / "node.log"
    if container_state(settings, engine):
        log.write_text(engine.docker("logs", "--tail", "500", node(settings)))
        say(f"  the node's own log: {log}")
