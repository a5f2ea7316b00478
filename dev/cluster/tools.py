"""kind, kubectl, helm and kubeconform at pinned versions: the user's own where they fit, else built from Go modules.

`dev/node-image/go.mod` pins every version. What is built goes to the cache under a hash of what it is built from,
so nothing is built twice and nothing old is used by mistake.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.cluster.errors import ClusterError
from dev.cluster.lock import locked
from dev.cluster.process import run, run_logged
from dev.cluster.progress import step
from dev.cluster.settings import REPOSITORY, Settings

SOURCE = REPOSITORY / "dev" / "node-image"
NODE_PROGRAMS = ("kube", "etcd", "coredns", "pause", "provisioner")
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.\d+")
_NODE_SECONDS, _TOOLS_SECONDS = 480, 150  # on two cores, modules not yet downloaded


@dataclass(frozen=True)
class Tool:
    """A command-line tool that this package runs.

    Attributes:
        package: the Go package it is built from.
        module: the module whose version go.mod pins.
        version_command: arguments that make it print its version.
        skew: by how many minor versions the user's own may differ (kubectl's promise to API servers is one).
    """

    package: str
    module: str
    version_command: tuple[str, ...]
    skew: int


TOOLS = {
    "kind": Tool("sigs.k8s.io/kind", "sigs.k8s.io/kind", ("version",), 0),
    "kubectl": Tool("k8s.io/kubernetes/cmd/kubectl", "k8s.io/kubernetes", ("version", "--client"), 1),
    "helm": Tool("helm.sh/helm/v4/cmd/helm", "helm.sh/helm/v4", ("version", "--short"), 0),
    "kubeconform": Tool("github.com/yannh/kubeconform/cmd/kubeconform", "github.com/yannh/kubeconform", ("-v",), 0),
}


def pinned(module: str, go_mod: str | None = None) -> str:
    """The version of a module that go.mod pins, such as `v1.36.3`."""
    text = (SOURCE / "go.mod").read_text() if go_mod is None else go_mod
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", text, re.MULTILINE)
    if not found:
        raise ClusterError(f"{SOURCE / 'go.mod'} pins no version of {module}: run `go get {module}@latest` there")
    return found[1]


def fits(tool: Tool, printed: str, wanted: str) -> bool:
    """Whether a tool that prints this version can stand in for the wanted one."""
    have, want = _VERSION.search(printed), _VERSION.search(wanted)
    if not have or not want:
        return False
    return have[1] == want[1] and abs(int(have[2]) - int(want[2])) <= tool.skew


def linker_flags() -> str:
    """Strips the programs and writes in the versions that they report."""
    kubernetes, helm = pinned("k8s.io/kubernetes"), pinned("helm.sh/helm/v4")
    major, minor, _ = kubernetes.removeprefix("v").split(".", 2)
    values = {
        "k8s.io/component-base/version.gitVersion": kubernetes,
        "k8s.io/component-base/version.gitMajor": major,
        "k8s.io/component-base/version.gitMinor": minor,
        "helm.sh/helm/v4/internal/version.version": helm,
        "main.version": pinned("github.com/yannh/kubeconform"),
    }
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])


def content_key(files: Iterable[Path], *more: str) -> str:
    """A short hash of files (names and contents) and of anything else that decides a result."""
    digest = hashlib.sha256()
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)}\n".encode() + content)
    for part in more:
        digest.update(f"{len(part)}\n{part}".encode())
    return digest.hexdigest()[:16]


def build_folder(settings: Settings) -> Path:
    """Where programs built from the present sources are, or will be."""
    sources = [SOURCE / "go.mod", SOURCE / "go.sum", *SOURCE.glob("cmd/*/*.go")]
    return settings.cache / f"bin-{content_key(sources, linker_flags(), platform.machine())}"


def missing_tools(settings: Settings, names: Iterable[str] = tuple(TOOLS)) -> list[str]:
    """The tools that neither the user nor the cache has."""
    built = build_folder(settings)
    return [name for name in names if _find(settings, name, built) is None]


def missing_node_programs(settings: Settings) -> list[str]:
    """The node's programs that the cache does not have."""
    return [name for name in NODE_PROGRAMS if not (build_folder(settings) / name).exists()]


def build(settings: Settings, programs: Iterable[str]) -> None:
    """Builds programs into the cache. A run that is killed leaves nothing that looks finished."""
    folder = build_folder(settings)
    with locked(settings.cache / "build.lock", purpose="building programs"):
        wanted = [name for name in programs if not (folder / name).exists()]
        if wanted:
            seconds = _NODE_SECONDS if "kube" in wanted else _TOOLS_SECONDS
            with step(f"building {', '.join(wanted)} from Go modules", seconds=seconds):
                _build_into(settings, folder, SOURCE, lambda target: _build_command(wanted, target))


def build_other(settings: Settings, source: Path, package: str = ".", *, seconds: float) -> Path:
    """A program of another Go module of this repository, from the cache or built now; named after its module's folder.

    Its own module lets it depend on versions that do not go together with those of the cluster's parts.
    """
    sources = [path for path in source.iterdir() if path.suffix in {".mod", ".sum", ".go"}]
    folder = settings.cache / f"bin-{content_key(sources, package, platform.machine())}"
    program = folder / source.name
    with locked(settings.cache / "build.lock", purpose=f"building {source.name}"):
        if not program.exists():
            with step(f"building {source.name} from Go modules", seconds=seconds):
                _build_into(settings, folder, source, lambda target: _go_build("-s -w", target / source.name, package))
    return program


def _build_into(
    settings: Settings, folder: Path, source: Path, command: Callable[[Path], Sequence[str | Path]]
) -> None:
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    run_logged(
        command(unfinished),
        settings.logs / "go-build.log",
        environment={**os.environ, "CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": ""},
        marker=settings.key,
        cwd=source,
    )
    folder.mkdir(exist_ok=True)
    for program in unfinished.iterdir():
        program.replace(folder / program.name)
    unfinished.rmdir()


def _build_command(programs: Iterable[str], target: Path) -> list[str | Path]:
    packages = [TOOLS[name].package if name in TOOLS else f"./cmd/{name}" for name in programs]
    return _go_build(linker_flags(), f"{target}/", *packages)


def _go_build(flags: str, output: str | Path, *packages: str) -> list[str | Path]:
    return ["go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", output, *packages]


def link_tools(settings: Settings, more: Mapping[str, Path]) -> None:
    """Fills the folder of tools with links: the four tools, and `more` by name (the Docker client)."""
    settings.tools.mkdir(parents=True, exist_ok=True)
    built = build_folder(settings)
    found = {name: _find(settings, name, built) for name in TOOLS}
    for name, target in {**found, **more}.items():
        if target is None:
            raise ClusterError(f"{name} is not there although it was built: delete {built} and try again")
        link = settings.tools / name
        if not link.is_symlink() or link.readlink() != target:
            unfinished = link.with_name(f".{name}")
            unfinished.unlink(missing_ok=True)
            unfinished.symlink_to(target)
            unfinished.replace(link)


def _find(settings: Settings, name: str, built: Path) -> Path | None:
    if (built / name).exists():
        return built / name
    folders = [folder for folder in os.get_exec_path() if Path(folder) != settings.tools]
    own = shutil.which(name, path=os.pathsep.join(folders))
    if own is None:
        return None
    tool = TOOLS[name]
    try:
        printed = run([own, *tool.version_command], timeout=10)
    except ClusterError:
        return None  # a tool that cannot say its version is not used
    return Path(own) if fits(tool, printed, pinned(tool.module)) else None
