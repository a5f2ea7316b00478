"""From figures to what people read: the results as JSON, a part of the page, and plots."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.common import page
from bench.common.figures import Figure, raw
from bench.common.machine import Machine
from bench.common.plots import FLOOR, OURS, Bar, chart
from bench.common.tables import shares, table
from bench.render.measure import PEERS

RESULTS = Path("bench/results/render.json")
BARS = Path("docs/images/bench-render-bars.svg")
SECONDS = Path("docs/images/bench-render-seconds.svg")


def write(root: Path, figures: Sequence[Figure], machine: Machine) -> None:
    """Write everything below a folder, the repository's root or one for tries."""
    page.put(root, "bench-render", part(figures, machine))
    files = {RESULTS: raw(figures, machine), BARS: shares(figures)}
    if beside := [figure for figure in figures if figure.name in PEERS]:
        files[SECONDS] = chart("Seconds for ten seconds of the same lesson", list(_seconds(beside)))
    page.put_beside(root, files)


def _seconds(figures: Sequence[Figure]) -> Iterable[Bar]:
    yield Bar("this renderer", figures[0].value, f"{figures[0].value:.2f} s", OURS)
    for figure in figures:
        yield Bar(figure.name, figure.floor or 0.0, f"{figure.floor:.2f} s", FLOOR)


def part(figures: Sequence[Figure], machine: Machine) -> str:
    """The renderer's part of the page of results."""
    held, rows = sum(figure.holds for figure in figures), table(figures, "beside", "this renderer")
    parts = [
        _INTRODUCTION,
        f"## The renderer's results\n\n{held} of {len(figures)} bars are held. {machine.sentence()}\n\n{rows}",
        f"![Share of what each bar allows](images/{BARS.name})\n\n![Seconds of each library](images/{SECONDS.name})",
        _METHOD,
    ]
    return "\n\n".join(parts)


_INTRODUCTION = """\
# Benchmark of the renderer

How fast pictures are drawn and encoded, beside the encoder alone and beside other libraries, and what a whole video
takes. `make bench-render` measures all of it again on one core in about ten minutes, on a machine that does nothing
else; `make bench-render QUICK=1` tries it, `ONLY=peers` measures one part. Raw figures:
[bench/results/render.json](../bench/results/render.json)."""

_METHOD = """\
Ratios are to what stands beside where there is something, and else to the bar.

## How the renderer is measured

- **One core** for all, [the same settings of x264](../renderer/videotutor_renderer/scene/encode.py) for all, 1280×720
  at 30 frames a second. All take turns; the median turn counts, of memory the worst. Modules are compiled before, as in
  the image.
- **Beside encoding alone**: the limit is the same encoder, given the same pictures as it wants them, in memory. 90 %
  of its frames per second are asked for where nothing moves, 80 % where every picture differs from the one before:
  those moments of the lesson in which a text, a curve or a formula is appearing. The limit encodes every picture;
  the renderer writes those that are held without the encoder. In processor time.
- **Beside other libraries**: a [lesson](../bench/render/scenes.py) of a title, two points, a curve that is drawn and a
  formula, each appearing at the same time for as long. manim and moviepy write the formula as text, since they set
  formulas with LaTeX or not at all. In processor time of making 300 frames, without starting and importing; ours
  includes captions, a poster and the sound.
- **Start** counts from the start of the process to a first frame in the file, of a scene without a voice.
- **Memory** is what all processes of a scene's Job have at once (proportional set size), Piper's included.
- **Joining** is compared with copying the file that comes out of it. Sound and picture of a hundred scenes of three
  lengths are decoded, and counted.
- **The whole video** is `videotutor-render --prompt "…" --scenes 3 --jobs 1`: plan, voice, scenes, join and check."""
