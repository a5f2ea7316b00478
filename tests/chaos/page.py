"""The words of the published page."""

from __future__ import annotations

from tests.chaos.experiments import Group
from tests.chaos.sampling import RESTARTED, WITHIN
from tests.chaos.scenarios import MEANING

PAGE = """# Faults: what the operator survives

`make chaos` puts proxies between a real operator process, a real API server and a fake Convex, and makes one video of
three scenes, again and again: {requests} requests from the operator's start to the last confirmed report. Each run
meets the faults of one experiment. A run has recovered when every fault hit a request and it ends as the undisturbed
run of its scenario does:

- the same phase, plan, scenes with their digests and attempts, status of each condition, and video, and no Job
  that still runs;
- no task ran, and none had a Job, more often than in the undisturbed run;
- every report is confirmed, none arrived out of order, and the newest that Convex has is the final state.

`{command}` writes this page, last on {date}; `bench/results/faults.json` has every single run.

{columns}
{rows}
{total}
{left_out}
- *Runs* has every experiment, *injected* those in which every fault hit a request; the others ended before that.
- *Wrong end*, *run twice* and *lost reports* count every run, whatever its faults hit. One run may count in each.
- *Timed out*: runs that were not over and quiet within 90 s, or that the harness failed to make.
- *Ended by itself*: how often the operator exited and was started again, as Kubernetes does.
- *Slowest* is the time from the first fault to the end of the run, the rest of the run's work included
  (undisturbed: {undisturbed} s from start to end), with a watch taken for dead after 5 s of silence
  (`VIDEOTUTOR_WATCH_INACTIVITY_SECONDS`, 70 as delivered), and {lanes} runs side by side.
- A fake kubelet plays the containers, whose pods end at once; Jobs, pods, watches, quotas and garbage
  collection are those of a real cluster.

The exit code is 0 when no run ended wrong or timed out. `make chaos ARGS="…"` takes:

| argument | effect |
|---|---|
| `--only drop-after:7 rerun/kill-after:3 convex-500:2+kill-before:1` | only these, written as in the output |
| `--groups pairs edits`, `--modes delay convex-hang` | only these groups, or experiments with these modes |
| `--budget 80` | experiments of each sampled group |
| `--seed 0` | another number draws another sample |
| `--lanes 3`, `--minutes 60` | runs side by side; begin no run after so many minutes |

With `--only`, `--groups` or `--modes` this page stays as it is.
{groups}{failures}
## Requests of the undisturbed run

| request | times |
|---|--:|
{kinds}
"""

COLUMNS = """\
| {head} | runs | injected | recovered | wrong end | run twice | lost reports | timed out | ended by itself | slowest |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"""

SAMPLE = """\
A sample of {count} experiments (seed {seed}): modes take turns, and so do scenarios."""

FAILURES = """
## Runs that did not recover

{lines}
"""

GROUPS = {
    Group.SINGLE: (
        "One fault at every request",
        """\
Every mode at the *n*-th request to the API server, for every *n*.
With two operators, *n* counts the leader's requests from the creation of the VideoJob, those to its Lease
included; the other operator, which had waited for the Lease, finishes the work alone.""",
    ),
    Group.PAIRS: (
        "Two faults",
        f"""\
A second fault hits one of the next {WITHIN} requests after the first. In every {RESTARTED}rd pair the
operator is killed and restarted between the two. After a takeover, the second fault hits the new leader.
Always included: the watches fall silent, and then the answer to the creation of a Job is lost.""",
    ),
    Group.EDITS: (
        "One fault after an edit",
        "Any mode, also towards Convex, at the *n*-th request or report after the edit.",
    ),
    Group.CONVEX: (
        "One fault towards Convex at every report",
        "Every mode at the *n*-th report, for every *n*; repeated deliveries count.",
    ),
    Group.CONVEX_PAIRS: (
        "A fault towards Convex and one towards the API server",
        "In turn in either order; the second counts from the request or report that the first hit.",
    ),
}
"""Title and explanation of each group's table."""

ROWS: dict[str, str] = {
    "two faults": "two faults",
    "restart between": "two faults, the operator killed between them",
    "answer lost while stale": "the watches fall silent, then the answer to a request is lost",
    "takeover": "of two operators, the leader is killed; then a fault at the new leader",
    "report first": "at a report, then at a request",
    "request first": "at a request, then at a report",
    **{str(scenario): meaning for scenario, meaning in MEANING.items()},
}
"""What the rows say that are not one mode, in their order."""
