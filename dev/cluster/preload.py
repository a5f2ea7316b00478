"""The control plane's images, made from the built programs and unpacked into a node's containerd store.

kubeadm starts the control plane as static pods from images with fixed names, which the node must find without
pulling. A containerd of our own, whose store lies in the node's root file system, unpacks them there once.
"""

from __future__ import annotations

import glob
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.cluster import tools
from dev.cluster.archive import Image, write_images
from dev.cluster.errors import ClusterError
from dev.cluster.process import WORK_MARKER, run, tail, wait_until
from dev.cluster.settings import Settings

PROVISIONER = "videotutor.dev/provisioner:node"
_KUBE_COMPONENTS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy")
_IPTABLES = ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore")
_STORE = "var/lib/containerd"
_START_SECONDS = 20.0


def unpack_images(settings: Settings, root: Path, scratch: Path) -> None:
    """Fills the containerd store below `root`; `scratch` is for files on the way."""
    programs = tools.build_folder(settings)
    archive = scratch / "images.tar"
    write_images(archive, _images(programs, root))
    with _containerd(settings, root, scratch) as ctr:
        run([*ctr, "images", "import", "--snapshotter", "overlayfs", archive])
        for line in run([*ctr, "content", "ls"]).splitlines()[1:]:
            digest, size = line.split()[:2]
            if size.endswith(("MB", "MiB")):
                run([*ctr, "content", "rm", digest])  # a layer: it has been unpacked
        _collect_garbage(ctr)
    archive.unlink()


def control_plane_images(programs: Path) -> list[str]:
    """The names under which kubeadm looks for its images."""
    with_version = ["--kubernetes-version", tools.pinned("k8s.io/kubernetes")]
    command: list[str | Path] = [
        "bash",
        "-c",
        'exec -a kubeadm "$0" config images list "$@"',
        programs / "kube",
        *with_version,
    ]
    return run(command).split()


def _images(programs: Path, root: Path) -> list[Image]:
    names = {re.split(r"[/:]", image)[-2]: image for image in control_plane_images(programs)}
    components: dict[str, Path | str] = {"/usr/local/bin/kube": programs / "kube"}
    components |= {f"/usr/local/bin/{component}": "kube" for component in _KUBE_COMPONENTS}
    components |= _iptables_files(root)
    return [
        Image([names[component] for component in _KUBE_COMPONENTS], components),
        Image([names["etcd"]], {"/usr/local/bin/etcd": programs / "etcd"}),
        Image([names["coredns"]], {"/coredns": programs / "coredns"}, ["/coredns"]),
        Image([names["pause"]], {"/pause": programs / "pause"}, ["/pause"]),
        Image([PROVISIONER], {"/provisioner": programs / "provisioner"}, ["/provisioner"]),
    ]


def _iptables_files(root: Path) -> dict[str, Path | str]:
    """What kube-proxy runs: iptables, its plugins, and every library that either loads.

    The plugins have needs of their own (statistic: libm). Without them iptables-restore fails as a whole, and
    Services with more than one endpoint silently have no rules.
    """
    program = "/usr/sbin/xtables-nft-multi"
    plugins = [f"/{Path(path).relative_to(root)}" for path in glob.glob(f"{root}/usr/lib/*/xtables/*.so")]  # noqa: PTH207
    loaded = subprocess.run(
        ["chroot", root, "ldd", program, *plugins], capture_output=True, text=True, check=False
    ).stdout  # exit code 1: some plugins are not dynamic objects of their own
    libraries = set(re.findall(r"(/\S+\.so\S*) \(0x", loaded))
    files: dict[str, Path | str] = {program: root / program[1:], "/etc/protocols": root / "etc/protocols"}
    files |= {f"/usr/sbin/{command}": "xtables-nft-multi" for command in _IPTABLES}
    files |= {library: Path(root, library[1:]).resolve() for library in sorted(libraries)}
    for plugin in sorted(plugins):
        source = Path(root, plugin[1:])
        files[plugin] = str(source.readlink()) if source.is_symlink() else source
    return {target: source for target, source in files.items() if isinstance(source, str) or source.exists()}


@contextmanager
def _containerd(settings: Settings, root: Path, scratch: Path) -> Iterator[list[str]]:
    """A containerd with its store below `root`; yields the `ctr` command that talks to it."""
    socket = f"/run/videotutor-{settings.key}-preload.sock"
    configuration = scratch / "containerd.toml"
    configuration.write_text(
        f'version = 2\nroot = "{root / _STORE}"\nstate = "{scratch / "state"}"\n'
        'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
        f'[grpc]\n  address = "{socket}"\n[ttrpc]\n  address = "{socket}.ttrpc"\n'
        f'[plugins."io.containerd.internal.v1.opt"]\n  path = "{scratch / "opt"}"\n'
    )
    log = settings.logs / "preload.log"
    ctr = ["ctr", "--address", socket, "--namespace", "k8s.io"]
    with log.open("wb") as output:
        daemon = subprocess.Popen(
            ["containerd", "--config", configuration],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", WORK_MARKER: settings.key},
        )
    try:
        if not wait_until(lambda: _answers(ctr), seconds=_START_SECONDS):
            raise ClusterError(f"containerd does not start:\n{tail(log.read_text(errors='replace'))}")
        yield ctr
    finally:
        daemon.terminate()
        daemon.wait()
        for leftover in (socket, f"{socket}.ttrpc"):
            Path(leftover).unlink(missing_ok=True)
        shutil.rmtree(scratch / "state", ignore_errors=True)


def _answers(ctr: list[str]) -> bool:
    try:
        run([*ctr, "version"], timeout=2)
    except ClusterError:
        return False
    return True


def _collect_garbage(ctr: list[str]) -> None:
    """Containerd collects garbage when an image is removed with `--sync`: so make one and remove it."""
    first = run([*ctr, "images", "ls", "--quiet"]).split()[0]
    run([*ctr, "images", "tag", first, "videotutor.dev/garbage:now"])
    run([*ctr, "images", "rm", "--sync", "videotutor.dev/garbage:now"])
