"""What `status` and `logs` say: how each part is, and what is wrong with it."""

from __future__ import annotations

from dev.cluster import engine, kind
from dev.cluster.errors import ClusterError
from dev.cluster.process import tail
from dev.cluster.progress import say
from dev.cluster.record import Record
from dev.cluster.settings import Settings

_LOG_LINES = 30


def status(settings: Settings) -> bool:
    """Prints one line for each part. True when all is well."""
    parts = list(_parts(settings))
    for well, text in parts:
        print(f"{'ok   ' if well else 'WRONG'} {text}")
    return all(well for well, _ in parts)


def _parts(settings: Settings) -> list[tuple[bool, str]]:
    record = Record.read(settings)
    if record is None:
        unfinished = " (an `up` was interrupted: run it again)" if settings.state.exists() else ""
        return [(False, f"{settings.name}: no cluster{unfinished}: python3 -m dev.cluster up")]
    parts = [] if record.existing else _machine_parts(settings)
    if not kind.answers(settings):
        return [*parts, (False, f"API server of {record.context}: no answer (python3 -m dev.cluster up; then logs)")]
    return [*parts, (True, f"API server of {record.context}: ready"), *_nodes(settings), *_pods(settings)]


def _machine_parts(settings: Settings) -> list[tuple[bool, str]]:
    docker = engine.find(settings)
    if docker is None:
        return [(False, "Docker engine: no answer (python3 -m dev.cluster up starts it again)")]
    state = kind.container_state(settings, docker)
    whose = f"private, {docker.host}" if docker.private else "the user's"
    return [
        (True, f"Docker engine: answers ({whose})"),
        (state == "running", f"node container {kind.node(settings)}: {state or 'not there'}"),
    ]


def _nodes(settings: Settings) -> list[tuple[bool, str]]:
    ready = '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'
    rows = [line.split() for line in kind.kubectl(settings, "get", "nodes", f"--output=jsonpath={ready}").splitlines()]
    return [(state == "True", f"node {name}: {'Ready' if state == 'True' else 'not Ready'}") for name, state in rows]


def _pods(settings: Settings) -> list[tuple[bool, str]]:
    """The cluster's own pods must run. Others are counted: a pod that waits for its turn is no fault of the cluster."""
    unfinished = "--field-selector=status.phase!=Succeeded,status.phase!=Failed"
    listed = kind.kubectl(settings, "get", "pods", "--all-namespaces", "--no-headers", unfinished).splitlines()
    rows = [row.split() for row in listed]
    system = [row for row in rows if row[0] in kind.SYSTEM_NAMESPACES]
    others = [row for row in rows if row[0] not in kind.SYSTEM_NAMESPACES]
    waiting = sum(not is_running(row) for row in others)
    wrong = [(False, f"pod {' '.join(row[:4])}") for row in system if not is_running(row)]
    return [
        (not wrong, f"pods of the cluster itself: {len(system)}, of which {len(wrong)} are not ready"),
        *wrong,
        (True, f"other pods at work: {len(others)}, of which {waiting} are not ready"),
    ]


def is_running(columns: list[str]) -> bool:
    """From kubectl's `NAMESPACE NAME READY STATUS …`, READY being `1/1`: all containers run and are ready."""
    ready, _, wanted = columns[2].partition("/")
    return columns[3] == "Running" and ready == wanted


def logs(settings: Settings) -> None:
    """Prints the end of every log of this cluster, then the cluster's warnings."""
    for file in sorted(settings.logs.glob("*.log")):
        print(f"==> {file}\n{tail(file.read_text(errors='replace'), _LOG_LINES)}\n")
    if not kind.answers(settings):
        say("the API server does not answer, so there are no events to show")
        return
    try:
        warnings = ["get", "events", "--all-namespaces", "--field-selector=type=Warning", "--sort-by=.lastTimestamp"]
        print(f"==> warnings of the cluster\n{tail(kind.kubectl(settings, *warnings), _LOG_LINES)}")
    except ClusterError as error:
        say(str(error))
