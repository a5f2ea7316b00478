"""From figures to what people read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.common import page
from bench.common.figures import Figure, raw
from bench.common.machine import Machine
from bench.common.tables import table

RESULTS = Path("bench/results/api.json")

_INTRODUCTION = """\
# Benchmark of the API

What strangers, large videos and rolling updates cost the requests of others. `make bench-api` measures all of it on the
development cluster in some eight minutes; `QUICK=1` tries it, `ONLY=hostile` measures one part. Raw figures:
[bench/results/api.json](../bench/results/api.json)."""

_METHOD = """\
## How it is measured

- All clients run on the machine of the cluster and use the published port of the API's Service.
- **Hostile**: connections without a request or with half a head, bodies that stop after a byte under a well-formed
  signature, downloads of a video that are not read. One that the server closes is opened again at once. Ten new
  connections a second request `/health`, ten send a signed webhook, always the same; a failed `/health` or a restart
  is an error of the run. The peer is uvicorn with `limit_concurrency=512`, its only bound of connections and memory,
  under the same connections; without it, it answers as long as memory and file descriptors last.
- **Rolling**: 50 requests/s, each on a new connection, while all pods are replaced twice; a refused one is an error.
- **List**: the floor is the API server's own list of the same VideoJobs. Memory is the process's peak.
- **Viewers** load the playlist of a live video each second; reads are counted by the API server's metrics."""


def write(root: Path, figures: Sequence[Figure], machine: Machine) -> None:
    """Write everything below a folder, the repository's root or one for tries."""
    held = sum(figure.holds for figure in figures)
    rows = table(figures, "floor", "this API")
    results = f"## Results\n\n{held} of {len(figures)} bars are held. {machine.sentence()}\n\n{rows}"
    page.put(root, "bench-api", f"{_INTRODUCTION}\n\n{results}\n\n{_METHOD}")
    page.put_beside(root, {RESULTS: raw(figures, machine)})
