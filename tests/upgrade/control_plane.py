"""A control plane of one's own: etcd, API server and controller-manager as processes, with no node.

It exists since the CRD belongs to the whole cluster: swapping it on a shared one would disturb every other user of it.
The programs are those of the development cluster's node (`dev/node-image`), built into the cache where they are
missing. No scheduler and no kubelet run: a harness plays both.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from aiohttp import ClientError, ClientSession

from dev.cluster import ClusterError, tools
from dev.cluster.settings import read_settings

CONTROLLERS = ("job-controller", "garbage-collector-controller", "ttl-after-finished-controller")
READY_SECONDS = 90
_END_SECONDS = 10
_REQUESTS_PER_SECOND = 500
"""Of the controller-manager; its default of 20 is shared by all its controllers."""

AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "Request", "verbs": ["create"], "resources": [{"group": "batch", "resources": ["jobs"]}]},
        {"level": "Metadata", "verbs": ["delete"], "resources": [{"group": "batch", "resources": ["jobs"]}]},
        {
            "level": "Metadata",
            "verbs": ["update"],
            "resources": [{"group": "videotutor.dev", "resources": ["videojobs/status"]}],
        },
        {"level": "None"},
    ],
}
"""What the audit log has: the Jobs that are made, whole; their deletions; and writes of a VideoJob's status."""


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running one. `audit`: its audit log, JSON lines, written before a request is answered."""

    server: str
    token: str
    kubeconfig: Path
    audit: Path


@asynccontextmanager
async def control_plane(folder: Path) -> AsyncIterator[ControlPlane]:
    """Run a control plane while the body runs; its data and logs go to the folder.

    Raises:
        ClusterError: it does not become ready; the message names the logs.
    """
    with ExitStack() as processes:
        yield await _started(folder, processes)


async def _started(folder: Path, processes: ExitStack) -> ControlPlane:
    programs = _programs(folder)
    etcd_port, peer_port, port = free_ports(3)
    etcd, token = f"http://127.0.0.1:{etcd_port}", secrets.token_hex(16)
    command = _etcd(folder, etcd, f"http://127.0.0.1:{peer_port}")
    processes.enter_context(_process("etcd", programs["etcd"], command, folder))
    command = _apiserver(folder, etcd, port, token)
    server = processes.enter_context(_process("kube-apiserver", programs["kube-apiserver"], command, folder))
    url = f"https://127.0.0.1:{port}"
    await _ready(url, token, server, folder)
    plane = ControlPlane(url, token, _write_kubeconfig(folder, url, token), folder / "audit.log")
    name, command = "kube-controller-manager", _controller_manager(folder, plane.kubeconfig)
    processes.enter_context(_process(name, programs[name], command, folder))
    return plane


def _programs(folder: Path) -> Mapping[str, Path]:
    """The programs by name; the components of Kubernetes are links to one binary that looks at its name."""
    settings = read_settings()
    tools.build(settings, ("kube", "etcd"))
    built = tools.build_folder(settings)
    found = {"etcd": built / "etcd"}
    for name in ("kube-apiserver", "kube-controller-manager"):
        found[name] = folder / name
        found[name].symlink_to(built / "kube")
    return found


def _etcd(folder: Path, url: str, peer: str) -> list[str]:
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _apiserver(folder: Path, etcd: str, port: int, token: str) -> list[str]:
    openssl = shutil.which("openssl")
    if openssl is None:
        raise ClusterError("openssl is missing: install the package `openssl`; it makes the API server's signing key")
    key, tokens, policy = folder / "service-accounts.key", folder / "tokens.csv", folder / "audit.yaml"
    subprocess.run([openssl, "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    tokens.touch(mode=0o600)
    tokens.write_text(f'{token},admin,admin,"system:masters"\n')
    policy.write_text(yaml.safe_dump(AUDIT))
    return [
        f"--etcd-servers={etcd}",
        f"--secure-port={port}",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://localhost",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--disable-admission-plugins=ServiceAccount",  # its controller, which makes the accounts, does not run
        f"--audit-policy-file={policy}",
        f"--audit-log-path={folder / 'audit.log'}",
        "--audit-log-mode=blocking",
    ]


def _controller_manager(folder: Path, kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--leader-elect=false",
        f"--kube-api-qps={_REQUESTS_PER_SECOND}",
        f"--kube-api-burst={_REQUESTS_PER_SECOND}",
        "--secure-port=0",
        f"--cert-dir={folder / 'certificates'}",
    ]


def _write_kubeconfig(folder: Path, server: str, token: str) -> Path:
    path, authority = folder / "kubeconfig", folder / "certificates" / "apiserver.crt"
    cluster = {"server": server, "certificate-authority": str(authority)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "own",
        "contexts": [{"name": "own", "context": {"cluster": "own", "user": "admin"}}],
        "clusters": [{"name": "own", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": token}}],
    }
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


async def _ready(server: str, token: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    headers = {"authorization": f"Bearer {token}"}
    async with ClientSession(headers=headers) as session:
        for _ in range(READY_SECONDS * 5):
            if process.poll() is not None:
                break
            try:
                async with session.get(f"{server}/readyz", ssl=False) as answer:  # its certificate is made meanwhile
                    if answer.ok:
                        return
            except ClientError:
                pass  # it does not listen yet
            await asyncio.sleep(0.2)
    raise ClusterError(f"the API server is not ready after {READY_SECONDS} s, or ended; its logs are in {folder}")


@contextmanager
def _process(name: str, program: Path, arguments: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *arguments], stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)}
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that were free a moment ago."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
