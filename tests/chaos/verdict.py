"""What a run came to, and what is wrong with it compared with the undisturbed one."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from videojob import names

COMPARED = ("phase", "progress", "planner", "scenesReady", "plan", "video")
SCENE = ("id", "title", "phase", "digest", "attempts", "reused", "durationSeconds", "failure")
"""What must be the same at the end of every run, of the status and of each of its scenes."""


@dataclass(frozen=True, slots=True)
class Observed:
    """The end of one run as Kubernetes, the kubelet and Convex saw it."""

    namespace: str
    status: dict[str, Any]
    jobs: tuple[dict[str, str], ...]
    """The labels of every Job that is left."""
    runs: dict[str, int]
    """How often each task was run to its end, by scene (or task) and digest."""
    heard: tuple[dict[str, Any], ...]
    """Events that Convex has confirmed, in order."""
    unsigned: int
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each list says what is wrong; all are empty after a run that recovered."""

    wrong_end: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(asdict(self).values())

    def __str__(self) -> str:
        return "; ".join((*self.wrong_end, *self.duplicated, *self.lost)) or "recovered"


def end_of(run: Observed) -> dict[str, Any]:
    """What a run ended with, without what differs between any two: times, and the namespace in paths."""
    status = run.status
    end = {key: status.get(key) for key in COMPARED}
    end["scenes"] = [{key: scene.get(key) for key in SCENE} for scene in status.get("scenes", [])]
    end["conditions"] = {c["type"]: c["status"] for c in status.get("conditions", [])}
    found: dict[str, Any] = json.loads(json.dumps(end, sort_keys=True).replace(run.namespace, "(namespace)"))
    return found


def judge(run: Observed, expected: dict[str, Any]) -> Verdict:
    """What is wrong with a run; `expected` is the end of the undisturbed one."""
    return Verdict(_wrong_end(run, expected), _duplicated(run), _lost(run))


def _wrong_end(run: Observed, expected: dict[str, Any]) -> list[str]:
    end = end_of(run)
    wrong = [f"{key} is {end[key]!r} instead of {expected[key]!r}" for key in expected if end[key] != expected[key]]
    if run.exit_code:
        wrong.append(f"the operator ended with {run.exit_code} after SIGTERM")
    return wrong


def _duplicated(run: Observed) -> list[str]:
    again = [f"{name} ran {count} times" for name, count in run.runs.items() if count > 1]
    tasks = Counter(labels.get(names.LABEL_SCENE, labels[names.LABEL_TASK]) for labels in run.jobs)
    return again + [f"{count} Jobs for {task}" for task, count in tasks.items() if count > 1]


def _lost(run: Observed) -> list[str]:
    """Reports may be repeated and coalesced, but what counts as confirmed was heard, in order, up to the end."""
    sequences = [event["sequence"] for event in run.heard]
    report, lost = run.status.get("report", {}), []
    if not run.heard or run.heard[-1]["phase"] != run.status.get("phase"):
        lost.append(f"Convex heard last {run.heard[-1]['phase'] if run.heard else 'nothing'}")
    if sequences != sorted(sequences):
        lost.append(f"sequences went back: {sequences}")
    if not report.get("sequence") == report.get("acknowledged") == max(sequences, default=None):
        lost.append(f"the status says {report} and Convex heard {sequences}")
    if run.unsigned:
        lost.append(f"{run.unsigned} reports with a wrong signature")
    return lost
