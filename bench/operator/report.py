"""From figures to what people read: the results as JSON, tables and plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.common import page
from bench.common.figures import Figure, raw
from bench.common.machine import Machine
from bench.common.plots import ELSEWHERE, FLOOR, OURS, Bar, chart
from bench.common.tables import shares, table
from bench.operator.recorded import RECORDED

RESULTS = Path("bench/results/operator.json")
SECONDS = Path("docs/images/bench-operator-seconds.svg")
BARS = Path("docs/images/bench-operator-bars.svg")


def write(root: Path, figures: Sequence[Figure], machine: Machine) -> None:
    """Write everything below a folder, the repository's root or one for tries."""
    page.put(root, "bench-operator", part(figures, machine))
    files = {RESULTS: raw(figures, machine), BARS: shares(figures)}
    if any(figure.floor for figure in figures):
        files[SECONDS] = chart("Seconds, floor and operator side by side", list(_seconds(figures)))
    page.put_beside(root, files)


def _seconds(figures: Iterable[Figure]) -> Iterable[Bar]:
    for figure in figures:
        if figure.floor is None:
            continue
        yield Bar(f"{figure.name}: floor", figure.floor, f"{figure.floor:.1f} s", FLOOR)
        yield Bar(f"{figure.name}: this operator", figure.value, f"{figure.value:.1f} s", OURS)
        for other in RECORDED:
            if other.figure == figure.name and other.seconds:
                label = f"{figure.name}: {other.system} (elsewhere)"
                yield Bar(label, other.seconds, f"{other.seconds:.1f} s", ELSEWHERE)


def part(figures: Sequence[Figure], machine: Machine) -> str:
    """The operator's part of the page of results."""
    held, rows = sum(figure.holds for figure in figures), table(figures, "floor", "this operator")
    parts = [
        _INTRODUCTION,
        f"## Results\n\n{held} of {len(figures)} bars are held. {machine.sentence()}\n\n{rows}",
        f"![Share of what each bar allows](images/{BARS.name})\n\n![Seconds beside the floor](images/{SECONDS.name})",
        _METHOD,
        f"## Recorded elsewhere\n\nNot measured in this run; for the scale of things.\n\n{_elsewhere()}",
    ]
    return "\n\n".join(parts)


def _elsewhere() -> str:
    rows = ["| system | what | number | source |", "|---|---|---|---|"]
    rows += [f"| {other.system} | {other.what} | {other.value} | {other.source} |" for other in RECORDED]
    return "\n".join(rows)


_INTRODUCTION = """\
# Benchmark of the operator

What the operator adds to the time that Kubernetes itself needs, and what it costs. `make bench-operator` measures all
of it again on the development cluster in about half an hour, on a machine that does nothing else;
`make bench-operator QUICK=1` tries it with small numbers, `ONLY=latency` measures one part. Raw figures:
[bench/results/operator.json](../bench/results/operator.json)."""

_METHOD = """\
Ratios are to the floor where there is one, and else to the bar. Faults are another matter: [faults.md](faults.md).

## How it is measured

- **The floor** is an ideal client: it makes the very Jobs that the operator makes (same pods, same environment, no
  owner), plan → 3 scenes → stitch, and starts the next stage the moment a Job is `Complete`. It checks, keeps and
  reports nothing. The operator acts on the *container's* end, which comes two to three seconds earlier, so it can be
  faster: once for each stage.
- **The operator** runs from its image, in a container on the host's network, with a namespace of its own. Processor
  time and memory are the kernel's (`/proc/<pid>`), writes are counted by its own `/metrics`, also those that fail.
  Of several runs the worst counts. The ideal client's processor time beside it says how fast the machine was: half as
  many requests, one watch instead of three, no cache; it runs with this machine's Python, whose build may be slower.
- **Real node**: kind's node on this machine. Containers run [bench/noop](../bench/noop/main.go), which reads its task
  and answers at once, under restricted pod security and with the artifacts' volume mounted. Floor and operator take
  turns; the medians count.
- **Fake node**: [kwok](https://kwok.sigs.k8s.io) plays the kubelet; a pod succeeds after 100 ms. Then the Job
  controller limits: at its default of 20 requests/s, of which a Job takes about 6. The raised limit is 500.
- **The queue** is on a fake node with room for 20 pods, each of which runs for 10 s, and the operator has its default
  settings. The tasks' deadline of 120 s is a sixth of the time that 300 videos need there at the least: what waits for
  a place must not fail, and a video that fails is an error of the run. Videos that have begun come before new ones. The
  longest way from a plan to its video is the scheduler's: while more pods wait than places come free, it tries new ones
  before those that it has tried often, so `operator.maxActiveJobs` is best as large as the cluster has places.
- **Large and hostile**: thirty suspended storyboards of 1 MB, and Jobs of other VideoJobs whose containers answered
  [to do harm](../bench/operator/hostile.py) while no operator ran: texts that unpack to megabytes, numbers that are
  none, ids that are paths, halves of characters. A text in a status that is too long, or has control characters, is an
  error of the run.
- **Ten thousand VideoJobs** have 3 to 100 scenes, most few; the active ones have two scenes each running on a fake
  node. Finished ones are written with their status and without their Jobs. Memory is the peak, restart included.
- **Restart** counts from the start of the container to the first Job of a VideoJob that was made while none ran.
- **The pure pass** reads a VideoJob of 100 scenes, half of them done and ten running, from the cache and decides;
  median of 500, in processor time."""
