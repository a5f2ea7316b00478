"""The kind node image without a registry: Debian packages, Kubernetes' Go modules and the files beside them.

The parts and why each is needed are in `dev/node-image/`. This puts them together: a Debian root file system, the
programs, the units, and the control plane's images unpacked beforehand into the node's containerd store.
"""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from dev.cluster import debian, preload, tools
from dev.cluster.engine import Engine
from dev.cluster.lock import locked
from dev.cluster.process import run, run_logged
from dev.cluster.progress import step
from dev.cluster.settings import Settings

FILES = tools.SOURCE / "files"
PACKAGES = (tools.SOURCE / "packages.txt").read_text().split()
# Units that do nothing useful, or harm, in a container.
MASKED = (tools.SOURCE / "masked-units.txt").read_text().split()
_ROOT_SECONDS, _ASSEMBLY_SECONDS, _IMPORT_SECONDS = 70, 30, 12


def name(settings: Settings) -> str:
    """The image's name; the tag is a hash of everything it is made from."""
    return f"videotutor/node:{_archive(settings).stem.removeprefix('node-')}"


def ensure(settings: Settings, engine: Engine) -> str:
    """Builds the image where it is missing (needs root and Go) and gives it to the engine. Returns its name."""
    image, archive = name(settings), _archive(settings)
    if engine.has_image(image):
        return image
    with locked(archive.with_suffix(".lock"), purpose="building the node image"):
        if not archive.exists():
            _build(settings, archive)
    with step("importing the node image into the engine", seconds=_IMPORT_SECONDS):
        changes = ['ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]', "ENV container=docker"]
        engine.docker("import", *(f"--change={change}" for change in changes), archive, image)
    return image


def is_cached(settings: Settings) -> bool:
    """Whether an earlier run built the image that the present sources make."""
    return _archive(settings).exists()


def _archive(settings: Settings) -> Path:
    recipe = [*FILES.iterdir(), *tools.SOURCE.glob("*.txt"), Path(__file__), Path(preload.__file__)]
    key = tools.content_key(recipe, tools.build_folder(settings).name, *debian.machine_sources())
    return settings.cache / f"node-{key}.tar"


def prepare(settings: Settings) -> None:
    """Does the two slow parts, which need nothing of one another, at the same time: Go and Debian."""
    if _archive(settings).exists():
        return
    with ThreadPoolExecutor() as pool:
        programs = pool.submit(tools.build, settings, [*tools.missing_tools(settings), *tools.NODE_PROGRAMS])
        pool.submit(debian.root_archive, settings, PACKAGES, seconds=_ROOT_SECONDS).result()
        programs.result()


def _build(settings: Settings, archive: Path) -> None:
    prepare(settings)
    base = debian.root_archive(settings, PACKAGES, seconds=_ROOT_SECONDS)
    scratch = archive.with_suffix(".scratch")
    debian.clear(scratch)
    root = scratch / "root"
    root.mkdir(parents=True)
    with step("putting the node image together", seconds=_ASSEMBLY_SECONDS):
        run(["tar", "--extract", "--file", base, "--directory", root], marker=settings.key)
        _install(root, tools.build_folder(settings))
        preload.unpack_images(settings, root, scratch)
        unfinished = scratch / "node.tar"
        options: list[str | Path] = [
            "--create",
            "--xattrs",
            "--numeric-owner",
            "--file",
            unfinished,
            "--directory",
            root,
            ".",
        ]
        run_logged(["tar", *options], settings.logs / "node-image.log", marker=settings.key)
        unfinished.replace(archive)
    debian.clear(scratch)
    for older in settings.cache.glob("node-*.tar"):
        if older != archive:
            older.unlink()  # they are large, and quickly made again


def _install(root: Path, programs: Path) -> None:
    """Programs, configuration and units."""
    for folder in ("kind/manifests", "etc/cni/net.d", "etc/containerd", "etc/kubernetes/manifests"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    shutil.copy2(programs / "kube", root / "usr/bin/kube")
    for component in ("kubeadm", "kubelet", "kubectl"):
        (root / "usr/bin" / component).symlink_to("kube")
    shutil.copy2(FILES / "entrypoint", root / "usr/local/bin/entrypoint")
    shutil.copy(FILES / "pods.conflist", root / "etc/cni/net.d/10-pods.conflist")
    for manifest in ("default-cni.yaml", "default-storage.yaml"):
        shutil.copy(FILES / manifest, root / "kind/manifests")
    (root / "kind/version").write_text(tools.pinned("k8s.io/kubernetes"))
    pause = next(image for image in preload.control_plane_images(programs) if "/pause:" in image)
    configuration = (FILES / "containerd.toml").read_text().replace("@PAUSE_IMAGE@", pause)
    (root / "etc/containerd/config.toml").write_text(configuration)
    _install_units(root)
    for command in ("iptables", "ip6tables"):  # the programs in kube-proxy's image speak nftables
        subprocess.run(
            ["chroot", root, "update-alternatives", "--set", command, f"/usr/sbin/{command}-nft"],
            check=True,
            capture_output=True,
        )
    (root / "etc/machine-id").write_text("")


def _install_units(root: Path) -> None:
    units = root / "etc/systemd/system"
    wanted = units / "multi-user.target.wants"
    wanted.mkdir(parents=True, exist_ok=True)
    for unit in ("containerd.service", "kubelet.service"):
        shutil.copy(FILES / unit, units / unit)
        link = wanted / unit
        link.unlink(missing_ok=True)
        link.symlink_to(f"/etc/systemd/system/{unit}")
    for unit in MASKED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    default = units / "default.target"
    default.unlink(missing_ok=True)
    default.symlink_to("/lib/systemd/system/multi-user.target")
