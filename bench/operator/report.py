"""From figures to what people read: the results as JSON, tables and plots."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.common.figures import Figure, ratios
from bench.common.machine import Machine
from bench.common.plots import ELSEWHERE, FLOOR, MISSED, OPERATOR, Bar, chart
from bench.operator.recorded import RECORDED

RESULTS = Path("bench/results/operator.json")
PAGE = Path("docs/benchmarks.md")
SECONDS = Path("docs/images/bench-operator-seconds.svg")
BARS = Path("docs/images/bench-operator-bars.svg")
NONE = "–"


def write(root: Path, figures: Sequence[Figure], machine: Machine) -> None:
    """Write everything below a folder, the repository's root or one for tries."""
    found = {
        "machine": machine.to_json_object(),
        "figures": [figure.to_json_object() for figure in figures],
        "ratios": ratios(figures),
    }
    files = {
        RESULTS: json.dumps(found, indent=2, ensure_ascii=False) + "\n",
        PAGE: page(figures, machine),
        BARS: chart("Share of what its bar allows (line: all of it)", list(_shares(figures)), limit=100),
    }
    if any(figure.floor for figure in figures):
        files[SECONDS] = chart("Seconds, floor and operator side by side", list(_seconds(figures)))
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _shares(figures: Iterable[Figure]) -> Iterable[Bar]:
    for figure in figures:
        share = 100 * figure.ratio / figure.most
        yield Bar(figure.name, share, f"{share:.0f} %", OPERATOR if figure.holds else MISSED)


def _seconds(figures: Iterable[Figure]) -> Iterable[Bar]:
    for figure in figures:
        if figure.floor is None:
            continue
        yield Bar(f"{figure.name}: floor", figure.floor, f"{figure.floor:.1f} s", FLOOR)
        yield Bar(f"{figure.name}: this operator", figure.value, f"{figure.value:.1f} s", OPERATOR)
        for other in RECORDED:
            if other.figure == figure.name and other.seconds:
                label = f"{figure.name}: {other.system} (elsewhere)"
                yield Bar(label, other.seconds, f"{other.seconds:.1f} s", ELSEWHERE)


def page(figures: Sequence[Figure], machine: Machine) -> str:
    """The page of results."""
    held = sum(figure.holds for figure in figures)
    parts = [
        _INTRODUCTION,
        f"## Results\n\n{held} of {len(figures)} bars are held. {machine.sentence()}\n\n{table(figures)}",
        f"![Share of what each bar allows](images/{BARS.name})\n\n![Seconds beside the floor](images/{SECONDS.name})",
        _METHOD,
        f"## Recorded elsewhere\n\nNot measured in this run; for the scale of things.\n\n{_elsewhere()}",
    ]
    return "\n\n".join(parts) + "\n"


def table(figures: Iterable[Figure]) -> str:
    """One row for each figure."""
    rows = [
        "| figure | floor | this operator | ratio | bar | | alone |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in figures:
        floor = NONE if figure.floor is None else _value(figure.floor, figure.unit)
        bar = _value(figure.bar, figure.unit) if figure.floor is None else f"{figure.bar:.2f} × floor"
        cells = [
            figure.title,
            floor,
            _value(figure.value, figure.unit),
            f"{figure.ratio:.2f}",
            f"≤ {bar}",
            "held" if figure.holds else "**missed**",
            f"`{figure.command}`",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _value(value: float, unit: str) -> str:
    """With three digits that say something: `9.31 s`, `148 s`, `5`."""
    digits = max(0, 2 - len(str(int(abs(value)))) + 1)
    text = f"{value:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {unit}".rstrip()


def _elsewhere() -> str:
    rows = ["| system | what | number | source |", "|---|---|---|---|"]
    rows += [f"| {other.system} | {other.what} | {other.value} | {other.source} |" for other in RECORDED]
    return "\n".join(rows)


_INTRODUCTION = """\
<!-- Written by `make bench-operator`; edit bench/operator/report.py instead. -->
# Benchmark of the operator

What the operator adds to the time that Kubernetes itself needs, and what it costs. `make bench-operator` measures all
of it again on the development cluster in about a quarter of an hour, on a machine that does nothing else;
`make bench-operator QUICK=1` tries it with small numbers, `ONLY=latency` measures one part. Raw figures:
[bench/results/operator.json](../bench/results/operator.json)."""

_METHOD = """\
Ratios are to the floor where there is one, and else to the bar. Faults are another matter: [faults.md](faults.md).

## How it is measured

- **The floor** is an ideal client: it makes the very Jobs that the operator makes (same pods, same environment, no
  owner), plan → 3 scenes → stitch, and starts the next stage the moment a Job is `Complete`. It checks, keeps and
  reports nothing. The operator acts on the *container's* end, which comes two to three seconds earlier, so it can be
  faster: once for each stage.
- **The operator** is `python -m videotutor_operator` in a process of its own, with a namespace of its own. Processor
  time and memory are the kernel's (`/proc/<pid>`), writes are counted by its own `/metrics`, also those that fail.
  Of several runs the worst counts.
- **Real node**: kind's node on this machine. Containers run [bench/noop](../bench/noop/main.go), which reads its task
  and answers at once, under restricted pod security and with the artifacts' volume mounted. Floor and operator take
  turns; the medians count.
- **Fake node**: [kwok](https://kwok.sigs.k8s.io) plays the kubelet; a pod succeeds after 100 ms. Then the Job
  controller limits: at its default of 20 requests/s, of which a Job takes about 6. The raised limit is 500.
- **Ten thousand VideoJobs** have 3 to 100 scenes, most few; the active ones have two scenes each running on a fake
  node. Finished ones are written with their status and without their Jobs. Memory is the peak, restart included.
- **Restart** counts from the start of the process to the first Job of a VideoJob that was made while none ran.
- **The pure pass** reads a VideoJob of 100 scenes, half of them done and ten running, from the cache and decides;
  median of 500, in processor time."""
